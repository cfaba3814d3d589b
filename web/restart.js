// The ICE restart panel: who restarts, how long it took, and the round trips of small echoes
// meanwhile, which show that data flows on.

import { Plot } from './plot.js';

// Between two echoes, in milliseconds; quicker while a restart is under way and just after.
const CALM = 200;
const BUSY = 25;
const AFTERWARDS = 500;
// What the plot shows, in seconds.
const WINDOW = 15;

const find = (id) => document.getElementById(id);

export class Restart {
  #pulse;
  #plot = new Plot(find('pulse-plot'), 'ms');
  #ready = false;
  // The session's clock: when its zero was, on the page's clock.
  #zero = 0;
  #points = [];
  #moments = [];
  #count = 0;
  #underway = null;
  #busyUntil = 0;
  #timer = null;

  /** `restart(by)` and `pulse()` act on the session. */
  constructor({ restart, pulse }) {
    this.#pulse = pulse;
    for (const by of ['browser', 'rill']) {
      find(`restart-${by}`).addEventListener('click', () => restart(by));
    }
    this.reset();
  }

  reset() {
    this.#zero = performance.now();
    this.#points = [];
    this.#moments = [];
    this.#count = 0;
    this.#underway = null;
    const result = find('restart-result');
    result.textContent = 'Data flows on the old pair until a new one is selected.';
    result.dataset.count = '0';
    this.#show();
  }

  /** Whether there is a connection to restart. */
  ready(ready) {
    if (this.#ready === ready) return;
    this.#ready = ready;
    for (const by of ['browser', 'rill']) find(`restart-${by}`).disabled = !ready;
    clearTimeout(this.#timer);
    if (ready) this.#beat();
  }

  take(entry) {
    if (entry.side === 'browser') this.#zero = performance.now() - entry.time;
    switch (entry.kind) {
      case 'pulse': return this.#echoed(entry);
      case 'restart': return this.#begun(entry);
      case 'description': return this.#underway?.described.add(entry.side);
      case 'pair': return this.#selected(entry);
      default: return undefined;
    }
  }

  #beat() {
    this.#pulse();
    this.#show();
    const busy = this.#underway || performance.now() < this.#busyUntil;
    this.#timer = setTimeout(() => this.#beat(), busy ? BUSY : CALM);
  }

  #echoed({ time, elapsed }) {
    this.#points.push([(time - elapsed) / 1000, elapsed]);
    while (this.#points[0]?.[0] < time / 1000 - WINDOW - 1) this.#points.shift();
    if (!this.#underway) return;
    this.#underway.echoes += 1;
    this.#underway.slowest = Math.max(this.#underway.slowest, elapsed);
  }

  #begun({ by, time }) {
    this.#underway = { by, time, described: new Set(), left: new Set(['browser', 'rill']), echoes: 0, slowest: 0 };
    // Only the last one has its name: they may be close to each other.
    for (const moment of this.#moments) moment.name = '';
    this.#moments = [...this.#moments.slice(-7), { at: time / 1000, name: 'restart' }];
    find('restart-result').textContent = `Restarting from ${by === 'rill' ? 'rill' : 'this browser'}.`;
    clearTimeout(this.#timer);
    this.#beat();
  }

  #selected({ side, time }) {
    const restart = this.#underway;
    // A pair of the generation before has no new description before it.
    if (!restart?.described.has(side)) return;
    restart.left.delete(side);
    if (restart.left.size > 0) return;
    this.#underway = null;
    this.#busyUntil = performance.now() + AFTERWARDS;
    this.#count += 1;
    const took = `${(time - restart.time).toFixed(0)} ms`;
    this.#moments.at(-1).name = `restart, ${took}`;
    const from = restart.by === 'rill' ? 'rill' : 'this browser';
    const result = find('restart-result');
    const echoes = restart.echoes === 0 ? '' : ` Echoes meanwhile: ${restart.echoes}, the slowest took ${restart.slowest.toFixed(1)} ms.`;
    result.textContent = `Restart ${this.#count}, from ${from}: both sides had a new pair after ${took}.${echoes}`;
    result.dataset.count = String(this.#count);
    result.dataset.by = restart.by;
  }

  #show() {
    const now = (performance.now() - this.#zero) / 1000;
    const to = Math.max(now, WINDOW);
    const last = this.#points.at(-1)?.[1];
    const label = last === undefined ? 'No echo yet.' : `Round trips of echoes in the last ${WINDOW} seconds; the last took ${last.toFixed(1)} ms.`;
    const series = [{ name: 'pulse', points: this.#points }];
    this.#plot.show({ from: to - WINDOW, to, series, moments: this.#moments, label });
  }
}
