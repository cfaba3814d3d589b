import { setMaxListeners } from 'node:events';
import { defineEventHandlers } from './event_handler';
import { defineInterface, internally, refuseConstruction } from './interface';
import type { AddEventListenerOptions, Listener, RTCSctpTransportState } from './dictionaries';
import type { NativeSctpTransport } from './native';
import type { RTCDtlsTransport } from './RTCDtlsTransport';

const events = ['statechange'] as const;

export interface RTCSctpTransportEventMap {
  statechange: Event;
}

/** What an association asks of its connection. */
export interface SctpOwner {
  /** Null when the association is gone. */
  sctp(): NativeSctpTransport | null;
  /** Bytes; null while no answer has said what the peer takes. */
  maxMessageSize(): number | null;
  dtls(id: number): RTCDtlsTransport;
}

/** @internal */
export let createSctpTransport: (owner: SctpOwner) => RTCSctpTransport;
/** @internal The association ends, now and for good. */
export let endSctpTransport: (transport: RTCSctpTransport) => void;

/** The SCTP association that data channels share (webrtc-pc §6.1.1). */
export class RTCSctpTransport extends EventTarget {
  readonly #owner: SctpOwner;
  /** The last that was seen of the association, which is all that stays of it when it is gone. */
  #seen: NativeSctpTransport;
  #ended = false;
  #maxMessageSizeAtEnd: number | null = null;

  static {
    createSctpTransport = (owner) => new RTCSctpTransport(internally, owner);
    endSctpTransport = (transport) => transport.#end();
  }

  declare onstatechange: ((ev: Event) => any) | null;

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    super();
    this.#owner = internal[1] as SctpOwner;
    // Null only when there is no association, and then there is no object.
    this.#seen = this.#owner.sctp() as NativeSctpTransport;
    // Node warns at the eleventh listener; a page may have any number.
    setMaxListeners(0, this);
  }

  get transport(): RTCDtlsTransport {
    return this.#owner.dtls(this.#now.transport);
  }

  get state(): RTCSctpTransportState {
    return this.#ended ? 'closed' : this.#now.state;
  }

  /** Bytes that `send` takes at most, Infinity without a limit; null until an answer is applied. */
  get maxMessageSize(): number | null {
    if (this.#ended) return this.#maxMessageSizeAtEnd;
    return this.#owner.maxMessageSize() === null ? null : this.#now.maxMessageSize;
  }

  /** How many channels there can be at a time; null until the association is connected. */
  get maxChannels(): number | null {
    return this.#now.maxChannels;
  }

  get #now(): NativeSctpTransport {
    if (!this.#ended) this.#seen = this.#owner.sctp() ?? { ...this.#seen, state: 'closed' };
    return this.#seen;
  }

  #end(): void {
    if (this.#ended) return;
    this.#maxMessageSizeAtEnd = this.maxMessageSize;
    this.#ended = true;
  }
}

export interface RTCSctpTransport {
  addEventListener<K extends keyof RTCSctpTransportEventMap>(
    type: K,
    listener: (this: RTCSctpTransport, ev: RTCSctpTransportEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof RTCSctpTransportEventMap>(
    type: K,
    listener: (this: RTCSctpTransport, ev: RTCSctpTransportEventMap[K]) => any,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: boolean | { capture?: boolean },
  ): void;
}

defineInterface(RTCSctpTransport);
defineEventHandlers(RTCSctpTransport, events);
