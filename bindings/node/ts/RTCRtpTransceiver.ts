import { invalidState, native } from './exception';
import { defineInterface, internally, refuseConstruction } from './interface';
import { nativeBinding } from './native';
import { codec, nativeCodec } from './rtp_parameters';
import { createReceiver } from './RTCRtpReceiver';
import { createSender } from './RTCRtpSender';
import { domString, enumeration, requireArguments, sequence } from './webidl';
import type {
  RTCRtpCodec,
  RTCRtpEncodingParameters,
  RTCRtpTransceiverDirection,
} from './dictionaries';
import type { RTCRtpReceiver } from './RTCRtpReceiver';
import type { RTCRtpSender } from './RTCRtpSender';
import type { TransceiverState } from './transceiver_state';

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive', 'stopped'] as const;
const codecs = sequence(codec);

/** @internal */
export const transceiverDirection = enumeration('RTCRtpTransceiverDirection', directions);

/** @internal */
export let createTransceiver: (
  state: TransceiverState,
  encodings: RTCRtpEncodingParameters[],
) => RTCRtpTransceiver;
/** @internal */
export let stateOfTransceiver: (transceiver: RTCRtpTransceiver) => TransceiverState;

/** A sender and a receiver that share a media section (webrtc-pc §5.4). */
export class RTCRtpTransceiver {
  readonly #state: TransceiverState;
  readonly #sender: RTCRtpSender;
  readonly #receiver: RTCRtpReceiver;

  static {
    createTransceiver = (state, encodings) => new RTCRtpTransceiver(internally, state, encodings);
    stateOfTransceiver = (transceiver) => transceiver.#state;
  }

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    const [, state, encodings] = internal as [symbol, TransceiverState, RTCRtpEncodingParameters[]];
    this.#state = state;
    this.#sender = createSender(state, encodings);
    this.#receiver = createReceiver(state);
  }

  get mid(): string | null {
    return this.#state.now.mid;
  }

  get sender(): RTCRtpSender {
    return this.#sender;
  }

  get receiver(): RTCRtpReceiver {
    return this.#receiver;
  }

  /** What the next offer or answer will ask for; `stopped` after `stop()`. */
  get direction(): RTCRtpTransceiverDirection {
    return this.#state.now.direction;
  }

  set direction(value: RTCRtpTransceiverDirection) {
    const text = domString(value, 'direction');
    const direction = directions.find((known) => known === text);
    // Web IDL §3.7.6: an enumeration attribute ignores what is none of its values.
    if (direction === undefined) return;
    const { owner, handle } = this.#state;
    if (this.#state.stopping) throw invalidState('The transceiver is stopped.');
    if (direction === this.direction) return;
    if (direction === 'stopped') throw new TypeError('direction: use stop().');
    native(() => owner.native.transceiverSetDirection(handle, direction));
  }

  /** What was negotiated; null before. */
  get currentDirection(): RTCRtpTransceiverDirection | null {
    const { stopped, currentDirection } = this.#state.now;
    return stopped ? 'stopped' : currentDirection;
  }

  /** Stops sending and receiving at once, and the section with the next negotiation. */
  stop(): void {
    const { owner, handle, stopping } = this.#state;
    if (owner.closed()) throw invalidState('The connection is closed.');
    if (!stopping) native(() => owner.native.transceiverStop(handle));
  }

  /** The codecs to negotiate, the preferred one first; an empty list for the default. */
  setCodecPreferences(preferred: Iterable<RTCRtpCodec>): void {
    requireArguments(arguments.length, 1, 'setCodecPreferences');
    const converted = codecs(preferred, 'codecs').map(nativeCodec);
    const { owner, handle, now } = this.#state;
    native(() => {
      if (owner.closed()) nativeBinding().checkCodecPreferences(now.kind, converted);
      else owner.native.transceiverSetCodecPreferences(handle, converted);
    });
  }
}

defineInterface(RTCRtpTransceiver);
