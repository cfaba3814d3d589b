/** Installs the classes globally, as browsers have them. */

import * as rill from './index';

for (const [name, value] of Object.entries(rill)) {
  // Web IDL §3.7.1: interface objects are not enumerable.
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

// A project that loads TypeScript's DOM library keeps that library's types.
type _MediaStream = typeof globalThis extends { onmessage: any } ? {} : rill.MediaStream;
type _MediaStreamTrack = typeof globalThis extends { onmessage: any } ? {} : rill.MediaStreamTrack;
type _MediaStreamTrackEvent = typeof globalThis extends { onmessage: any } ? {} : rill.MediaStreamTrackEvent;
type _RTCCertificate = typeof globalThis extends { onmessage: any } ? {} : rill.RTCCertificate;
type _RTCDataChannel = typeof globalThis extends { onmessage: any } ? {} : rill.RTCDataChannel;
type _RTCDataChannelEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCDataChannelEvent;
type _RTCDtlsTransport = typeof globalThis extends { onmessage: any } ? {} : rill.RTCDtlsTransport;
type _RTCError = typeof globalThis extends { onmessage: any } ? {} : rill.RTCError;
type _RTCErrorEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCErrorEvent;
type _RTCIceCandidate = typeof globalThis extends { onmessage: any } ? {} : rill.RTCIceCandidate;
type _RTCIceCandidatePair = typeof globalThis extends { onmessage: any } ? {} : rill.RTCIceCandidatePair;
type _RTCIceTransport = typeof globalThis extends { onmessage: any } ? {} : rill.RTCIceTransport;
type _RTCPeerConnection = typeof globalThis extends { onmessage: any } ? {} : rill.RTCPeerConnection;
type _RTCPeerConnectionIceErrorEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCPeerConnectionIceErrorEvent;
type _RTCPeerConnectionIceEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCPeerConnectionIceEvent;
type _RTCRtpReceiver = typeof globalThis extends { onmessage: any } ? {} : rill.RTCRtpReceiver;
type _RTCRtpSender = typeof globalThis extends { onmessage: any } ? {} : rill.RTCRtpSender;
type _RTCRtpTransceiver = typeof globalThis extends { onmessage: any } ? {} : rill.RTCRtpTransceiver;
type _RTCSctpTransport = typeof globalThis extends { onmessage: any } ? {} : rill.RTCSctpTransport;
type _RTCSessionDescription = typeof globalThis extends { onmessage: any } ? {} : rill.RTCSessionDescription;
type _RTCStatsReport = typeof globalThis extends { onmessage: any } ? {} : rill.RTCStatsReport;
type _RTCTrackEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCTrackEvent;

declare global {
  interface MediaStream extends _MediaStream {}
  var MediaStream: typeof globalThis extends { onmessage: any; MediaStream: infer T }
    ? T
    : typeof rill.MediaStream;
  interface MediaStreamTrack extends _MediaStreamTrack {}
  var MediaStreamTrack: typeof globalThis extends { onmessage: any; MediaStreamTrack: infer T }
    ? T
    : typeof rill.MediaStreamTrack;
  interface MediaStreamTrackEvent extends _MediaStreamTrackEvent {}
  var MediaStreamTrackEvent: typeof globalThis extends { onmessage: any; MediaStreamTrackEvent: infer T }
    ? T
    : typeof rill.MediaStreamTrackEvent;
  interface RTCCertificate extends _RTCCertificate {}
  var RTCCertificate: typeof globalThis extends { onmessage: any; RTCCertificate: infer T }
    ? T
    : typeof rill.RTCCertificate;
  interface RTCDataChannel extends _RTCDataChannel {}
  var RTCDataChannel: typeof globalThis extends { onmessage: any; RTCDataChannel: infer T }
    ? T
    : typeof rill.RTCDataChannel;
  interface RTCDataChannelEvent extends _RTCDataChannelEvent {}
  var RTCDataChannelEvent: typeof globalThis extends { onmessage: any; RTCDataChannelEvent: infer T }
    ? T
    : typeof rill.RTCDataChannelEvent;
  interface RTCDtlsTransport extends _RTCDtlsTransport {}
  var RTCDtlsTransport: typeof globalThis extends { onmessage: any; RTCDtlsTransport: infer T }
    ? T
    : typeof rill.RTCDtlsTransport;
  interface RTCError extends _RTCError {}
  var RTCError: typeof globalThis extends { onmessage: any; RTCError: infer T }
    ? T
    : typeof rill.RTCError;
  interface RTCErrorEvent extends _RTCErrorEvent {}
  var RTCErrorEvent: typeof globalThis extends { onmessage: any; RTCErrorEvent: infer T }
    ? T
    : typeof rill.RTCErrorEvent;
  interface RTCIceCandidate extends _RTCIceCandidate {}
  var RTCIceCandidate: typeof globalThis extends { onmessage: any; RTCIceCandidate: infer T }
    ? T
    : typeof rill.RTCIceCandidate;
  interface RTCIceCandidatePair extends _RTCIceCandidatePair {}
  // The library knows only its type.
  var RTCIceCandidatePair: typeof rill.RTCIceCandidatePair;
  interface RTCIceTransport extends _RTCIceTransport {}
  var RTCIceTransport: typeof globalThis extends { onmessage: any; RTCIceTransport: infer T }
    ? T
    : typeof rill.RTCIceTransport;
  interface RTCPeerConnection extends _RTCPeerConnection {}
  var RTCPeerConnection: typeof globalThis extends { onmessage: any; RTCPeerConnection: infer T }
    ? T
    : typeof rill.RTCPeerConnection;
  interface RTCPeerConnectionIceErrorEvent extends _RTCPeerConnectionIceErrorEvent {}
  var RTCPeerConnectionIceErrorEvent: typeof globalThis extends { onmessage: any; RTCPeerConnectionIceErrorEvent: infer T }
    ? T
    : typeof rill.RTCPeerConnectionIceErrorEvent;
  interface RTCPeerConnectionIceEvent extends _RTCPeerConnectionIceEvent {}
  var RTCPeerConnectionIceEvent: typeof globalThis extends { onmessage: any; RTCPeerConnectionIceEvent: infer T }
    ? T
    : typeof rill.RTCPeerConnectionIceEvent;
  interface RTCRtpReceiver extends _RTCRtpReceiver {}
  var RTCRtpReceiver: typeof globalThis extends { onmessage: any; RTCRtpReceiver: infer T }
    ? T
    : typeof rill.RTCRtpReceiver;
  interface RTCRtpSender extends _RTCRtpSender {}
  var RTCRtpSender: typeof globalThis extends { onmessage: any; RTCRtpSender: infer T }
    ? T
    : typeof rill.RTCRtpSender;
  interface RTCRtpTransceiver extends _RTCRtpTransceiver {}
  var RTCRtpTransceiver: typeof globalThis extends { onmessage: any; RTCRtpTransceiver: infer T }
    ? T
    : typeof rill.RTCRtpTransceiver;
  interface RTCSctpTransport extends _RTCSctpTransport {}
  var RTCSctpTransport: typeof globalThis extends { onmessage: any; RTCSctpTransport: infer T }
    ? T
    : typeof rill.RTCSctpTransport;
  interface RTCSessionDescription extends _RTCSessionDescription {}
  var RTCSessionDescription: typeof globalThis extends { onmessage: any; RTCSessionDescription: infer T }
    ? T
    : typeof rill.RTCSessionDescription;
  interface RTCStatsReport extends _RTCStatsReport {}
  var RTCStatsReport: typeof globalThis extends { onmessage: any; RTCStatsReport: infer T }
    ? T
    : typeof rill.RTCStatsReport;
  interface RTCTrackEvent extends _RTCTrackEvent {}
  var RTCTrackEvent: typeof globalThis extends { onmessage: any; RTCTrackEvent: infer T }
    ? T
    : typeof rill.RTCTrackEvent;
}
