import { RTCError } from './RTCError';
import { RTCErrorEvent } from './RTCErrorEvent';
import { closeDtlsTransport, createDtlsTransport } from './RTCDtlsTransport';
import { createSctpTransport, endSctpTransport } from './RTCSctpTransport';
import type { NativePeerConnection, NativeTransportEvent } from './native';
import type { RTCDtlsTransport } from './RTCDtlsTransport';
import type { RTCIceTransport } from './RTCIceTransport';
import type { RTCSctpTransport } from './RTCSctpTransport';

const iceEvents = {
  icetransportstatechange: 'statechange',
  icetransportgatheringstatechange: 'gatheringstatechange',
  selectedcandidatepairchange: 'selectedcandidatepairchange',
} as const;

/**
 * Gives the transports of a connection their objects: as long as one lives in the native half,
 * every attribute that shows it returns the same object.
 */
export class Transports {
  readonly #native: NativePeerConnection;
  readonly #dtls = new Map<number, RTCDtlsTransport>();
  #sctp: RTCSctpTransport | null = null;
  #closed = false;

  constructor(native: NativePeerConnection) {
    this.#native = native;
  }

  /** The transport of a number, with the ICE transport below it. */
  dtls(id: number): RTCDtlsTransport {
    let transport = this.#dtls.get(id);
    if (transport === undefined) {
      transport = createDtlsTransport(this.#native, id);
      // A number that is asked for after the end belongs to a transport that ended with it.
      if (this.#closed) closeDtlsTransport(transport);
      this.#dtls.set(id, transport);
    }
    return transport;
  }

  /** The association, which negotiation makes and ends. */
  get sctp(): RTCSctpTransport | null {
    this.settle();
    if (this.#sctp === null && !this.#closed && this.#native.sctpTransport() !== null) {
      this.#sctp = createSctpTransport({
        sctp: () => this.#native.sctpTransport(),
        maxMessageSize: () => this.#native.sctpMaxMessageSize(),
        dtls: (id) => this.dtls(id),
      });
    }
    return this.#sctp;
  }

  /** After a negotiation: an association that it has ended will not come back in the same object. */
  settle(): void {
    if (this.#sctp === null || this.#closed || this.#native.sctpTransport() !== null) return;
    endSctpTransport(this.#sctp);
    this.#sctp = null;
  }

  /** Fires an event at the object that it is for, if a page has asked for that object. */
  dispatch(event: NativeTransportEvent): void {
    switch (event.type) {
      case 'icetransportstatechange':
      case 'icetransportgatheringstatechange':
      case 'selectedcandidatepairchange':
        this.#ice(event.transport)?.dispatchEvent(new Event(iceEvents[event.type]));
        return;
      case 'dtlstransportstatechange':
        this.#dtls.get(event.transport)?.dispatchEvent(new Event('statechange'));
        return;
      case 'transporterror': {
        const { errorDetail, receivedAlert, message } = event.error;
        const alert = receivedAlert === null ? {} : { receivedAlert };
        const error = new RTCError({ errorDetail, ...alert }, message);
        this.#dtls.get(event.transport)?.dispatchEvent(new RTCErrorEvent('error', { error }));
        return;
      }
      case 'sctptransportstatechange':
        this.#sctp?.dispatchEvent(new Event('statechange'));
    }
  }

  /** The connection is about to be closed: the transports keep what they were, and are closed. */
  close(): void {
    this.#closed = true;
    for (const transport of this.#dtls.values()) closeDtlsTransport(transport);
    const sctp = this.#sctp;
    if (sctp === null || sctp.state === 'closed') return;
    // webrtc-pc §6.1.1.6 queues a task for an association that close() has ended.
    setImmediate(() => sctp.dispatchEvent(new Event('statechange')));
    endSctpTransport(sctp);
  }

  #ice(id: number): RTCIceTransport | undefined {
    return this.#dtls.get(id)?.iceTransport;
  }
}
