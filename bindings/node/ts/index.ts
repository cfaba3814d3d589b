/**
 * The W3C's RTCPeerConnection and its companions for Node. Protocol state lives in the native half;
 * the classes here are Web IDL, events and promises. Importing has no side effect.
 *
 * Standards: WebRTC (https://www.w3.org/TR/webrtc/), Web IDL, DOM events.
 */

export { MediaStream } from './MediaStream';
export { MediaStreamTrack } from './MediaStreamTrack';
export { MediaStreamTrackEvent } from './MediaStreamTrackEvent';
export { RTCCertificate } from './RTCCertificate';
export { RTCDataChannel } from './RTCDataChannel';
export { RTCDataChannelEvent } from './RTCDataChannelEvent';
export { RTCDtlsTransport } from './RTCDtlsTransport';
export { RTCError } from './RTCError';
export { RTCErrorEvent } from './RTCErrorEvent';
export { RTCIceCandidate } from './RTCIceCandidate';
export { RTCIceCandidatePair } from './RTCIceCandidatePair';
export { RTCIceTransport } from './RTCIceTransport';
export { RTCPeerConnection } from './RTCPeerConnection';
export { RTCPeerConnectionIceErrorEvent } from './RTCPeerConnectionIceErrorEvent';
export { RTCPeerConnectionIceEvent } from './RTCPeerConnectionIceEvent';
export { RTCRtpReceiver } from './RTCRtpReceiver';
export { RTCRtpSender } from './RTCRtpSender';
export { RTCRtpTransceiver } from './RTCRtpTransceiver';
export { RTCSctpTransport } from './RTCSctpTransport';
export { RTCSessionDescription } from './RTCSessionDescription';
export { RTCStatsReport } from './RTCStatsReport';
export { RTCTrackEvent } from './RTCTrackEvent';

export type { RTCDiagnosis } from './diagnosis';
export type {
  RTCGatheringOutcome,
  RTCGatheringResult,
  RTCGatheringServer,
  RTCGatheringServerOutcome,
  RTCGatheringWait,
  RTCGoodEnough,
  RTCRefusedPeer,
} from './gathering';
export type { MediaStreamEventMap } from './MediaStream';
export type { MediaStreamTrackEventMap } from './MediaStreamTrack';
export type { RTCDataChannelEventMap } from './RTCDataChannel';
export type { RTCDtlsTransportEventMap } from './RTCDtlsTransport';
export type { RTCIceTransportEventMap } from './RTCIceTransport';
export type { RTCPeerConnectionEventMap } from './RTCPeerConnection';
export type { RTCSctpTransportEventMap } from './RTCSctpTransport';
export type {
  RillConfiguration,
  RillHostAddresses,
  RillLoopback,
} from './rill_configuration';
export type { RillExternalAddress, RillFamily, RillPortRange, RillReach } from './reach';
export type { RillCertificates, RillTlsRoots, RillTlsTrust } from './tls_trust';
export type * from './dictionaries';
