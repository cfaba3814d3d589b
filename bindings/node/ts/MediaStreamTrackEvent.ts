import { eventArguments } from './event_init';
import { defineInterface } from './interface';
import { MediaStreamTrack } from './MediaStreamTrack';
import { platformObject, required } from './webidl';
import type { MediaStreamTrackEventInit } from './dictionaries';

/** The `addtrack` and `removetrack` events of a stream (mediacapture-streams §4.6). */
export class MediaStreamTrackEvent extends Event {
  readonly #track: MediaStreamTrack;

  constructor(type: string, eventInitDict: MediaStreamTrackEventInit) {
    const { type: name, init, members } = eventArguments(
      [type, eventInitDict].slice(0, arguments.length),
      2,
      'MediaStreamTrackEvent',
    );
    const track = required(members, 'track', platformObject(MediaStreamTrack));
    super(name, init);
    this.#track = track;
  }

  get track(): MediaStreamTrack {
    return this.#track;
  }
}

defineInterface(MediaStreamTrackEvent);
