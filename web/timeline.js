// The timeline: every step in words, and above it a strip that is drawn to scale.

import { describeCandidate } from './candidate.js';
import { element } from './elements.js';
import { Strip } from './strip.js';

// Steps that are listed: the oldest go.
const STEPS = 400;

/** What an entry is in words, and the class of its row; null if it is shown elsewhere. */
function words(entry) {
  const how = entry.signalled ? 'sent' : 'held';
  switch (entry.kind) {
    case 'candidate':
      return [`${describeCandidate(entry.candidate)}`, `candidate ${entry.signalled ? '' : 'held'}`, how];
    case 'candidatesEnd':
      return [entry.all ? 'no more candidates (null)' : 'no more for this transport (empty candidate)', 'candidate-end', how];
    case 'description': {
      const tokens = entry.trickle ? 'lists trickle' : 'does not list trickle';
      return [`${entry.type} sent`, 'description', `${tokens}, ${entry.candidates} candidates inside`];
    }
    case 'state': return [`${entry.name} → ${entry.value}`, 'state', ''];
    case 'canTrickle': return [`canTrickleIceCandidates → ${entry.value}`, 'can-trickle', ''];
    case 'branch':
      return entry.answer === 'atOnce'
        ? ['answers at once', 'note', 'candidates follow'] : ['waits for all its candidates', 'note', 'then answers'];
    case 'pair': return ['selected a pair', 'note', `${entry.local.kind} → ${entry.remote.kind}`];
    case 'channel': return [`data channel “${entry.label}” ${entry.state}`, 'state', ''];
    case 'server': return [`${entry.url}: ${entry.outcome}`, 'note', `${entry.elapsedMs.toFixed(1)} ms`];
    case 'candidateError': return [`${entry.url}: ${entry.text}`, 'problem', `code ${entry.code}`];
    case 'hello': return [`rill ${entry.version} is ready`, 'note', ''];
    case 'restart': return [entry.by === entry.side ? 'restarts ICE' : 'asks rill to restart ICE', 'restart', ''];
    case 'problem': case 'note': return [entry.text, entry.kind, ''];
    case 'end': return [entry.text ?? 'disconnected', 'note', ''];
    default: return null;
  }
}

export class Timeline {
  #list;
  #strip;
  #entries = [];

  constructor(svg, list) {
    this.#list = list;
    this.#strip = new Strip(svg);
  }

  reset() {
    this.#entries = [];
    this.#list.replaceChildren();
    this.#strip.reset();
  }

  take(entry) {
    const said = words(entry);
    if (!said) return;
    // rill's entries come with rill's times: each takes its place in the order of time.
    let place = this.#entries.length;
    while (place > 0 && this.#entries[place - 1].time > entry.time) place -= 1;
    this.#entries.splice(place, 0, entry);
    this.#list.insertBefore(row(entry, said), this.#list.children[place] ?? null);
    if (this.#entries.length > STEPS) {
      this.#entries.shift();
      this.#list.firstChild.remove();
    }
    this.#strip.take(entry, this.#entries);
  }
}

function row(entry, [text, kind, detail]) {
  const item = element('li', `${entry.side} ${kind}`);
  item.dataset.side = entry.side;
  item.dataset.kind = entry.kind;
  const time = element('span', 'time', entry.time.toFixed(1));
  time.append(element('span', 'hidden', ' milliseconds, '));
  const side = element('span', 'side', entry.side === 'rill' ? 'rill' : 'browser');
  const what = element('span', 'what');
  what.append(element('span', 'text', text));
  const small = element('span', 'detail', detail);
  if (entry.ufrag) {
    item.dataset.ufrag = entry.ufrag;
    small.append(' ', element('code', 'ufrag', entry.ufrag));
  }
  if (detail || entry.ufrag) what.append(' ', small);
  item.append(time, side, what);
  return item;
}
