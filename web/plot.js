// Lines over time in an SVG: axes, a grid, series of points, and moments that have a name.
// What the page says by colour it says by name too, and the whole in `aria-label`.

import { shape } from './elements.js';

const LEFT = 44;
const RIGHT = 10;
const TOP = 20;
const BOTTOM = 20;

export class Plot {
  #svg;
  #unit;
  #shown = null;
  #drawing = false;
  // Where the vertical axis ends. It shrinks only when most of it would be empty: an axis that
  // moves all the time cannot be read.
  #top = 0;

  /** `unit` is written at the top of the vertical axis. */
  constructor(svg, unit) {
    this.#svg = svg;
    this.#unit = unit;
    new ResizeObserver(() => this.#drawSoon()).observe(svg);
  }

  /**
   * Draws `{ from, to, series: [{ name, points: [[seconds, value], …] }], moments: [{ at, name }],
   * label }` in the next frame.
   */
  show(shown) {
    this.#shown = shown;
    this.#drawSoon();
  }

  #drawSoon() {
    if (this.#drawing || !this.#shown) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw() {
    const { from, to, series, moments = [], label } = this.#shown;
    const width = Math.max(this.#svg.clientWidth, 160);
    const height = Math.max(this.#svg.clientHeight, 80);
    const highest = Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value)));
    const step = roundStep(highest / 3);
    const needed = step * Math.max(1, Math.ceil(highest / step));
    if (needed > this.#top || needed < this.#top / 3) this.#top = needed;
    const x = (time) => LEFT + (time - from) / (to - from) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - value / this.#top * (height - TOP - BOTTOM);
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#svg.setAttribute('aria-label', label);
    this.#svg.replaceChildren(
      ...this.#levels(y, width),
      ...this.#times(from, to, x, height),
      ...moments.flatMap((moment) => named(moment, x, height, width)),
      ...series.map(({ name, points }) => line(name, points, from, x, y)),
    );
  }

  #levels(y, width) {
    const step = roundStep(this.#top / 3);
    const parts = [];
    for (let level = 0; level <= this.#top * 1.001; level += step) {
      const at = y(level);
      parts.push(shape('line', { class: level === 0 ? 'axis' : 'grid', x1: LEFT, x2: width - RIGHT, y1: at, y2: at }));
      parts.push(shape('text', { x: LEFT - 6, y: at + 4, 'text-anchor': 'end' }, String(Number(level.toPrecision(3)))));
    }
    parts.push(shape('text', { x: 0, y: 11 }, this.#unit));
    return parts;
  }

  #times(from, to, x, height) {
    const step = roundStep((to - from) / Math.max(2, (x(to) - x(from)) / 90));
    const parts = [];
    for (let tick = Math.ceil(from / step) * step; tick <= to * 1.0001; tick += step) {
      const text = `${Number(tick.toFixed(2))} s`;
      parts.push(shape('text', { x: Math.min(x(tick), x(to) - 8), y: height - 4, 'text-anchor': 'middle' }, text));
    }
    return parts;
  }
}

function line(name, points, from, x, y) {
  const inside = points.filter(([time]) => time >= from);
  const path = inside.map(([time, value], index) => `${index ? 'L' : 'M'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`);
  return shape('path', { class: `line ${name}`, d: path.join('') });
}

function named({ at, name }, x, height, width) {
  const place = x(at);
  if (place < LEFT) return [];
  const fromEnd = place > width / 2;
  return [
    shape('line', { class: 'moment', x1: place, x2: place, y1: TOP - 6, y2: height - BOTTOM }),
    shape('text', {
      class: 'moment', x: place + (fromEnd ? -5 : 5), y: TOP - 8, 'text-anchor': fromEnd ? 'end' : 'start',
    }, name),
  ];
}

/** The round number (1, 2 or 5 with zeros) that is not below this one. */
function roundStep(raw) {
  if (!(raw > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999);
}
