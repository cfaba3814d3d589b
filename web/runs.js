// The throughput panel: starts and stops a run, plots it live over the one before, and keeps
// the results for comparison.

import { element } from './elements.js';
import { Plot } from './plot.js';
import { Run, WAYS } from './throughput.js';

const SECONDS = 5;
const KEPT = 6;
const DIRECTIONS = { toRill: 'browser → rill', fromRill: 'rill → browser', both: 'both ways' };

const find = (id) => document.getElementById(id);

export class Runs {
  #open;
  #limit;
  #ready = false;
  #run = null;
  #before = null;
  #count = 0;
  #plot = new Plot(find('run-plot'), 'MB/s');

  /** `open` makes a data channel, `limit` gives the bytes of the longest message. */
  constructor({ open, limit }) {
    this.#open = open;
    this.#limit = limit;
    find('run').addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#ready && !this.#running) this.#start();
    });
    find('run-stop').addEventListener('click', () => this.#run?.stop());
    this.#show();
  }

  /** Whether a run can begin. */
  ready(ready) {
    this.#ready = ready;
    this.#buttons();
  }

  /** An entry of the session: rill tells what has arrived there. */
  take(entry) {
    if (entry.kind === 'throughput' && this.#running) this.#run.take(entry);
  }

  /** The session is over, and with it a run under way. */
  end() {
    this.#run?.abandon();
  }

  get #running() {
    return this.#run !== null && !this.#run.over;
  }

  #start() {
    const direction = find('run-direction').value;
    const size = Math.min(Number(find('run-size').value), this.#limit());
    if (this.#run) this.#before = this.#run;
    const channel = this.#open();
    this.#run = new Run(channel, { direction, size, seconds: SECONDS }, () => this.#changed());
    this.#show();
  }

  #changed() {
    if (this.#run.over && this.#run.elapsed > 0) this.#keep();
    this.#show();
  }

  #buttons() {
    find('run-start').disabled = !this.#ready || this.#running;
    find('run-stop').disabled = !this.#running || this.#run.stopped;
  }

  #show() {
    this.#buttons();
    for (const way of WAYS) {
      const [large, small] = this.#rates(way);
      find(`rate-${way}`).textContent = large;
      find(`rate-${way}-unit`).textContent = small;
    }
    const series = [...lines(this.#before, ' before'), ...lines(this.#run, '')];
    this.#plot.show({ from: 0, to: SECONDS, series, label: this.#words() });
  }

  /** The large number, and what stands behind it. */
  #rates(way) {
    if (!this.#run?.ways.includes(way)) return ['–', 'MB/s'];
    const mean = this.#run.mean(way).toFixed(1);
    if (this.#run.over) return [mean, 'MB/s, mean'];
    if (this.#run.stopped) return [mean, 'MB/s, mean; closing'];
    return [this.#run.now(way).toFixed(1), `MB/s now, mean ${mean}`];
  }

  #words() {
    if (!this.#run) return 'No throughput run yet.';
    const means = this.#run.ways.map((way) => `${DIRECTIONS[way]} ${this.#run.mean(way).toFixed(1)} MB/s`);
    return `Throughput over ${SECONDS} seconds, mean so far: ${means.join(', ')}.`;
  }

  #keep() {
    this.#count += 1;
    const run = this.#run;
    const { direction, size } = run.order;
    const row = element('tr');
    const head = element('th', '', `${this.#count}. ${DIRECTIONS[direction]}`);
    head.scope = 'row';
    const early = run.elapsed < SECONDS * 0.95 ? `, ${run.elapsed.toFixed(1)} s` : '';
    head.append(' ', element('span', 'detail', `${bytes(size)}${early}`));
    row.append(head);
    for (const way of WAYS) {
      const mean = run.ways.includes(way) ? run.mean(way).toFixed(1) : '–';
      const cell = element('td', 'number', mean);
      cell.dataset.mean = way;
      row.append(cell);
    }
    find('runs').prepend(row);
    while (find('runs').children.length > KEPT) find('runs').lastChild.remove();
    find('runs-table').hidden = false;
  }
}

function lines(run, suffix) {
  return run?.ways.map((way) => ({ name: `${way}${suffix}`, points: run.rates(way) })) ?? [];
}

function bytes(size) {
  return size < 1024 ? `${size}\u00a0B` : `${Math.round(size / 1024)}\u00a0KiB`;
}
