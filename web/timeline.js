// The timeline: a strip drawn to scale, and below it every step in words.

import { describeCandidate } from './candidate.js';
import { element } from './panels.js';

// More steps than any sound session has; what follows is not listed.
const STEPS = 400;

const SVG = 'http://www.w3.org/2000/svg';
const GUTTER = 92;
const MARGIN = 16;
const LANES = { browser: 80, rill: 138 };
const LABELS = { browser: 18, rill: 198 };
const AXIS = 222;
const HEIGHT = 232;
const MARK = 9;
// About the width of a letter in a label.
const GLYPH = 8;

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
    this.#pending = new Set(Object.keys(LANES).flatMap((side) =>
      [`${side} connectionState connected`, `${side} iceGatheringState complete`]));
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
      this.#pending.delete(`${entry.side} ${entry.name} ${entry.value}`);
      // The last to be told is not always the last to have happened.
      if (this.#pending.size === 0) this.#settled = this.#entries.at(-1).time;
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
    const step = tickStep(last, Math.floor((width - GUTTER) / 60));
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
    parts.push(shape('line', { class: 'grid', x1: x, x2: x, y1: 26, y2: AXIS - 14 }));
    const text = `${Number(tick.toFixed(1))}${tick === 0 ? ' ms' : ''}`;
    parts.push(shape('text', { class: 'tick', x, y: AXIS, 'text-anchor': 'middle' }, text));
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
  const taken = { browser: [], rill: [] };
  const place = ({ side, time, kind }) => {
    const x = scale(time);
    // Marks of the same moment are stacked outward, so that each can be counted; descriptions
    // come first and so stay on the lane.
    const levels = taken[side];
    const free = levels.findIndex((marks) => marks.every((other) => Math.abs(other - x) > MARK));
    const level = free < 0 ? levels.push([]) - 1 : free;
    levels[level].push(x);
    const outward = side === 'rill' ? 1 : -1;
    return { x, y: LANES[side] + (kind === 'candidate' ? outward * Math.min(level, 4) * MARK : 0) };
  };
  const of = (kind) => entries.filter((entry) => entry.kind === kind);
  const placed = [...of('description'), ...of('candidate')].map((entry) => ({ entry, ...place(entry) }));
  const crossings = placed.filter(({ entry }) => entry.kind === 'description' || entry.signalled)
    .map(({ entry: { side, kind }, x, y }) => shape('line', {
      class: `crossing ${side} ${kind}`, x1: x, x2: x, y1: y, y2: LANES[side === 'rill' ? 'browser' : 'rill'],
    }));
  return [...crossings, ...placed.map(({ entry, x, y }) => mark(entry, x, y))];
}

function mark({ kind, side, signalled }, x, y) {
  if (kind === 'description') {
    return shape('path', { class: `mark ${side}`, d: `M${x - 6} ${y}l6 -6l6 6l-6 6z` });
  }
  return shape('circle', { class: `mark ${side} ${signalled ? '' : 'held'}`, cx: x, cy: y, r: MARK / 2 - 0.5 });
}

/** The few moments that have a name: descriptions and the connection. */
function labels(entries, scale, width) {
  const next = {};
  const named = entries.flatMap((entry) => {
    if (entry.kind === 'description') return [[entry, entry.type]];
    const connected = entry.name === 'connectionState' && entry.value === 'connected';
    return connected ? [[entry, 'connected']] : [];
  });
  // From the right: a label that would run into the next one moves left.
  return named.reverse().map(([{ side, time }, name]) => {
    const text = `${name} ${time.toFixed(0)}`;
    const half = text.length * GLYPH / 2;
    const x = Math.min(scale(time), width - half, (next[side] ?? Infinity) - half);
    next[side] = x - half - GLYPH;
    return shape('text', { class: `label ${side}`, x, y: LABELS[side], 'text-anchor': 'middle' }, text);
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
