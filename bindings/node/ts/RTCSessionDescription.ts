import { defineInterface } from './interface';
import { dictionary, domString, enumeration, optional, required, requireArguments } from './webidl';
import type { RTCSdpType, RTCSessionDescriptionInit } from './dictionaries';

/** @internal */
export const sdpType = enumeration('RTCSdpType', ['offer', 'pranswer', 'answer', 'rollback']);

/** A session description (webrtc-pc §4.6.2). */
export class RTCSessionDescription {
  readonly #type: RTCSdpType;
  readonly #sdp: string;

  constructor(descriptionInitDict: RTCSessionDescriptionInit) {
    requireArguments(arguments.length, 1, 'RTCSessionDescription constructor');
    const { type, sdp } = sessionDescriptionInit(descriptionInitDict);
    this.#type = type;
    this.#sdp = sdp;
  }

  get type(): RTCSdpType {
    return this.#type;
  }

  get sdp(): string {
    return this.#sdp;
  }

  toJSON(): RTCSessionDescriptionInit {
    return { type: this.#type, sdp: this.#sdp };
  }
}

defineInterface(RTCSessionDescription);

/** @internal Converts an RTCSessionDescriptionInit. */
export function sessionDescriptionInit(value: unknown): Required<RTCSessionDescriptionInit> {
  const members = dictionary(value, 'description');
  const sdp = optional(members, 'sdp', domString, '');
  const type = required(members, 'type', sdpType);
  return { type, sdp };
}
