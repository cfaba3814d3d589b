import { defineInterface, internally, refuseConstruction } from './interface';
import { createTrack } from './MediaStreamTrack';
import { capabilities } from './rtp_capabilities';
import { codecParametersDictionary } from './rtp_parameters';
import { createStatsReport } from './RTCStatsReport';
import { inTask } from './task_loop';
import { double, nullable, promised, requireArguments } from './webidl';
import type {
  RTCRtpCapabilities,
  RTCRtpContributingSource,
  RTCRtpReceiveParameters,
  RTCRtpSynchronizationSource,
} from './dictionaries';
import type { MediaStreamTrack } from './MediaStreamTrack';
import type { RTCDtlsTransport } from './RTCDtlsTransport';
import type { RTCStatsReport } from './RTCStatsReport';
import type { TransceiverState } from './transceiver_state';

/** Milliseconds (webrtc-pc §5.3). */
const LARGEST_JITTER_BUFFER_TARGET = 4000;

/** @internal */
export let createReceiver: (state: TransceiverState) => RTCRtpReceiver;

/** Receives one track (webrtc-pc §5.3). */
export class RTCRtpReceiver {
  readonly #state: TransceiverState;
  readonly #track: MediaStreamTrack;
  #jitterBufferTarget: number | null = null;

  static {
    createReceiver = (state) => new RTCRtpReceiver(internally, state);
  }

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    const state = internal[1] as TransceiverState;
    const { kind, receiverTrack } = state.now;
    this.#state = state;
    this.#track = createTrack(
      { kind, label: `remote ${kind}`, muted: () => state.now.muted },
      receiverTrack,
    );
  }

  get track(): MediaStreamTrack {
    return this.#track;
  }

  get transport(): RTCDtlsTransport | null {
    return this.#state.transport;
  }

  /** Milliseconds of media that the application would like to be held; null without a wish. */
  get jitterBufferTarget(): number | null {
    return this.#jitterBufferTarget;
  }

  set jitterBufferTarget(value: number | null) {
    const target = nullable(double)(value, 'jitterBufferTarget');
    if (target !== null && (target < 0 || target > LARGEST_JITTER_BUFFER_TARGET)) {
      throw new RangeError(
        `jitterBufferTarget: ${target} is not between 0 and ${LARGEST_JITTER_BUFFER_TARGET}.`,
      );
    }
    this.#jitterBufferTarget = target;
  }

  /** What can be negotiated for `audio` or `video`; null for any other kind. */
  static getCapabilities(kind: string): RTCRtpCapabilities | null {
    requireArguments(arguments.length, 1, 'getCapabilities');
    return capabilities(kind);
  }

  getParameters(): RTCRtpReceiveParameters {
    const { receiveCodecs, headerExtensions } = this.#state.now;
    return {
      codecs: receiveCodecs.map(codecParametersDictionary),
      headerExtensions: headerExtensions.map(({ id, uri }) => ({ uri, id, encrypted: false })),
      rtcp: { reducedSize: false },
    };
  }

  /** Empty: no media arrives yet. */
  getContributingSources(): RTCRtpContributingSource[] {
    // A receiver of another class throws.
    void this.#state;
    return [];
  }

  /** Empty: no media arrives yet. */
  getSynchronizationSources(): RTCRtpSynchronizationSource[] {
    void this.#state;
    return [];
  }

  /** Empty: no media arrives yet. */
  getStats(): Promise<RTCStatsReport> {
    return promised(() => {
      void this.#state;
      return inTask(() => createStatsReport([]));
    });
  }
}

defineInterface(RTCRtpReceiver);
