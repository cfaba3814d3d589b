import { eventArguments } from './event_init';
import { defineInterface } from './interface';
import { MediaStream } from './MediaStream';
import { MediaStreamTrack } from './MediaStreamTrack';
import { RTCRtpReceiver } from './RTCRtpReceiver';
import { RTCRtpTransceiver } from './RTCRtpTransceiver';
import { optional, platformObject, required, sequence } from './webidl';
import type { RTCTrackEventInit } from './dictionaries';

/** The `track` event: the peer has announced media (webrtc-pc §5.7). */
export class RTCTrackEvent extends Event {
  readonly #receiver: RTCRtpReceiver;
  readonly #track: MediaStreamTrack;
  readonly #streams: readonly MediaStream[];
  readonly #transceiver: RTCRtpTransceiver;

  constructor(type: string, eventInitDict: RTCTrackEventInit) {
    const { type: name, init, members } = eventArguments(
      [type, eventInitDict].slice(0, arguments.length),
      2,
      'RTCTrackEvent',
    );
    const receiver = required(members, 'receiver', platformObject(RTCRtpReceiver));
    const streams = optional(members, 'streams', sequence(platformObject(MediaStream)), []);
    const track = required(members, 'track', platformObject(MediaStreamTrack));
    const transceiver = required(members, 'transceiver', platformObject(RTCRtpTransceiver));
    super(name, init);
    this.#receiver = receiver;
    this.#track = track;
    this.#streams = Object.freeze(streams);
    this.#transceiver = transceiver;
  }

  get receiver(): RTCRtpReceiver {
    return this.#receiver;
  }

  get track(): MediaStreamTrack {
    return this.#track;
  }

  /** The streams that the peer says the track is a part of. */
  get streams(): readonly MediaStream[] {
    return this.#streams;
  }

  get transceiver(): RTCRtpTransceiver {
    return this.#transceiver;
  }
}

defineInterface(RTCTrackEvent);
