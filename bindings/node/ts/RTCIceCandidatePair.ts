import { defineInterface, internally, refuseConstruction } from './interface';
import type { RTCIceCandidate } from './RTCIceCandidate';

/** @internal */
export let createCandidatePair: (
  local: RTCIceCandidate,
  remote: RTCIceCandidate,
) => RTCIceCandidatePair;

/** A local and a remote candidate that packets travel between (webrtc-pc §5.6.2). */
export class RTCIceCandidatePair {
  readonly #local: RTCIceCandidate;
  readonly #remote: RTCIceCandidate;

  static {
    createCandidatePair = (local, remote) => new RTCIceCandidatePair(internally, local, remote);
  }

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    const [, local, remote] = internal as [symbol, RTCIceCandidate, RTCIceCandidate];
    this.#local = local;
    this.#remote = remote;
  }

  get local(): RTCIceCandidate {
    return this.#local;
  }

  get remote(): RTCIceCandidate {
    return this.#remote;
  }
}

defineInterface(RTCIceCandidatePair);
