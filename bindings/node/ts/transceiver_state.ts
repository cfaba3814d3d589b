import type { NativePeerConnection, NativeTransceiver } from './native';
import type { OperationsChain } from './operations_chain';
import type { RTCDtlsTransport } from './RTCDtlsTransport';

/** What transceivers, senders and receivers ask of their connection. */
export interface RtpOwner {
  readonly native: NativePeerConnection;
  readonly chain: OperationsChain;
  /** The canonical name of RTCP (RFC 7022), one per connection. */
  readonly cname: string;
  closed(): boolean;
  dtls(id: number): RTCDtlsTransport;
}

/** One transceiver of the native half, as its three objects see it. */
export class TransceiverState {
  readonly owner: RtpOwner;
  readonly handle: number;
  /** What stays of it when the connection, and the native half with it, is gone. */
  #atEnd: NativeTransceiver | null = null;

  constructor(owner: RtpOwner, handle: number) {
    this.owner = owner;
    this.handle = handle;
  }

  /** As of the last task. */
  get now(): NativeTransceiver {
    // Null only for a handle that never was.
    return this.#atEnd ?? (this.owner.native.transceiver(this.handle) as NativeTransceiver);
  }

  /** `[[Stopping]]`: `stop()` was called, or negotiation has stopped it. */
  get stopping(): boolean {
    return this.now.direction === 'stopped';
  }

  get transport(): RTCDtlsTransport | null {
    const { transport } = this.now;
    return transport === null ? null : this.owner.dtls(transport);
  }

  /** "Stop the RTCRtpTransceiver", as the end of its connection does. */
  end(): void {
    this.#atEnd ??= {
      ...this.now,
      direction: 'stopped',
      currentDirection: 'stopped',
      stopped: true,
      receiverStreams: [],
    };
  }
}
