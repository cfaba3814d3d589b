import { setMaxListeners } from 'node:events';
import { defineEventHandlers } from './event_handler';
import { defineInterface, internally, refuseConstruction } from './interface';
import { RTCIceCandidate, createPeerReflexive } from './RTCIceCandidate';
import { createCandidatePair } from './RTCIceCandidatePair';
import type {
  AddEventListenerOptions,
  Listener,
  RTCIceComponent,
  RTCIceGathererState,
  RTCIceParameters,
  RTCIceRole,
  RTCIceTransportState,
} from './dictionaries';
import type { NativeCandidate, NativeIceTransport, NativePeerConnection } from './native';
import type { RTCIceCandidatePair } from './RTCIceCandidatePair';

const events = ['statechange', 'gatheringstatechange', 'selectedcandidatepairchange'] as const;

export interface RTCIceTransportEventMap {
  gatheringstatechange: Event;
  selectedcandidatepairchange: Event;
  statechange: Event;
}

/** What a transport shows that negotiation has replaced by another. */
const GONE: NativeIceTransport = {
  role: 'unknown',
  state: 'closed',
  gatheringState: 'complete',
  selectedPair: null,
  localCandidates: [],
  remoteCandidates: [],
  localParameters: null,
  remoteParameters: null,
};

/** @internal The object of a transport that the native half knows by number. */
export let createIceTransport: (connection: NativePeerConnection, id: number) => RTCIceTransport;
/** @internal The connection is about to be closed, and the transport with it, without an event. */
export let closeIceTransport: (transport: RTCIceTransport) => void;

/** The ICE transport below one or more transceivers and data channels (webrtc-pc §5.6). */
export class RTCIceTransport extends EventTarget {
  readonly #native: NativePeerConnection;
  readonly #id: number;
  /** The candidates' objects, by what they say: they are the same in every list. */
  readonly #candidates = new Map<string, RTCIceCandidate>();
  #pair: RTCIceCandidatePair | null = null;
  /** What it was at the end of the connection. */
  #atEnd: NativeIceTransport | null = null;

  static {
    createIceTransport = (connection, id) => new RTCIceTransport(internally, connection, id);
    closeIceTransport = (transport) => transport.#end();
  }

  declare onstatechange: ((ev: Event) => any) | null;
  declare ongatheringstatechange: ((ev: Event) => any) | null;
  declare onselectedcandidatepairchange: ((ev: Event) => any) | null;

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    super();
    const [, connection, id] = internal as [symbol, NativePeerConnection, number];
    this.#native = connection;
    this.#id = id;
    // Node warns at the eleventh listener; a page may have any number.
    setMaxListeners(0, this);
  }

  get role(): RTCIceRole {
    return this.#now.role;
  }

  /** Always `rtp`: RTP and RTCP, and data channels, share one component. */
  get component(): RTCIceComponent {
    // A receiver of another class throws.
    void this.#id;
    return 'rtp';
  }

  get state(): RTCIceTransportState {
    return this.#now.state;
  }

  get gatheringState(): RTCIceGathererState {
    return this.#now.gatheringState;
  }

  /** The candidates that `icecandidate` has announced. */
  getLocalCandidates(): RTCIceCandidate[] {
    return this.#now.localCandidates.map((candidate) => this.#candidate(candidate));
  }

  /** The candidates of descriptions and `addIceCandidate`; peer-reflexive ones are not listed. */
  getRemoteCandidates(): RTCIceCandidate[] {
    return this.#now.remoteCandidates.map((candidate) => this.#candidate(candidate));
  }

  getSelectedCandidatePair(): RTCIceCandidatePair | null {
    const { selectedPair } = this.#now;
    if (selectedPair === null) return null;
    const local = this.#candidate(selectedPair.local);
    const remote = this.#candidate(selectedPair.remote);
    const known = this.#pair;
    if (known !== null && known.local === local && known.remote === remote) return known;
    return (this.#pair = createCandidatePair(local, remote));
  }

  getLocalParameters(): RTCIceParameters | null {
    const { localParameters } = this.#now;
    return localParameters === null ? null : { ...localParameters };
  }

  getRemoteParameters(): RTCIceParameters | null {
    const { remoteParameters } = this.#now;
    return remoteParameters === null ? null : { ...remoteParameters };
  }

  get #now(): NativeIceTransport {
    return this.#atEnd ?? this.#native.iceTransport(this.#id) ?? GONE;
  }

  #candidate(init: NativeCandidate): RTCIceCandidate {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment, url } = init;
    const key = JSON.stringify([candidate, sdpMid, sdpMLineIndex, usernameFragment, url]);
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    const created = candidate === '' ? createPeerReflexive(init) : new RTCIceCandidate(init);
    this.#candidates.set(key, created);
    return created;
  }

  #end(): void {
    // webrtc-pc §5.6.1: there is no selected pair in the state closed.
    this.#atEnd ??= { ...this.#now, state: 'closed', selectedPair: null };
  }
}

export interface RTCIceTransport {
  addEventListener<K extends keyof RTCIceTransportEventMap>(
    type: K,
    listener: (this: RTCIceTransport, ev: RTCIceTransportEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof RTCIceTransportEventMap>(
    type: K,
    listener: (this: RTCIceTransport, ev: RTCIceTransportEventMap[K]) => any,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: boolean | { capture?: boolean },
  ): void;
}

defineInterface(RTCIceTransport);
defineEventHandlers(RTCIceTransport, events);
