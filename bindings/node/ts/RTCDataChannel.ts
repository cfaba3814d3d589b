import { Buffer } from 'node:buffer';
import { setMaxListeners } from 'node:events';
import { types } from 'node:util';
import { defineEventHandlers } from './event_handler';
import { invalidState, native } from './exception';
import { defineInterface, internally, refuseConstruction } from './interface';
import { RTCError } from './RTCError';
import { RTCErrorEvent } from './RTCErrorEvent';
import { SendQueue } from './send_queue';
import { domString, enforcedUnsignedLong, requireArguments, usvString } from './webidl';
import type {
  AddEventListenerOptions,
  BinaryType,
  Listener,
  RTCDataChannelState,
} from './dictionaries';
import type {
  NativeChannel,
  NativeChannelError,
  NativeChannelEvent,
  NativePeerConnection,
} from './native';

const events = ['open', 'bufferedamountlow', 'error', 'closing', 'close', 'message'] as const;

export interface RTCDataChannelEventMap {
  bufferedamountlow: Event;
  close: Event;
  closing: Event;
  error: RTCErrorEvent;
  message: MessageEvent;
  open: Event;
}

/** @internal The object of a channel that the native half knows as `handle`. */
export let createChannel: (connection: NativePeerConnection, handle: number) => RTCDataChannel;
/** @internal Dispatches an event of the native half. */
export let dispatchToChannel: (channel: RTCDataChannel, event: NativeChannelEvent) => void;
/** @internal The connection was closed: so is the channel, without an event (webrtc-pc §4.4.2). */
export let closeAbruptly: (channel: RTCDataChannel) => void;

/** A data channel (webrtc-pc §6.2). */
export class RTCDataChannel extends EventTarget {
  readonly #native: NativePeerConnection;
  readonly #handle: number;
  readonly #fixed: NativeChannel;
  readonly #queue = new SendQueue({
    deliver: (data) => native(() => this.#native.channelSend(this.#handle, data)),
    drained: () => this.#closeWhenDelivered(),
    failed: (reason) => this.#fail(reason),
  });
  #id: number | null = null;
  #binaryType: BinaryType = 'arraybuffer';
  #lowThreshold = 0;
  /** `close()` was called. */
  #closing = false;
  /** What `bufferedAmount` keeps after the end, when the native half has forgotten the channel. */
  #amountAtEnd: number | null = null;

  static {
    createChannel = (connection, handle) => new RTCDataChannel(internally, connection, handle);
    dispatchToChannel = (channel, event) => channel.#dispatch(event);
    closeAbruptly = (channel) => channel.#end();
  }

  declare onopen: ((ev: Event) => any) | null;
  declare onbufferedamountlow: ((ev: Event) => any) | null;
  declare onerror: ((ev: RTCErrorEvent) => any) | null;
  declare onclosing: ((ev: Event) => any) | null;
  declare onclose: ((ev: Event) => any) | null;
  declare onmessage: ((ev: MessageEvent) => any) | null;

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    super();
    const [, connection, handle] = internal as [symbol, NativePeerConnection, number];
    this.#native = connection;
    this.#handle = handle;
    // Null only after `channelForget`, which comes with the end.
    this.#fixed = connection.channel(handle) as NativeChannel;
    // Node warns at the eleventh listener; a page may have any number.
    setMaxListeners(0, this);
  }

  get label(): string {
    return this.#fixed.label;
  }

  get ordered(): boolean {
    return this.#fixed.ordered;
  }

  /** Milliseconds, or null if the channel does not give up after a time. */
  get maxPacketLifeTime(): number | null {
    return this.#fixed.maxPacketLifeTime;
  }

  get maxRetransmits(): number | null {
    return this.#fixed.maxRetransmits;
  }

  get protocol(): string {
    return this.#fixed.protocol;
  }

  get negotiated(): boolean {
    return this.#fixed.negotiated;
  }

  /** The SCTP stream; null until the DTLS roles are known, unless it was negotiated. */
  get id(): number | null {
    // It never changes once it is not null.
    if (this.#id === null && !this.#ended) this.#id = this.#native.channelId(this.#handle);
    return this.#id;
  }

  get readyState(): RTCDataChannelState {
    if (this.#ended) return 'closed';
    const state = this.#native.channelReadyState(this.#handle);
    return this.#closing && state !== 'closed' ? 'closing' : state;
  }

  /** Bytes of messages that were given to `send` and are not yet sent. */
  get bufferedAmount(): number {
    if (this.#amountAtEnd !== null) return this.#amountAtEnd;
    return this.#native.channelBufferedAmount(this.#handle) + this.#queue.bytes;
  }

  get bufferedAmountLowThreshold(): number {
    return this.#lowThreshold;
  }

  set bufferedAmountLowThreshold(value: number) {
    const bytes = enforcedUnsignedLong(value, 'bufferedAmountLowThreshold');
    this.#lowThreshold = bytes;
    if (!this.#ended) this.#native.channelSetBufferedAmountLowThreshold(this.#handle, bytes);
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(value: BinaryType) {
    const text: string = domString(value, 'binaryType');
    // An attribute of an enumeration type ignores other values (Web IDL §3.7.6).
    if (text === 'blob' || text === 'arraybuffer') this.#binaryType = text;
  }

  /** Delivers what was sent before, then closes the channel on both sides. */
  close(): void {
    if (this.#closing || this.readyState === 'closed') return;
    this.#closing = true;
    this.#closeWhenDelivered();
  }

  /**
   * Sends a message. Throws InvalidStateError unless the channel is open, TypeError if the message
   * is larger than the peer takes, and OperationError if too much is buffered already.
   */
  send(data: string): void;
  send(data: Blob): void;
  send(data: ArrayBuffer): void;
  send(data: ArrayBufferView<ArrayBuffer>): void;
  send(data: unknown): void {
    requireArguments(arguments.length, 1, 'send');
    const message = sendable(data);
    const state = this.readyState;
    if (state !== 'open') throw invalidState(`The channel is ${state}, not open.`);
    if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
      this.#enqueue(message, message.size);
    } else if (this.#queue.empty) {
      native(() => this.#native.channelSend(this.#handle, message));
    } else if (typeof message === 'string') {
      this.#enqueue(message, Buffer.byteLength(message));
    } else {
      this.#enqueue(message.slice(), message.byteLength);
    }
  }

  get #ended(): boolean {
    return this.#amountAtEnd !== null;
  }

  #enqueue(data: string | Uint8Array | Blob, bytes: number): void {
    const largest = this.#native.sctpMaxMessageSize() ?? Infinity;
    if (bytes > largest) {
      throw new TypeError(`The message has ${bytes} bytes; the peer takes at most ${largest}.`);
    }
    this.#queue.push(data, bytes);
  }

  #closeWhenDelivered(): void {
    if (this.#closing && this.#queue.empty && !this.#ended) this.#native.channelClose(this.#handle);
  }

  /** A Blob that cannot be read leaves a hole in the stream, so the channel ends with an error. */
  #fail(reason: unknown): void {
    if (this.#ended || this.readyState === 'closed') return;
    this.#closing = true;
    this.#native.channelClose(this.#handle);
    const message = reason instanceof Error ? reason.message : String(reason);
    const error = new RTCError({ errorDetail: 'data-channel-failure' }, message);
    this.dispatchEvent(new RTCErrorEvent('error', { error }));
  }

  #end(): void {
    if (this.#ended) return;
    // Reading it remembers it.
    void this.id;
    this.#amountAtEnd = this.bufferedAmount;
    this.#queue.stop();
    this.#native.channelForget(this.#handle);
  }

  #dispatch(event: NativeChannelEvent): void {
    switch (event.type) {
      case 'message':
        // A channel that is closing discards what still arrives (webrtc-pc §6.2).
        if (!this.#closing) this.dispatchEvent(messageEvent(event.data, this.#binaryType));
        return;
      case 'error':
        this.dispatchEvent(errorEvent(event.error));
        return;
      case 'bufferedamountlow':
        // What a Blob holds back is buffered as well.
        if (this.bufferedAmount > this.#lowThreshold) return;
        break;
      case 'close':
        this.#end();
        break;
      case 'open':
      case 'closing':
        break;
    }
    this.dispatchEvent(new Event(event.type));
  }
}

export interface RTCDataChannel {
  addEventListener<K extends keyof RTCDataChannelEventMap>(
    type: K,
    listener: (this: RTCDataChannel, ev: RTCDataChannelEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof RTCDataChannelEventMap>(
    type: K,
    listener: (this: RTCDataChannel, ev: RTCDataChannelEventMap[K]) => any,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: boolean | { capture?: boolean },
  ): void;
}

defineInterface(RTCDataChannel);
defineEventHandlers(RTCDataChannel, events);

/** Resolves the overloads of `send`. */
function sendable(data: unknown): string | Uint8Array | Blob {
  if (data instanceof Blob) return data;
  if (types.isArrayBuffer(data)) return new Uint8Array(data);
  if (ArrayBuffer.isView(data) && types.isArrayBuffer(data.buffer)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data === null || data === undefined || types.isAnyArrayBuffer(data) || ArrayBuffer.isView(data)) {
    throw new TypeError('send: the data is no string, Blob, ArrayBuffer or view of an ArrayBuffer.');
  }
  return usvString(data, 'data');
}

function messageEvent(received: string | ArrayBuffer, binaryType: BinaryType): MessageEvent {
  const asBlob = typeof received !== 'string' && binaryType === 'blob';
  return new MessageEvent('message', { data: asBlob ? new Blob([received]) : received });
}

function errorEvent({ errorDetail, message }: NativeChannelError): RTCErrorEvent {
  return new RTCErrorEvent('error', { error: new RTCError({ errorDetail }, message) });
}
