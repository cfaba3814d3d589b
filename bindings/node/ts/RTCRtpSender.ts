import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { invalidState, native } from './exception';
import { defineInterface, internally, refuseConstruction } from './interface';
import { MediaStream } from './MediaStream';
import { MediaStreamTrack } from './MediaStreamTrack';
import { capabilities } from './rtp_capabilities';
import { codecParametersDictionary, sendParameters } from './rtp_parameters';
import { createStatsReport } from './RTCStatsReport';
import { changedEncodings } from './send_encodings';
import { inTask } from './task_loop';
import { dictionary, nullable, platformObject, promised, requireArguments } from './webidl';
import type {
  RTCRtpCapabilities,
  RTCRtpEncodingParameters,
  RTCRtpSendParameters,
  RTCSetParameterOptions,
} from './dictionaries';
import type { RTCDtlsTransport } from './RTCDtlsTransport';
import type { RTCStatsReport } from './RTCStatsReport';
import type { TransceiverState } from './transceiver_state';

const mediaStream = platformObject(MediaStream);
const trackOrNull = nullable(platformObject(MediaStreamTrack));

/** @internal */
export let createSender: (
  state: TransceiverState,
  encodings: RTCRtpEncodingParameters[],
) => RTCRtpSender;
/** @internal Sets `[[SenderTrack]]`, which the native half has been told. */
export let setSenderTrack: (sender: RTCRtpSender, track: MediaStreamTrack | null) => void;
/** @internal */
export let stateOfSender: (sender: RTCRtpSender) => TransceiverState;

/** Sends one track (webrtc-pc §5.2). */
export class RTCRtpSender {
  readonly #state: TransceiverState;
  #track: MediaStreamTrack | null = null;
  #encodings: RTCRtpEncodingParameters[];
  /** `[[LastReturnedParameters]]`: what `setParameters` is compared with, for the rest of a task. */
  #lastReturned: RTCRtpSendParameters | null = null;

  static {
    createSender = (state, encodings) => new RTCRtpSender(internally, state, encodings);
    setSenderTrack = (sender, track) => {
      sender.#track = track;
    };
    stateOfSender = (sender) => sender.#state;
  }

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    const [, state, encodings] = internal as [symbol, TransceiverState, RTCRtpEncodingParameters[]];
    this.#state = state;
    this.#encodings = encodings;
  }

  get track(): MediaStreamTrack | null {
    return this.#track;
  }

  get transport(): RTCDtlsTransport | null {
    return this.#state.transport;
  }

  /** Null: there is no DTMF yet. */
  get dtmf(): null {
    // A receiver of another class throws.
    void this.#state;
    return null;
  }

  /** What can be negotiated for `audio` or `video`; null for any other kind. */
  static getCapabilities(kind: string): RTCRtpCapabilities | null {
    requireArguments(arguments.length, 1, 'getCapabilities');
    return capabilities(kind);
  }

  /** The parameters, which `setParameters` takes until the end of the current task. */
  getParameters(): RTCRtpSendParameters {
    if (this.#lastReturned === null) {
      const { sendCodecs, headerExtensions } = this.#state.now;
      this.#lastReturned = {
        codecs: sendCodecs.map(codecParametersDictionary),
        headerExtensions: headerExtensions.map(({ id, uri }) => ({ uri, id, encrypted: false })),
        rtcp: { cname: this.#state.owner.cname, reducedSize: false },
        encodings: this.#encodings,
        transactionId: randomUUID(),
      };
      void inTask(() => (this.#lastReturned = null));
    }
    return structuredClone(this.#lastReturned);
  }

  setParameters(
    parameters: RTCRtpSendParameters,
    setParameterOptions: RTCSetParameterOptions = {},
  ): Promise<void> {
    const given = arguments.length;
    return promised(() => {
      requireArguments(given, 1, 'setParameters');
      const converted = sendParameters(parameters, 'parameters');
      dictionary(setParameterOptions, 'setParameterOptions');
      const encodings = this.#validate(converted);
      return inTask(() => {
        this.#lastReturned = null;
        this.#encodings = encodings;
      });
    });
  }

  /** Sends another track of the same kind, or none, without negotiation. */
  replaceTrack(withTrack: MediaStreamTrack | null): Promise<void> {
    const given = arguments.length;
    return promised(() => {
      requireArguments(given, 1, 'replaceTrack');
      const track = trackOrNull(withTrack, 'withTrack');
      const { owner, handle, now } = this.#state;
      if (track !== null && track.kind !== now.kind) {
        throw new TypeError(`replaceTrack: the sender is for ${now.kind}, the track ${track.kind}.`);
      }
      return owner.chain.chain(() => {
        if (this.#state.stopping) throw invalidState('The transceiver is stopped.');
        return inTask(() => {
          if (owner.closed()) return;
          native(() => owner.native.transceiverReplaceTrack(handle, track?.id ?? null));
          this.#track = track;
        });
      });
    });
  }

  /** Says which streams the track is to be a part of at the peer, from the next negotiation on. */
  setStreams(...streams: MediaStream[]): void {
    const ids = streams.map((stream, index) => mediaStream(stream, `streams[${index}]`).id);
    const { owner, handle } = this.#state;
    if (owner.closed()) throw invalidState('The connection is closed.');
    native(() => owner.native.transceiverSetStreams(handle, [...new Set(ids)]));
  }

  /** Empty: no media flows yet. */
  getStats(): Promise<RTCStatsReport> {
    return promised(() => {
      // A receiver of another class rejects.
      void this.#state;
      return inTask(() => createStatsReport([]));
    });
  }

  /** The "setParameters validation steps". */
  #validate(given: RTCRtpSendParameters): RTCRtpEncodingParameters[] {
    if (this.#state.stopping) throw invalidState('The transceiver is stopped.');
    const last = this.#lastReturned;
    if (last === null) throw invalidState('getParameters() must be called first, in the same task.');
    const readOnly = (parameters: RTCRtpSendParameters): unknown => ({
      ...parameters,
      encodings: parameters.encodings.map(({ rid }) => rid),
    });
    // Encodings that were added, removed or reordered give another list of rids.
    if (!isDeepStrictEqual(readOnly(given), readOnly(last))) {
      throw new DOMException(
        'setParameters: of what getParameters() returned, only the encodings may change, not their number.',
        'InvalidModificationError',
      );
    }
    const { kind } = this.#state.now;
    const { codecs } = given.codecs.length > 0 ? given : (capabilities(kind) as RTCRtpCapabilities);
    return changedEncodings(given.encodings, kind, codecs);
  }
}

defineInterface(RTCRtpSender);
