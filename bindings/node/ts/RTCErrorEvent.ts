import { eventArguments } from './event_init';
import { defineInterface } from './interface';
import { RTCError } from './RTCError';
import { platformObject, required } from './webidl';
import type { RTCErrorEventInit } from './dictionaries';

/** The `error` event of a data channel (webrtc-pc §11.4). */
export class RTCErrorEvent extends Event {
  readonly #error: RTCError;

  constructor(type: string, eventInitDict: RTCErrorEventInit) {
    const { type: name, init, members } = eventArguments(
      [type, eventInitDict].slice(0, arguments.length),
      2,
      'RTCErrorEvent',
    );
    const error = required(members, 'error', platformObject(RTCError));
    super(name, init);
    this.#error = error;
  }

  get error(): RTCError {
    return this.#error;
  }
}

defineInterface(RTCErrorEvent);
