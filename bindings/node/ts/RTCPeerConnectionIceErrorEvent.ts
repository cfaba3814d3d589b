import { eventArguments } from './event_init';
import { defineInterface } from './interface';
import { domString, nullable, optional, required, unsignedShort, usvString } from './webidl';
import type { RTCPeerConnectionIceErrorEventInit } from './dictionaries';

/** The `icecandidateerror` event: a server gave no candidate (webrtc-pc §4.8.3). */
export class RTCPeerConnectionIceErrorEvent extends Event {
  readonly #address: string | null;
  readonly #port: number | null;
  readonly #url: string;
  readonly #errorCode: number;
  readonly #errorText: string;

  constructor(type: string, eventInitDict: RTCPeerConnectionIceErrorEventInit) {
    const { type: name, init, members } = eventArguments(
      [type, eventInitDict].slice(0, arguments.length),
      2,
      'RTCPeerConnectionIceErrorEvent',
    );
    const address = optional(members, 'address', nullable(domString), null);
    const errorCode = required(members, 'errorCode', unsignedShort);
    const errorText = optional(members, 'errorText', usvString, '');
    const port = optional(members, 'port', nullable(unsignedShort), null);
    const url = optional(members, 'url', usvString, '');
    super(name, init);
    this.#address = address;
    this.#port = port;
    this.#url = url;
    this.#errorCode = errorCode;
    this.#errorText = errorText;
  }

  get address(): string | null {
    return this.#address;
  }

  get port(): number | null {
    return this.#port;
  }

  get url(): string {
    return this.#url;
  }

  /** A STUN error code, or 701 if the server was not reached. */
  get errorCode(): number {
    return this.#errorCode;
  }

  get errorText(): string {
    return this.#errorText;
  }
}

defineInterface(RTCPeerConnectionIceErrorEvent);
