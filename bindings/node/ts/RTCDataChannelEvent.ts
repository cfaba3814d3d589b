import { eventArguments } from './event_init';
import { defineInterface } from './interface';
import { RTCDataChannel } from './RTCDataChannel';
import { platformObject, required } from './webidl';
import type { RTCDataChannelEventInit } from './dictionaries';

/** The `datachannel` event: the peer opened a channel (webrtc-pc §6.3). */
export class RTCDataChannelEvent extends Event {
  readonly #channel: RTCDataChannel;

  constructor(type: string, eventInitDict: RTCDataChannelEventInit) {
    const { type: name, init, members } = eventArguments(
      [type, eventInitDict].slice(0, arguments.length),
      2,
      'RTCDataChannelEvent',
    );
    const channel = required(members, 'channel', platformObject(RTCDataChannel));
    super(name, init);
    this.#channel = channel;
  }

  get channel(): RTCDataChannel {
    return this.#channel;
  }
}

defineInterface(RTCDataChannelEvent);
