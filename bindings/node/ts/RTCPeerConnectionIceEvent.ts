import { eventArguments } from './event_init';
import { defineInterface } from './interface';
import { RTCIceCandidate } from './RTCIceCandidate';
import { nullable, optional, platformObject, usvString } from './webidl';
import type { RTCPeerConnectionIceEventInit } from './dictionaries';

/** The `icecandidate` event (webrtc-pc §4.8.2). */
export class RTCPeerConnectionIceEvent extends Event {
  readonly #candidate: RTCIceCandidate | null;
  readonly #url: string | null;

  constructor(type: string, eventInitDict: RTCPeerConnectionIceEventInit = {}) {
    const { type: name, init, members } = eventArguments(
      [type, eventInitDict].slice(0, arguments.length),
      1,
      'RTCPeerConnectionIceEvent',
    );
    const candidate = optional(members, 'candidate', nullable(platformObject(RTCIceCandidate)), null);
    const url = optional(members, 'url', nullable(usvString), null);
    super(name, init);
    this.#candidate = candidate;
    this.#url = url;
  }

  /**
   * The candidate; one whose text is empty ends the candidates of a transport's generation, and
   * null says that all gathering is complete.
   */
  get candidate(): RTCIceCandidate | null {
    return this.#candidate;
  }

  /** @deprecated The candidate has it. */
  get url(): string | null {
    return this.#url;
  }
}

defineInterface(RTCPeerConnectionIceEvent);
