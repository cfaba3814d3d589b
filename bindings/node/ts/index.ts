/**
 * The W3C's RTCPeerConnection and its companions for Node. Protocol state lives in the native half;
 * the classes here are Web IDL, events and promises. Importing has no side effect.
 *
 * Standards: WebRTC (https://www.w3.org/TR/webrtc/), Web IDL, DOM events.
 */

export { RTCCertificate } from './RTCCertificate';
export { RTCDataChannel } from './RTCDataChannel';
export { RTCDataChannelEvent } from './RTCDataChannelEvent';
export { RTCError } from './RTCError';
export { RTCErrorEvent } from './RTCErrorEvent';
export { RTCIceCandidate } from './RTCIceCandidate';
export { RTCPeerConnection } from './RTCPeerConnection';
export { RTCPeerConnectionIceErrorEvent } from './RTCPeerConnectionIceErrorEvent';
export { RTCPeerConnectionIceEvent } from './RTCPeerConnectionIceEvent';
export { RTCSessionDescription } from './RTCSessionDescription';

export type { RTCDataChannelEventMap } from './RTCDataChannel';
export type { RTCPeerConnectionEventMap } from './RTCPeerConnection';
export type * from './dictionaries';
