/** Installs the classes globally, as browsers have them. */

import * as rill from './index';

for (const [name, value] of Object.entries(rill)) {
  // Web IDL §3.7.1: interface objects are not enumerable.
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

// A project that loads TypeScript's DOM library keeps that library's types.
type _RTCCertificate = typeof globalThis extends { onmessage: any } ? {} : rill.RTCCertificate;
type _RTCDataChannel = typeof globalThis extends { onmessage: any } ? {} : rill.RTCDataChannel;
type _RTCDataChannelEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCDataChannelEvent;
type _RTCError = typeof globalThis extends { onmessage: any } ? {} : rill.RTCError;
type _RTCErrorEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCErrorEvent;
type _RTCIceCandidate = typeof globalThis extends { onmessage: any } ? {} : rill.RTCIceCandidate;
type _RTCPeerConnection = typeof globalThis extends { onmessage: any } ? {} : rill.RTCPeerConnection;
type _RTCPeerConnectionIceErrorEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCPeerConnectionIceErrorEvent;
type _RTCPeerConnectionIceEvent = typeof globalThis extends { onmessage: any } ? {} : rill.RTCPeerConnectionIceEvent;
type _RTCSessionDescription = typeof globalThis extends { onmessage: any } ? {} : rill.RTCSessionDescription;

declare global {
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
  interface RTCSessionDescription extends _RTCSessionDescription {}
  var RTCSessionDescription: typeof globalThis extends { onmessage: any; RTCSessionDescription: infer T }
    ? T
    : typeof rill.RTCSessionDescription;
}
