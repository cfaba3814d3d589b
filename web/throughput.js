// One throughput run over a data channel of its own. Its first message says to rill what to do;
// then each side that sends keeps a bounded amount waiting, and each side counts what arrives.

// What may wait to leave, and where sending goes on, in bytes.
const HIGH = 1024 * 1024;
const LOW = HIGH / 2;
// How often what has arrived here is looked at, in milliseconds; rill does the same.
const LOOK = 100;
// How far rill's clock of a run may be ahead of ours, in seconds.
const AHEAD = 0.5;
// How many looks back the present rate reaches.
const NOW = 5;

/** The two ways a message can go. */
export const WAYS = ['toRill', 'fromRill'];

export class Run {
  #channel;
  #order;
  #changed;
  #payload;
  #started = null;
  #ended = null;
  #timer = null;
  #received = 0;
  #counts = {};
  #stopped = false;
  #over = false;

  /**
   * Begins when the channel opens. `order` is `{ direction, size, seconds }`, direction one of
   * `toRill`, `fromRill` and `both`; `changed` is called whenever there is more to show.
   */
  constructor(channel, order, changed) {
    this.#channel = channel;
    this.#order = order;
    this.#changed = changed;
    this.#payload = new Uint8Array(order.size);
    for (const way of this.ways) this.#counts[way] = [[0, 0]];
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = LOW;
    channel.addEventListener('open', () => this.#begin());
    channel.addEventListener('bufferedamountlow', () => this.#fill());
    channel.addEventListener('message', ({ data }) => { this.#received += data.byteLength; });
    channel.addEventListener('close', () => this.#end());
  }

  get order() {
    return this.#order;
  }

  /** Which ways messages go in this run. */
  get ways() {
    const { direction } = this.#order;
    return WAYS.filter((way) => direction === way || direction === 'both');
  }

  /** Whether its time has passed, or it was stopped: the channel closes. */
  get stopped() {
    return this.#stopped;
  }

  /** Whether the channel has closed: nothing changes any more. */
  get over() {
    return this.#over;
  }

  /** Seconds from its begin to its end or to now; 0 if it has not begun. */
  get elapsed() {
    return this.#started === null ? 0 : ((this.#ended ?? performance.now()) - this.#started) / 1000;
  }

  /** What rill says has arrived there: `{ received, elapsedMs }`. */
  take({ received, elapsedMs }) {
    const time = elapsedMs / 1000;
    // One that is ahead of this run is of the run before.
    if (time < this.elapsed + AHEAD) this.#count('toRill', time, received);
  }

  /** Ends early, or when its time has passed; what waits still leaves. */
  stop() {
    this.#leave();
    this.#channel.close();
    this.#changed();
  }

  /** Ends with its connection, whose closing need not fire an event on the channel. */
  abandon() {
    this.#end();
  }

  /** Points of a plot: seconds, and the MB/s of the two looks before. */
  rates(way) {
    const counts = this.#counts[way] ?? [];
    return counts.slice(1).map((count, index) => [count[0], between(counts[Math.max(0, index - 1)], count)]);
  }

  /** MB/s in the last half second. */
  now(way) {
    const counts = this.#counts[way] ?? [];
    return between(counts.at(-1 - NOW) ?? counts[0], counts.at(-1));
  }

  /** MB/s of the whole run. */
  mean(way) {
    const counts = this.#counts[way] ?? [];
    return between(counts[0], counts.at(-1));
  }

  #begin() {
    this.#channel.send(JSON.stringify(this.#order));
    this.#started = performance.now();
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#fill();
  }

  #fill() {
    if (this.#stopped || !this.#counts.toRill) return;
    while (this.#channel.readyState === 'open' && this.#channel.bufferedAmount < HIGH) {
      this.#channel.send(this.#payload);
    }
  }

  #look() {
    this.#count('fromRill', this.elapsed, this.#received);
    if (this.elapsed >= this.#order.seconds) this.stop();
  }

  #count(way, time, bytes) {
    const counts = this.#counts[way];
    // What arrives after the end was sent before it; it has no place in a rate.
    if (!counts || this.#stopped || time < counts.at(-1)[0] + LOOK / 2000) return;
    counts.push([time, bytes]);
    this.#changed();
  }

  #end() {
    if (this.#over) return;
    this.#leave();
    this.#over = true;
    this.#changed();
  }

  #leave() {
    this.#stopped = true;
    this.#ended ??= performance.now();
    clearInterval(this.#timer);
  }
}

/** MB/s, of a million bytes, from one count to a later one. */
function between([before, less] = [0, 0], [time, bytes] = [0, 0]) {
  return time > before ? (bytes - less) / 1e6 / (time - before) : 0;
}
