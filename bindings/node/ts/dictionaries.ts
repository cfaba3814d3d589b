/**
 * The dictionaries, enumerations and callbacks of webrtc-pc that the classes here use, with the
 * names and shapes they have in TypeScript's DOM library, for projects that do not load it.
 */

import type { RTCCertificate } from './RTCCertificate';
import type { RTCDataChannel } from './RTCDataChannel';
import type { RTCError } from './RTCError';
import type { RTCIceCandidate } from './RTCIceCandidate';

export type BinaryType = 'arraybuffer' | 'blob';
export type RTCBundlePolicy = 'balanced' | 'max-bundle' | 'max-compat';
export type RTCDataChannelState = 'closed' | 'closing' | 'connecting' | 'open';
export type RTCErrorDetailType =
  | 'data-channel-failure'
  | 'dtls-failure'
  | 'fingerprint-failure'
  | 'hardware-encoder-error'
  | 'hardware-encoder-not-available'
  | 'sctp-failure'
  | 'sdp-syntax-error';
export type RTCIceCandidateType = 'host' | 'prflx' | 'relay' | 'srflx';
export type RTCIceComponent = 'rtcp' | 'rtp';
export type RTCIceConnectionState =
  | 'checking'
  | 'closed'
  | 'completed'
  | 'connected'
  | 'disconnected'
  | 'failed'
  | 'new';
export type RTCIceGatheringState = 'complete' | 'gathering' | 'new';
export type RTCIceProtocol = 'tcp' | 'udp';
export type RTCIceServerTransportProtocol = 'tcp' | 'tls' | 'udp';
export type RTCIceTcpCandidateType = 'active' | 'passive' | 'so';
export type RTCIceTransportPolicy = 'all' | 'relay';
export type RTCPeerConnectionState =
  | 'closed'
  | 'connected'
  | 'connecting'
  | 'disconnected'
  | 'failed'
  | 'new';
export type RTCRtcpMuxPolicy = 'require';
export type RTCSdpType = 'answer' | 'offer' | 'pranswer' | 'rollback';
export type RTCSignalingState =
  | 'closed'
  | 'have-local-offer'
  | 'have-local-pranswer'
  | 'have-remote-offer'
  | 'have-remote-pranswer'
  | 'stable';

export interface RTCConfiguration {
  bundlePolicy?: RTCBundlePolicy;
  certificates?: RTCCertificate[];
  iceCandidatePoolSize?: number;
  iceServers?: RTCIceServer[];
  iceTransportPolicy?: RTCIceTransportPolicy;
  rtcpMuxPolicy?: RTCRtcpMuxPolicy;
}

export interface RTCIceServer {
  credential?: string;
  urls: string | string[];
  username?: string;
}

export interface RTCOfferAnswerOptions {}

export interface RTCOfferOptions extends RTCOfferAnswerOptions {
  iceRestart?: boolean;
  offerToReceiveAudio?: boolean;
  offerToReceiveVideo?: boolean;
}

export interface RTCAnswerOptions extends RTCOfferAnswerOptions {}

export interface RTCSessionDescriptionInit {
  sdp?: string;
  type: RTCSdpType;
}

export interface RTCLocalSessionDescriptionInit {
  sdp?: string;
  type?: RTCSdpType;
}

export interface RTCIceCandidateInit {
  candidate?: string;
  sdpMLineIndex?: number | null;
  sdpMid?: string | null;
  usernameFragment?: string | null;
}

export interface RTCLocalIceCandidateInit extends RTCIceCandidateInit {
  relayProtocol?: RTCIceServerTransportProtocol | null;
  url?: string | null;
}

export interface RTCDataChannelInit {
  id?: number;
  maxPacketLifeTime?: number;
  maxRetransmits?: number;
  negotiated?: boolean;
  ordered?: boolean;
  protocol?: string;
}

export interface RTCDtlsFingerprint {
  algorithm?: string;
  value?: string;
}

export interface RTCErrorInit {
  errorDetail: RTCErrorDetailType;
  receivedAlert?: number;
  sctpCauseCode?: number;
  sdpLineNumber?: number;
  sentAlert?: number;
}

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

export interface RTCDataChannelEventInit extends EventInit {
  channel: RTCDataChannel;
}

export interface RTCErrorEventInit extends EventInit {
  error: RTCError;
}

export interface RTCPeerConnectionIceEventInit extends EventInit {
  candidate?: RTCIceCandidate | null;
  url?: string | null;
}

export interface RTCPeerConnectionIceErrorEventInit extends EventInit {
  address?: string | null;
  errorCode: number;
  errorText?: string;
  port?: number | null;
  url?: string;
}

export type RTCPeerConnectionErrorCallback = (error: DOMException) => void;
export type RTCSessionDescriptionCallback = (description: RTCSessionDescriptionInit) => void;
export type VoidFunction = () => void;

/** As in Web Cryptography; only the members of key generation that are read here. */
export type AlgorithmIdentifier = string | KeygenAlgorithm;

export interface KeygenAlgorithm {
  name: string;
  namedCurve?: string;
  /** Milliseconds from now (RTCCertificateExpiration). */
  expires?: number;
}

/** What `addEventListener` takes. */
export type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

/** How `addEventListener` takes it. */
export interface AddEventListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}
