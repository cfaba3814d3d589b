import { callback, invoke } from './webidl';
import type { RTCPeerConnectionErrorCallback } from './dictionaries';

/** The callbacks of a legacy overload (webrtc-pc §4.4.3), converted before the operation starts. */
export class LegacyCallbacks {
  readonly #success: (value: unknown) => void;
  readonly #failure: RTCPeerConnectionErrorCallback;

  constructor(success: unknown, failure: unknown) {
    this.#success = callback(success, 'successCallback');
    this.#failure = callback(failure, 'failureCallback');
  }

  /** Calls one of them when `result` settles; the promise returned is fulfilled at once. */
  settleWith(result: Promise<unknown>): Promise<undefined> {
    result.then(
      (value) => invoke(this.#success, value),
      (reason: DOMException) => invoke(this.#failure, reason),
    );
    return Promise.resolve(undefined);
  }
}

/** Web IDL §3.6: no overload of a description or candidate operation takes two arguments. */
export function refuseTwoArguments(given: number, what: string): void {
  if (given === 2) {
    throw new TypeError(`${what}: give either one argument, or both callbacks as well.`);
  }
}
