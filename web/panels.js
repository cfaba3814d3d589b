// The panels beside the timeline: states, trickle, what was sent, echo.

import { element } from './elements.js';

const SIDES = ['browser', 'rill'];
const STATES = ['signalingState', 'iceGatheringState', 'iceConnectionState', 'connectionState'];
const COUNTS = {
  signalled: 'Candidates, one by one',
  held: 'Candidates in the description',
  end: 'End of candidates',
};
// What colours a chip: good, underway, bad, or none of these.
const TONES = {
  connected: 'good', completed: 'good', complete: 'good', stable: 'good',
  gathering: 'busy', checking: 'busy', connecting: 'busy',
  'have-local-offer': 'busy', 'have-remote-offer': 'busy',
  disconnected: 'bad', failed: 'bad',
};

const find = (selector) => document.querySelector(selector);

export class Panels {
  #chips = new Map();
  #counts = new Map();
  #descriptionTimes = {};

  constructor() {
    fillTable(find('#states'), STATES.map((name) => [name, name]), (side, name) => {
      const chip = element('span', 'chip');
      chip.dataset.side = side;
      chip.dataset.name = name;
      this.#chips.set(side + name, chip);
      return chip;
    });
    fillTable(find('#sent'), Object.entries(COUNTS), (side, what) => {
      const count = element('span', 'count');
      count.dataset.side = side;
      count.dataset.sent = what;
      this.#counts.set(side + what, count);
      return count;
    });
    this.reset();
  }

  /** Back to how a new connection is. */
  reset() {
    this.#descriptionTimes = {};
    for (const [key, chip] of this.#chips) {
      setChip(chip, key.endsWith('signalingState') ? 'stable' : 'new');
    }
    for (const count of this.#counts.values()) count.textContent = '0';
    for (const side of SIDES) {
      setTrickle(side, null);
      showDescription(side, 'Description', 'None sent yet.');
    }
    find('#branch').textContent = 'Null until a remote description is applied.';
    const result = find('#echo-result');
    result.textContent = 'Nothing sent yet.';
    for (const name of ['text', 'ms', 'same']) delete result.dataset[name];
    result.dataset.count = '0';
  }

  /** Shows an entry of the session wherever it belongs. */
  take(entry) {
    const { side } = entry;
    switch (entry.kind) {
      case 'state': return setChip(this.#chips.get(side + entry.name), entry.value);
      case 'canTrickle': return setTrickle(side, entry.value);
      case 'candidate': return entry.signalled ? this.#count(side, 'signalled', 1) : undefined;
      case 'candidatesEnd': return entry.all && entry.signalled ? this.#count(side, 'end', 1) : undefined;
      case 'description': return this.#description(side, entry);
      case 'echo': return showEcho(entry);
      case 'end': return this.#ended();
      default: return undefined;
    }
  }

  // rill closes its peer with the session, and there is nobody left to say so.
  #ended() {
    for (const name of STATES.filter((state) => state !== 'iceGatheringState')) {
      setChip(this.#chips.get(`rill${name}`), 'closed');
    }
  }

  #count(side, what, more) {
    const count = this.#counts.get(side + what);
    count.textContent = String(Number(count.textContent) + more);
  }

  #description(side, { type, sdp, candidates, time, trickle }) {
    showDescription(side, type === 'offer' ? 'Offer' : 'Answer', sdp);
    this.#count(side, 'held', candidates);
    this.#count(side, 'end', /^a=end-of-candidates/m.test(sdp) ? 1 : 0);
    this.#descriptionTimes[type] = time;
    if (type !== 'answer' || side !== 'rill') return;
    const waited = Math.max(0, time - this.#descriptionTimes.offer).toFixed(1);
    find('#branch').textContent = trickle
      ? `The offer lists trickle: rill answered ${waited} ms after it, and its candidates followed one by one.`
      : `The offer does not list trickle: rill answered ${waited} ms after it, with all ${candidates} candidates inside.`;
  }
}

function fillTable(body, rows, cell) {
  for (const [key, label] of rows) {
    const row = element('tr');
    const head = element('th', '', label);
    head.scope = 'row';
    row.append(head);
    for (const side of SIDES) {
      const data = element('td');
      data.append(cell(side, key));
      row.append(data);
    }
    body.append(row);
  }
}

function setChip(chip, value) {
  chip.textContent = value;
  chip.dataset.tone = TONES[value] ?? 'none';
}

function setTrickle(side, value) {
  const shown = find(`[data-can-trickle=${side}]`);
  shown.textContent = String(value);
  shown.dataset.value = String(value);
}

function showDescription(side, name, text) {
  find(`[data-description=${side}] summary`).textContent = `${name} of ${side === 'rill' ? 'rill' : 'this browser'}`;
  find(`[data-description=${side}] pre`).textContent = text;
}

function showEcho({ text, same, elapsed }) {
  const result = find('#echo-result');
  const ms = elapsed.toFixed(1);
  result.textContent = same
    ? `“${text}” came back in ${ms} ms.`
    : `Something else came back in ${ms} ms: “${text}”.`;
  result.dataset.text = text;
  result.dataset.ms = ms;
  result.dataset.same = String(same);
  result.dataset.count = String(Number(result.dataset.count) + 1);
}
