import { defineInterface, internally, refuseConstruction } from './interface';
import { callback, domString, requireArguments } from './webidl';

/** @internal */
export let createStatsReport: (stats: readonly { id: string }[]) => RTCStatsReport;

/** Statistics by id, as they were when they were asked for (webrtc-pc §8.3). */
export class RTCStatsReport {
  readonly #stats: ReadonlyMap<string, any>;

  static {
    createStatsReport = (stats) => new RTCStatsReport(internally, stats);
  }

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    const stats = internal[1] as readonly { id: string }[];
    this.#stats = new Map(stats.map((one) => [one.id, one]));
  }

  get size(): number {
    return this.#stats.size;
  }

  entries(): IterableIterator<[string, any]> {
    return this.#stats.entries();
  }

  forEach(
    callbackfn: (value: any, key: string, parent: RTCStatsReport) => void,
    thisArg?: unknown,
  ): void {
    requireArguments(arguments.length, 1, 'forEach');
    const call = callback<typeof callbackfn>(callbackfn, 'callbackfn');
    this.#stats.forEach((value, key) => call.call(thisArg, value, key, this));
  }

  get(key: string): any {
    requireArguments(arguments.length, 1, 'get');
    return this.#stats.get(domString(key, 'key'));
  }

  has(key: string): boolean {
    requireArguments(arguments.length, 1, 'has');
    return this.#stats.has(domString(key, 'key'));
  }

  keys(): IterableIterator<string> {
    return this.#stats.keys();
  }

  values(): IterableIterator<any> {
    return this.#stats.values();
  }
}

export interface RTCStatsReport {
  [Symbol.iterator](): IterableIterator<[string, any]>;
}

defineInterface(RTCStatsReport);
// Web IDL §3.7.11: the same function object.
Object.defineProperty(RTCStatsReport.prototype, Symbol.iterator, {
  value: RTCStatsReport.prototype.entries,
  writable: true,
  configurable: true,
});
