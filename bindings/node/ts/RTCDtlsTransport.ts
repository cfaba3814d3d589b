import { setMaxListeners } from 'node:events';
import { defineEventHandlers } from './event_handler';
import { defineInterface, internally, refuseConstruction } from './interface';
import { closeIceTransport, createIceTransport } from './RTCIceTransport';
import type { AddEventListenerOptions, Listener, RTCDtlsTransportState } from './dictionaries';
import type { NativeDtlsTransport, NativePeerConnection } from './native';
import type { RTCErrorEvent } from './RTCErrorEvent';
import type { RTCIceTransport } from './RTCIceTransport';

const events = ['statechange', 'error'] as const;

export interface RTCDtlsTransportEventMap {
  error: RTCErrorEvent;
  statechange: Event;
}

/** What a transport shows that negotiation has replaced by another. */
const GONE: NativeDtlsTransport = { state: 'closed', remoteCertificates: [] };

/** @internal The object of a transport that the native half knows by number. */
export let createDtlsTransport: (connection: NativePeerConnection, id: number) => RTCDtlsTransport;
/** @internal The connection is about to be closed, and the transport with it, without an event. */
export let closeDtlsTransport: (transport: RTCDtlsTransport) => void;

/** The DTLS transport above an ICE transport (webrtc-pc §5.5). */
export class RTCDtlsTransport extends EventTarget {
  readonly #native: NativePeerConnection;
  readonly #id: number;
  readonly #iceTransport: RTCIceTransport;
  /** What it was at the end of the connection. */
  #atEnd: NativeDtlsTransport | null = null;

  static {
    createDtlsTransport = (connection, id) => new RTCDtlsTransport(internally, connection, id);
    closeDtlsTransport = (transport) => transport.#end();
  }

  declare onstatechange: ((ev: Event) => any) | null;
  declare onerror: ((ev: RTCErrorEvent) => any) | null;

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    super();
    const [, connection, id] = internal as [symbol, NativePeerConnection, number];
    this.#native = connection;
    this.#id = id;
    this.#iceTransport = createIceTransport(connection, id);
    // Node warns at the eleventh listener; a page may have any number.
    setMaxListeners(0, this);
  }

  get iceTransport(): RTCIceTransport {
    return this.#iceTransport;
  }

  get state(): RTCDtlsTransportState {
    return this.#now.state;
  }

  /** The peer's certificate chain in DER; empty until the state is `connected`. */
  getRemoteCertificates(): ArrayBuffer[] {
    return this.#now.remoteCertificates.map((certificate) => certificate.slice(0));
  }

  get #now(): NativeDtlsTransport {
    return this.#atEnd ?? this.#native.dtlsTransport(this.#id) ?? GONE;
  }

  #end(): void {
    closeIceTransport(this.#iceTransport);
    this.#atEnd ??= { ...this.#now, state: 'closed' };
  }
}

export interface RTCDtlsTransport {
  addEventListener<K extends keyof RTCDtlsTransportEventMap>(
    type: K,
    listener: (this: RTCDtlsTransport, ev: RTCDtlsTransportEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof RTCDtlsTransportEventMap>(
    type: K,
    listener: (this: RTCDtlsTransport, ev: RTCDtlsTransportEventMap[K]) => any,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: boolean | { capture?: boolean },
  ): void;
}

defineInterface(RTCDtlsTransport);
defineEventHandlers(RTCDtlsTransport, events);
