/**
 * The dictionaries, enumerations and callbacks of webrtc-pc that the classes here use, with the
 * names and shapes they have in TypeScript's DOM library, for projects that do not load it.
 */

import type { MediaStream } from './MediaStream';
import type { MediaStreamTrack } from './MediaStreamTrack';
import type { RTCCertificate } from './RTCCertificate';
import type { RTCDataChannel } from './RTCDataChannel';
import type { RTCError } from './RTCError';
import type { RTCIceCandidate } from './RTCIceCandidate';
import type { RTCRtpReceiver } from './RTCRtpReceiver';
import type { RTCRtpTransceiver } from './RTCRtpTransceiver';
import type { RillConfiguration } from './rill_configuration';

export type BinaryType = 'arraybuffer' | 'blob';
export type MediaStreamTrackState = 'ended' | 'live';
export type RTCBundlePolicy = 'balanced' | 'max-bundle' | 'max-compat';
export type RTCDataChannelState = 'closed' | 'closing' | 'connecting' | 'open';
export type RTCDtlsTransportState = 'closed' | 'connected' | 'connecting' | 'failed' | 'new';
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
export type RTCIceGathererState = 'complete' | 'gathering' | 'new';
export type RTCIceGatheringState = 'complete' | 'gathering' | 'new';
export type RTCIceProtocol = 'tcp' | 'udp';
export type RTCIceRole = 'controlled' | 'controlling' | 'unknown';
export type RTCIceServerTransportProtocol = 'tcp' | 'tls' | 'udp';
export type RTCIceTcpCandidateType = 'active' | 'passive' | 'so';
export type RTCIceTransportPolicy = 'all' | 'relay';
export type RTCIceTransportState =
  | 'checking'
  | 'closed'
  | 'completed'
  | 'connected'
  | 'disconnected'
  | 'failed'
  | 'new';
export type RTCPeerConnectionState =
  | 'closed'
  | 'connected'
  | 'connecting'
  | 'disconnected'
  | 'failed'
  | 'new';
export type RTCRtcpMuxPolicy = 'require';
export type RTCRtpTransceiverDirection =
  | 'inactive'
  | 'recvonly'
  | 'sendonly'
  | 'sendrecv'
  | 'stopped';
export type RTCSctpTransportState = 'closed' | 'connected' | 'connecting';
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
  /** What is not of the W3C. */
  rill?: RillConfiguration;
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

export interface RTCIceParameters {
  password?: string;
  usernameFragment?: string;
}

export interface RTCRtpCodec {
  channels?: number;
  clockRate: number;
  mimeType: string;
  sdpFmtpLine?: string;
}

export interface RTCRtpCodecParameters extends RTCRtpCodec {
  payloadType: number;
}

export interface RTCRtpHeaderExtensionCapability {
  uri: string;
}

export interface RTCRtpCapabilities {
  codecs: RTCRtpCodec[];
  headerExtensions: RTCRtpHeaderExtensionCapability[];
}

export interface RTCRtpHeaderExtensionParameters {
  encrypted?: boolean;
  id: number;
  uri: string;
}

export interface RTCRtcpParameters {
  cname?: string;
  reducedSize?: boolean;
}

export interface RTCRtpParameters {
  codecs: RTCRtpCodecParameters[];
  headerExtensions: RTCRtpHeaderExtensionParameters[];
  rtcp: RTCRtcpParameters;
}

export interface RTCRtpReceiveParameters extends RTCRtpParameters {}

export interface RTCRtpCodingParameters {
  rid?: string;
}

export interface RTCRtpEncodingParameters extends RTCRtpCodingParameters {
  active?: boolean;
  codec?: RTCRtpCodec;
  maxBitrate?: number;
  maxFramerate?: number;
  scaleResolutionDownBy?: number;
}

export interface RTCRtpSendParameters extends RTCRtpParameters {
  encodings: RTCRtpEncodingParameters[];
  transactionId: string;
}

export interface RTCSetParameterOptions {}

export interface RTCRtpTransceiverInit {
  direction?: RTCRtpTransceiverDirection;
  sendEncodings?: RTCRtpEncodingParameters[];
  streams?: MediaStream[];
}

export interface RTCRtpContributingSource {
  audioLevel?: number;
  rtpTimestamp: number;
  source: number;
  timestamp: number;
}

export interface RTCRtpSynchronizationSource extends RTCRtpContributingSource {}

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

export interface MediaStreamTrackEventInit extends EventInit {
  track: MediaStreamTrack;
}

export interface RTCTrackEventInit extends EventInit {
  receiver: RTCRtpReceiver;
  streams?: MediaStream[];
  track: MediaStreamTrack;
  transceiver: RTCRtpTransceiver;
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
