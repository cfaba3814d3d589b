// The timeline: a strip drawn to scale, and below it every step in words.

import { describeCandidate } from './candidate.js';
import { element } from './panels.js';

// More steps than any sound session has; what follows is not listed.
const STEPS = 400;

const SVG = 'http://www.w3.org/2000/svg';
const GUTTER = 84;
const MARGIN = 16;
const LANES = { browser: 74, rill: 134 };
const HEIGHT = 208;
const AXIS = 184;
const MARK = 9;

/** What an entry is in words, and the class of its row; null if it is shown elsewhere. */
function words(entry) {
  const how = entry.signalled ? 'sent' : 'kept for the description';
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
    case 'problem': case 'note': return [entry.text, entry.kind, ''];
    case 'end': return [entry.text ?? 'disconnected', 'note', ''];
    default: return null;
  }
}

export class Timeline {
  #svg;
  #list;
  #entries = [];
  // When set-up was over on both sides: the strip ends there, the list goes on.
  #settled = null;
  #pending = new Set();
  #drawing = false;

  constructor(svg, list) {
    this.#svg = svg;
    this.#list = list;
    this.reset();
    new ResizeObserver(() => this.#drawSoon()).observe(svg);
  }

  reset() {
    this.#entries = [];
    this.#settled = null;
    this.#pending = new Set(['browser connected', 'rill connected', 'browser complete', 'rill complete']);
    this.#list.replaceChildren();
    this.#drawSoon();
  }

  take(entry) {
    const said = words(entry);
    if (!said || this.#entries.length >= STEPS) return;
    // rill's entries come with rill's times: each takes its place in the order of time.
    let place = this.#entries.length;
    while (place > 0 && this.#entries[place - 1].time > entry.time) place -= 1;
    this.#entries.splice(place, 0, entry);
    this.#list.insertBefore(row(entry, said), this.#list.children[place] ?? null);
    if (entry.kind === 'state' && this.#settled === null) {
      this.#pending.delete(`${entry.side} ${entry.value}`);
      if (this.#pending.size === 0) this.#settled = entry.time;
    }
    this.#drawSoon();
  }

  #drawSoon() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw() {
    const width = Math.max(this.#svg.clientWidth, 240);
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const last = this.#settled ?? this.#entries.at(-1)?.time ?? 0;
    const step = tickStep(last, Math.max(3, Math.floor((width - GUTTER) / 90)));
    const end = Math.max(last * 1.03, step);
    const scale = (time) => GUTTER + (time / end) * (width - GUTTER - MARGIN);
    const shown = this.#entries.filter((entry) => entry.time <= end);
    const parts = [...axis(step, end, scale), ...lanes(width), ...bands(shown, scale, end)];
    this.#svg.replaceChildren(...parts, ...marks(shown, scale), ...labels(shown, scale, width));
    this.#svg.setAttribute('aria-label', summary(this.#entries, this.#settled));
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
  if (detail) what.append(' ', element('span', 'detail', detail));
  item.append(time, side, what);
  return item;
}

/** A round number of milliseconds that gives about so many ticks. */
function tickStep(span, ticks) {
  const raw = Math.max(span, 1) / ticks;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
}

function axis(step, end, scale) {
  const parts = [];
  for (let tick = 0; tick <= end; tick += step) {
    const x = scale(tick);
    parts.push(shape('line', { class: 'grid', x1: x, x2: x, y1: 24, y2: AXIS - 12 }));
    const text = `${Number(tick.toFixed(1))}${tick === 0 ? ' ms' : ''}`;
    parts.push(shape('text', { class: 'tick', x, y: AXIS + 6, 'text-anchor': 'middle' }, text));
  }
  return parts;
}

function lanes(width) {
  return Object.entries(LANES).flatMap(([side, y]) => [
    shape('line', { class: `lane ${side}`, x1: GUTTER, x2: width - MARGIN, y1: y, y2: y }),
    shape('text', { class: `name ${side}`, x: 0, y: y + 4 }, side === 'rill' ? 'rill' : 'this browser'),
  ]);
}

/** Where each side was gathering, and from when it was connected. */
function bands(entries, scale, end) {
  return Object.entries(LANES).flatMap(([side, y]) => {
    const at = (name, value) => entries.find((entry) =>
      entry.side === side && entry.name === name && entry.value === value)?.time;
    const band = (from, to, kind) => shape('rect', {
      class: `band ${kind} ${side}`, x: scale(from), width: Math.max(2, scale(to) - scale(from)), y: y - 5, height: 10, rx: 5,
    });
    const gathering = at('iceGatheringState', 'gathering');
    const connected = at('connectionState', 'connected');
    const parts = [];
    if (gathering !== undefined) parts.push(band(gathering, at('iceGatheringState', 'complete') ?? end, 'gathering'));
    if (connected !== undefined) parts.push(shape('line', {
      class: `connected ${side}`, x1: scale(connected), x2: scale(end), y1: y, y2: y,
    }));
    return parts;
  });
}

/** A mark for each candidate and description; a line to the other lane if it was sent. */
function marks(entries, scale) {
  const between = (LANES.browser + LANES.rill) / 2;
  const rightmost = { browser: [], rill: [] };
  return entries.flatMap((entry) => {
    const { side, kind } = entry;
    if (kind !== 'candidate' && kind !== 'description') return [];
    const lane = LANES[side];
    const outward = lane < between ? -1 : 1;
    const x = scale(entry.time);
    // Marks of the same moment are stacked outward, so that each can be counted.
    const rows = rightmost[side];
    let level = rows.findIndex((taken) => x - taken >= MARK + 1);
    if (level < 0) level = rows.length;
    rows[level] = x;
    const y = lane + outward * Math.min(level, 4) * MARK;
    const parts = [];
    if (kind === 'description' || entry.signalled) {
      const other = side === 'rill' ? LANES.browser : LANES.rill;
      parts.push(shape('line', { class: `crossing ${side} ${kind}`, x1: x, x2: x, y1: y, y2: other }));
    }
    parts.push(kind === 'candidate'
      ? shape('circle', { class: `mark ${side} ${entry.signalled ? '' : 'held'}`, cx: x, cy: y, r: MARK / 2 - 0.5 })
      : shape('path', { class: `mark description ${side}`, d: `M${x - 6} ${y}l6 -6l6 6l-6 6z` }));
    return parts;
  });
}

/** The few moments that have a name: descriptions and the connection. */
function labels(entries, scale, width) {
  const named = entries.flatMap((entry) => {
    if (entry.kind === 'description') return [[entry, entry.type]];
    const connected = entry.name === 'connectionState' && entry.value === 'connected';
    return connected ? [[entry, 'connected']] : [];
  });
  return named.map(([{ side, time }, text]) => {
    const x = scale(time);
    const anchor = x > width - 80 ? 'end' : x < GUTTER + 30 ? 'start' : 'middle';
    const y = side === 'rill' ? AXIS - 16 : 18;
    return shape('text', { class: `label ${side}`, x, y, 'text-anchor': anchor }, `${text} ${time.toFixed(0)}`);
  });
}

function summary(entries, settled) {
  const count = (side) => entries.filter((entry) => entry.side === side && entry.kind === 'candidate').length;
  if (entries.length === 0) return 'No session yet.';
  const end = settled === null ? '' : ` Both sides were connected and had all candidates after ${settled.toFixed(0)} milliseconds.`;
  return `Timeline of two lanes. This browser found ${count('browser')} candidates, rill ${count('rill')}.${end} The list below has every step.`;
}

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
