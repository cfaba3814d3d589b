import { parseCandidateAttribute, peerReflexive } from './candidate_attribute';
import { defineInterface } from './interface';
import {
  dictionary,
  domString,
  enumeration,
  nullable,
  optional,
  unsignedShort,
  usvString,
} from './webidl';
import type { CandidateAttribute } from './candidate_attribute';
import type {
  RTCIceCandidateInit,
  RTCIceCandidateType,
  RTCIceComponent,
  RTCIceProtocol,
  RTCIceServerTransportProtocol,
  RTCIceTcpCandidateType,
  RTCLocalIceCandidateInit,
} from './dictionaries';
import type { Members } from './webidl';

const transportProtocol = enumeration('RTCIceServerTransportProtocol', ['udp', 'tcp', 'tls']);

/** @internal The candidate of a peer that its checks have shown. */
export let createPeerReflexive: (init: RTCLocalIceCandidateInit) => RTCIceCandidate;

/** An ICE candidate (webrtc-pc §4.8.1). */
export class RTCIceCandidate {
  readonly #init: Required<RTCLocalIceCandidateInit>;
  /** Null if the text is empty or is not understood. */
  #attribute: CandidateAttribute | null;

  static {
    createPeerReflexive = (init) => {
      const candidate = new RTCIceCandidate(init);
      candidate.#attribute = peerReflexive;
      return candidate;
    };
  }

  constructor(candidateInitDict: RTCLocalIceCandidateInit = {}) {
    const members = dictionary(candidateInitDict, 'candidateInitDict');
    const init = iceCandidateInit(members);
    const relayProtocol = optional(members, 'relayProtocol', nullable(transportProtocol), null);
    const url = optional(members, 'url', nullable(usvString), null);
    if (init.sdpMid === null && init.sdpMLineIndex === null) {
      throw new TypeError('RTCIceCandidate constructor: sdpMid and sdpMLineIndex are both null.');
    }
    this.#init = { ...init, relayProtocol, url };
    this.#attribute = parseCandidateAttribute(init.candidate);
  }

  get candidate(): string {
    return this.#init.candidate;
  }

  get sdpMid(): string | null {
    return this.#init.sdpMid;
  }

  get sdpMLineIndex(): number | null {
    return this.#init.sdpMLineIndex;
  }

  get foundation(): string | null {
    return this.#attribute?.foundation ?? null;
  }

  get component(): RTCIceComponent | null {
    return this.#attribute?.component ?? null;
  }

  get priority(): number | null {
    return this.#attribute?.priority ?? null;
  }

  get address(): string | null {
    return this.#attribute?.address ?? null;
  }

  get protocol(): RTCIceProtocol | null {
    return this.#attribute?.protocol ?? null;
  }

  get port(): number | null {
    return this.#attribute?.port ?? null;
  }

  get type(): RTCIceCandidateType | null {
    return this.#attribute?.type ?? null;
  }

  get tcpType(): RTCIceTcpCandidateType | null {
    return this.#attribute?.tcpType ?? null;
  }

  get relatedAddress(): string | null {
    return this.#attribute?.relatedAddress ?? null;
  }

  get relatedPort(): number | null {
    return this.#attribute?.relatedPort ?? null;
  }

  get usernameFragment(): string | null {
    return this.#init.usernameFragment;
  }

  /** How a relay candidate of ours speaks with its TURN server; null for all others. */
  get relayProtocol(): RTCIceServerTransportProtocol | null {
    return this.#init.relayProtocol;
  }

  /** The server that a reflexive or relay candidate of ours was obtained from, else null. */
  get url(): string | null {
    return this.#init.url;
  }

  /** The four members that are signalled. */
  toJSON(): RTCIceCandidateInit {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = this.#init;
    return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
  }
}

defineInterface(RTCIceCandidate);

/** @internal Converts an RTCIceCandidateInit. */
export function iceCandidateInit(members: Members): Required<RTCIceCandidateInit> {
  return {
    candidate: optional(members, 'candidate', domString, ''),
    sdpMLineIndex: optional(members, 'sdpMLineIndex', nullable(unsignedShort), null),
    sdpMid: optional(members, 'sdpMid', nullable(domString), null),
    usernameFragment: optional(members, 'usernameFragment', nullable(domString), null),
  };
}
