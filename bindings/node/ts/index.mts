/** The same classes for `import`; they are one set, whichever way a program loads them. */

export {
  RTCCertificate,
  RTCDataChannel,
  RTCDataChannelEvent,
  RTCError,
  RTCErrorEvent,
  RTCIceCandidate,
  RTCPeerConnection,
  RTCPeerConnectionIceErrorEvent,
  RTCPeerConnectionIceEvent,
  RTCSessionDescription,
} from './index.js';

export type * from './index.js';
