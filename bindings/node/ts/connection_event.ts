import { RTCDataChannelEvent } from './RTCDataChannelEvent';
import { RTCIceCandidate } from './RTCIceCandidate';
import { RTCPeerConnectionIceErrorEvent } from './RTCPeerConnectionIceErrorEvent';
import { RTCPeerConnectionIceEvent } from './RTCPeerConnectionIceEvent';
import type { NativeConnectionEvent } from './native';
import type { RTCDataChannel } from './RTCDataChannel';

/** The event that the native half describes; `channel` gives a new channel its object. */
export function connectionEvent(
  event: NativeConnectionEvent,
  channel: (handle: number) => RTCDataChannel,
): Event {
  switch (event.type) {
    case 'icecandidate': {
      const { candidate } = event;
      if (candidate === null) return new RTCPeerConnectionIceEvent(event.type, { candidate });
      return new RTCPeerConnectionIceEvent(event.type, {
        candidate: new RTCIceCandidate(candidate),
        url: candidate.url,
      });
    }
    case 'icecandidateerror': {
      const { type, ...init } = event;
      return new RTCPeerConnectionIceErrorEvent(type, init);
    }
    case 'datachannel':
      return new RTCDataChannelEvent(event.type, { channel: channel(event.channel) });
    default:
      return new Event(event.type);
  }
}
