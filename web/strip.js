// The strip: the phases of a session drawn to scale, a lane for each side. A phase is the first
// connecting or an ICE restart; the idle time between two is cut out.

import { Phases } from './phases.js';
import { shape } from './elements.js';

const GUTTER = 92;
const MARGIN = 16;
// Between two phases.
const GAP = 30;
// What a phase gets at least of the width, when two are shown.
const SHARE = 0.35;
const LANES = { browser: 92, rill: 150 };
const LABELS = { browser: 16, rill: 226 };
const UFRAGS = { browser: 32, rill: 210 };
const AXIS = 250;
const HEIGHT = 260;
const MARK = 9;
// About the width of a letter in a label.
const GLYPH = 8;

export class Strip {
  #svg;
  #entries = [];
  #phases = new Phases();
  // Each side's ufrags, in the order in which they came: the generations.
  #ufrags = { browser: [], rill: [] };
  #drawing = false;

  constructor(svg) {
    this.#svg = svg;
    new ResizeObserver(() => this.#drawSoon()).observe(svg);
  }

  reset() {
    this.#entries = [];
    this.#phases = new Phases();
    this.#ufrags = { browser: [], rill: [] };
    this.#drawSoon();
  }

  /** A new entry, and all there are in the order of time. */
  take(entry, entries) {
    this.#entries = entries;
    this.#phases.take(entry, entries.at(-1).time);
    const ufrags = this.#ufrags[entry.side];
    if (entry.ufrag && entry.kind !== 'pair' && !ufrags.includes(entry.ufrag)) ufrags.push(entry.ufrag);
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
    const shown = this.#phases.shown(this.#entries.at(-1)?.time ?? 0);
    const all = spans(shown, width - GUTTER - MARGIN);
    const parts = all.flatMap((span) => {
      const entries = within(span, this.#entries);
      return [
        ...axis(span), ...lanes(span), ...bands(entries, span, this.#entries),
        ...this.#marks(entries, span), ...ufrags(entries, span),
      ];
    });
    this.#svg.replaceChildren(...names(), ...parts, ...labels(all, this.#entries));
    this.#svg.setAttribute('aria-label', summary(this.#entries, shown, this.#phases.restarts));
  }

  /** A mark for each candidate and description; a line to the other lane if it was sent. */
  #marks(entries, span) {
    const taken = { browser: [], rill: [] };
    const of = (kind) => entries.filter((entry) => entry.kind === kind);
    // Descriptions come first and so stay on the lane.
    const placed = [...of('description'), ...of('candidate')]
      .map((entry) => ({ entry, ...place(entry, span.x(entry.time), taken[entry.side]) }));
    const crossings = placed.filter(({ entry }) => entry.kind === 'description' || entry.signalled)
      .map(({ entry: { side, kind }, x, y }) => shape('line', {
        class: `crossing ${side} ${kind}`, x1: x, x2: x, y1: y, y2: LANES[side === 'rill' ? 'browser' : 'rill'],
      }));
    const restarted = ({ side, ufrag }) => this.#ufrags[side].indexOf(ufrag) % 2 === 1;
    return [...crossings, ...placed.map(({ entry, x, y }) => mark(entry, x, y, restarted(entry)))];
  }
}

/** Where each phase goes: `x` of a time, and the room it has. */
function spans(shown, width) {
  const room = width - GAP * (shown.length - 1);
  const total = shown.reduce((sum, { start, end }) => sum + end - start, 0);
  let left = GUTTER;
  return shown.map(({ start, end }) => {
    const share = shown.length === 1 ? 1 : Math.min(1 - SHARE, Math.max(SHARE, (end - start) / total));
    const right = left + room * share;
    const from = left;
    left = right + GAP;
    return { start, end, left: from, right, x: (time) => from + (time - start) / (end - start) * (right - from) };
  });
}

/** A round number of milliseconds that gives about so many ticks. */
function tickStep(span, ticks) {
  const raw = Math.max(span, 1) / Math.max(ticks, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
}

/** Ticks; a phase that begins later counts from its own begin. */
function axis({ start, end, left, right, x }) {
  const step = tickStep(end - start, Math.floor((right - left) / 58));
  const parts = [];
  for (let tick = 0; tick <= end - start; tick += step) {
    const at = x(start + tick);
    parts.push(shape('line', { class: 'grid', x1: at, x2: at, y1: 38, y2: AXIS - 14 }));
    const number = Number(tick.toFixed(1));
    const later = tick === 0 ? `${(start / 1000).toFixed(1)} s` : `+${number}`;
    const text = start === 0 ? `${number}${tick === 0 ? ' ms' : ''}` : later;
    parts.push(shape('text', { class: 'tick', x: at, y: AXIS, 'text-anchor': 'middle' }, text));
  }
  return parts;
}

function names() {
  return Object.entries(LANES).map(([side, y]) =>
    shape('text', { class: `name ${side}`, x: 0, y: y + 4 }, side === 'rill' ? 'rill' : 'this browser'));
}

function lanes({ left, right }) {
  return Object.entries(LANES).flatMap(([side, y]) => {
    const lane = shape('line', { class: `lane ${side}`, x1: left, x2: right, y1: y, y2: y });
    // Two strokes where time was cut out.
    const cut = left > GUTTER ? [shape('path', { class: 'cut', d: `M${left - GAP / 2 - 5} ${y + 7}l5 -14m5 14l5 -14` })] : [];
    return [lane, ...cut];
  });
}

/** Where each side was gathering, and from when it was connected. */
function bands(entries, span, all) {
  return Object.entries(LANES).flatMap(([side, y]) => {
    const at = (name, value) => entries.find((entry) =>
      entry.side === side && entry.name === name && entry.value === value)?.time;
    const gathering = at('iceGatheringState', 'gathering');
    const before = all.findLast((entry) =>
      entry.side === side && entry.name === 'connectionState' && entry.time < span.start);
    const connected = before?.value === 'connected' ? span.start : at('connectionState', 'connected');
    const parts = [];
    if (gathering !== undefined) {
      const [from, to] = [span.x(gathering), span.x(at('iceGatheringState', 'complete') ?? span.end)];
      parts.push(shape('rect', { class: `band ${side}`, x: from, width: Math.max(2, to - from), y: y - 5, height: 10, rx: 5 }));
    }
    if (connected !== undefined) {
      parts.push(shape('line', { class: `connected ${side}`, x1: span.x(connected), x2: span.right, y1: y, y2: y }));
    }
    return parts;
  });
}

/** Marks of the same moment are stacked outward, so that each can be counted. */
function place({ side, kind }, x, levels) {
  const free = levels.findIndex((marks) => marks.every((other) => Math.abs(other - x) > MARK));
  const level = free < 0 ? levels.push([]) - 1 : free;
  levels[level].push(x);
  const outward = side === 'rill' ? 1 : -1;
  return { x, y: LANES[side] + (kind === 'candidate' ? outward * Math.min(level, 5) * MARK : 0) };
}

function mark({ kind, side, signalled }, x, y, restarted) {
  if (kind === 'description') {
    return shape('path', { class: `mark ${side}`, d: `M${x - 6} ${y}l6 -6l6 6l-6 6z` });
  }
  const looks = `mark ${side} ${signalled ? '' : 'held'}`;
  const half = MARK / 2 - 0.5;
  // Every second generation is square.
  return restarted
    ? shape('rect', { class: looks, x: x - half, y: y - half, width: 2 * half, height: 2 * half })
    : shape('circle', { class: looks, cx: x, cy: y, r: half });
}

function within({ start, end }, entries) {
  return entries.filter(({ time }) => time >= start && time <= end);
}

/** The few moments that have a name: descriptions, the connection, a restart's new pair. */
function labels(all, entries) {
  const next = { browser: Infinity, rill: Infinity };
  // From the right: a label that would run into the next one moves left, or goes.
  return all.toReversed().flatMap((span) => within(span, entries).reverse().flatMap((entry) => {
    const name = momentName(entry, span.start > 0);
    if (!name) return [];
    const text = `${name} ${(entry.time - span.start).toFixed(0)}`;
    const half = text.length * GLYPH / 2;
    const wanted = Math.min(span.x(entry.time), span.right + MARGIN - half);
    const x = Math.min(wanted, next[entry.side] - half);
    if (x < half || x < wanted - half) return [];
    next[entry.side] = x - half - GLYPH;
    return [shape('text', { class: `label ${entry.side}`, x, y: LABELS[entry.side], 'text-anchor': 'middle' }, text)];
  }));
}

function momentName({ kind, name, value, type }, restarted) {
  if (kind === 'description') return type;
  if (restarted) return kind === 'pair' ? 'new pair' : null;
  return name === 'connectionState' && value === 'connected' ? 'connected' : null;
}

/** The ufrag that a side's candidates of the phase carry. */
function ufrags(entries, span) {
  return Object.keys(LANES).flatMap((side) => {
    const first = entries.find((entry) => entry.side === side && entry.kind === 'description');
    if (!first?.ufrag) return [];
    const text = `ufrag ${first.ufrag}`;
    const x = Math.min(span.x(first.time), span.right + MARGIN - text.length * GLYPH);
    return [shape('text', { class: `ufrag ${side}`, x, y: UFRAGS[side] }, text)];
  });
}

function summary(entries, shown, restarts) {
  const count = (side) => entries.filter((entry) => entry.side === side && entry.kind === 'candidate').length;
  if (entries.length === 0) return 'No session yet.';
  const { settled, start } = shown.at(-1);
  const done = restarts === 0 ? 'were connected and had all candidates' : 'had a new pair and all candidates';
  const end = settled ? ` Both sides ${done} after ${(settled - start).toFixed(0)} milliseconds.` : '';
  const again = restarts === 0 ? '' : ` ICE was restarted ${restarts === 1 ? 'once' : `${restarts} times`}.`;
  return `Timeline of two lanes. This browser found ${count('browser')} candidates, rill ${count('rill')}.${again}${end} The list below has every step.`;
}
