/** The native half, as the classes here see it. Everything that is protocol happens behind it. */

import type {
  RTCDataChannelState,
  RTCDtlsTransportState,
  RTCErrorDetailType,
  RTCIceConnectionState,
  RTCIceGathererState,
  RTCIceGatheringState,
  RTCIceRole,
  RTCIceTransportState,
  RTCPeerConnectionState,
  RTCRtpTransceiverDirection,
  RTCSctpTransportState,
  RTCSdpType,
  RTCSignalingState,
} from './dictionaries';
import { loadAddon } from './addon';

/** What the native half throws. */
export interface NativeException {
  /** A DOMException name, or `TypeError`. */
  name: string;
  message: string;
  /** Present if the exception is an RTCError. */
  errorDetail?: RTCErrorDetailType;
  sdpLineNumber?: number;
}

export interface NativeDescription {
  type: RTCSdpType;
  sdp: string;
}

export interface NativeIceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

export interface NativeCertificate {
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly fingerprints: { algorithm: string; value: string }[];
}

export interface NativeConfiguration {
  iceServers: NativeIceServer[];
  iceTransportPolicy: string;
  bundlePolicy: string;
  iceCandidatePoolSize: number;
  rill: NativeRillConfiguration;
}

/** What is not of the W3C. */
export interface NativeRillConfiguration {
  hostAddresses: string;
  loopback: string;
  excludedInterfaces: string[];
  external: { address: string; internal?: string }[];
  family: string;
  interfaces: string[];
  /** The first and the last. */
  ports?: [number, number];
  /** `platform`, `anyone` or `roots`. */
  tlsTrust: string;
  /** In DER. */
  tlsRoots: Uint8Array[];
}

export interface NativeCandidateInit {
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
  usernameFragment: string | null;
}

export interface NativeCandidate extends NativeCandidateInit {
  url: string | null;
  relayProtocol: 'udp' | 'tcp' | 'tls' | null;
}

export interface NativeIceParameters {
  usernameFragment: string;
  password: string;
}

export interface NativeIceTransport {
  role: RTCIceRole;
  state: RTCIceTransportState;
  gatheringState: RTCIceGathererState;
  selectedPair: { local: NativeCandidate; remote: NativeCandidate } | null;
  localCandidates: NativeCandidate[];
  /** Without peer-reflexive ones. */
  remoteCandidates: NativeCandidate[];
  localParameters: NativeIceParameters | null;
  remoteParameters: NativeIceParameters | null;
}

export interface NativeDtlsTransport {
  state: RTCDtlsTransportState;
  /** In DER. */
  remoteCertificates: ArrayBuffer[];
}

export interface NativeSctpTransport {
  /** The number of the DTLS transport. */
  transport: number;
  state: RTCSctpTransportState;
  /** Bytes; may be Infinity. */
  maxMessageSize: number;
  maxChannels: number | null;
}

export interface NativeCodecCapability {
  mimeType: string;
  clockRate: number;
  channels: number | null;
  sdpFmtpLine: string | null;
}

export interface NativeCodec extends NativeCodecCapability {
  payloadType: number;
}

export interface NativeTransceiverInit {
  direction: RTCRtpTransceiverDirection;
  /** Ids of streams. */
  streams: string[];
  /** The id of the track to send. */
  track: string | null;
}

export interface NativeTransceiver {
  kind: 'audio' | 'video';
  mid: string | null;
  /** `stopped` from `transceiverStop` on. */
  direction: RTCRtpTransceiverDirection;
  currentDirection: RTCRtpTransceiverDirection | null;
  stopped: boolean;
  senderStreams: string[];
  /** The id of the receiver's track. */
  receiverTrack: string;
  receiverStreams: string[];
  muted: boolean;
  /** The number of the DTLS transport. */
  transport: number | null;
  sendCodecs: NativeCodec[];
  receiveCodecs: NativeCodec[];
  headerExtensions: { id: number; uri: string }[];
}

export interface NativeChannelInit {
  ordered: boolean;
  maxPacketLifeTime: number | null;
  maxRetransmits: number | null;
  protocol: string;
  negotiated: boolean;
  id: number | null;
}

/** What never changes about a channel. */
export interface NativeChannel {
  label: string;
  protocol: string;
  ordered: boolean;
  maxPacketLifeTime: number | null;
  maxRetransmits: number | null;
  negotiated: boolean;
}

export interface NativeChannelError {
  errorDetail: RTCErrorDetailType;
  message: string;
}

export type NativeConnectionEvent =
  | {
      type:
        | 'signalingstatechange'
        | 'icegatheringstatechange'
        | 'iceconnectionstatechange'
        | 'connectionstatechange'
        | 'negotiationneeded';
    }
  | { type: 'icecandidate'; candidate: NativeCandidate | null }
  | {
      type: 'icecandidateerror';
      address: string | null;
      port: number | null;
      url: string;
      errorCode: number;
      errorText: string;
    }
  | { type: 'datachannel'; channel: number };

/** Something came of asking a server; `diagnose()` has what. */
export interface NativeServerEvent {
  type: 'server';
}

export type NativeChannelEvent =
  | { type: 'open' | 'closing' | 'close' | 'bufferedamountlow'; channel: number }
  | { type: 'error'; channel: number; error: NativeChannelError }
  | { type: 'message'; channel: number; data: string | ArrayBuffer };

export type NativeTransportEvent =
  | {
      type:
        | 'icetransportstatechange'
        | 'icetransportgatheringstatechange'
        | 'selectedcandidatepairchange'
        | 'dtlstransportstatechange';
      transport: number;
    }
  | {
      type: 'transporterror';
      transport: number;
      error: { errorDetail: RTCErrorDetailType; receivedAlert: number | null; message: string };
    }
  | { type: 'sctptransportstatechange' };

/** Of the receiver's track, in the order in which a task fires them. */
export type NativeTransceiverEvent =
  | { type: 'mute' | 'ended'; transceiver: number }
  | { type: 'streamremoved' | 'streamadded'; transceiver: number; stream: string };

export interface NativeTrackEvent {
  type: 'track';
  transceiver: number;
  streams: string[];
}

export type NativeEvent =
  | NativeConnectionEvent
  | NativeServerEvent
  | NativeChannelEvent
  | NativeTransportEvent
  | NativeTransceiverEvent
  | NativeTrackEvent;

/** One task in W3C's sense: the events in order, then the operation that it settles. */
export interface NativeTask {
  events: NativeEvent[];
  completed?: number;
}

export interface NativePeerConnection {
  /** To be called once for each call of `wake`; null if there is none after all. */
  pollTask(): NativeTask | null;
  createOffer(iceRestart: boolean): NativeDescription;
  createAnswer(): NativeDescription;
  /** The three below throw, or return the number that `completed` of a task will carry. */
  setLocalDescription(type: RTCSdpType | null, sdp: string | null): number;
  setRemoteDescription(type: RTCSdpType, sdp: string): number;
  addIceCandidate(init: NativeCandidateInit | null): number;
  createDataChannel(label: string, init: NativeChannelInit): number;
  restartIce(): void;
  setConfiguration(configuration: NativeConfiguration): void;
  /** Whether the process stays alive for this connection. */
  setReferenced(referenced: boolean): void;
  /** The length of the operations chain, on which `negotiationneeded` depends. */
  beginOperation(): void;
  endOperation(): void;
  /** JSON; also after `close()`. */
  diagnose(): string;
  close(): void;

  readonly signalingState: RTCSignalingState;
  readonly iceGatheringState: RTCIceGatheringState;
  readonly iceConnectionState: RTCIceConnectionState;
  readonly connectionState: RTCPeerConnectionState;
  readonly canTrickleIceCandidates: boolean | null;
  readonly localDescription: NativeDescription | null;
  readonly currentLocalDescription: NativeDescription | null;
  readonly pendingLocalDescription: NativeDescription | null;
  readonly remoteDescription: NativeDescription | null;
  readonly currentRemoteDescription: NativeDescription | null;
  readonly pendingRemoteDescription: NativeDescription | null;
  /** Bytes; null while nothing is negotiated. */
  sctpMaxMessageSize(): number | null;

  /** Handles, which are never reused, of the set of transceivers as of the last task. */
  transceivers(): number[];
  /** Also for a transceiver that has left the set. */
  transceiver(handle: number): NativeTransceiver | null;
  addTransceiver(kind: 'audio' | 'video', init: NativeTransceiverInit): number;
  /** The handle may be that of a transceiver which has not sent yet. */
  addTrack(kind: 'audio' | 'video', track: string, streams: string[]): number;
  removeTrack(handle: number): void;
  transceiverSetDirection(handle: number, direction: RTCRtpTransceiverDirection): void;
  transceiverStop(handle: number): void;
  transceiverSetCodecPreferences(handle: number, codecs: NativeCodecCapability[]): void;
  transceiverReplaceTrack(handle: number, track: string | null): void;
  transceiverSetStreams(handle: number, streams: string[]): void;

  /** Null when there is no transport of that number any more, as for the one below. */
  iceTransport(id: number): NativeIceTransport | null;
  dtlsTransport(id: number): NativeDtlsTransport | null;
  sctpTransport(): NativeSctpTransport | null;

  /** The dictionaries of a report, with this timestamp; also of a closed connection. */
  stats(timestamp: number): NativeStats[];

  channel(handle: number): NativeChannel | null;
  channelId(handle: number): number | null;
  channelReadyState(handle: number): RTCDataChannelState;
  channelBufferedAmount(handle: number): number;
  channelSend(handle: number, data: string | Uint8Array): void;
  channelClose(handle: number): void;
  /** Nothing more will be asked of the channel. */
  channelForget(handle: number): void;
  channelSetBufferedAmountLowThreshold(handle: number, bytes: number): void;
}

/** A dictionary derived from RTCStats (webrtc-pc §8.4). */
export interface NativeStats {
  id: string;
  timestamp: number;
  type: string;
  [member: string]: unknown;
}

export interface NativeBinding {
  NativePeerConnection: new (
    configuration: NativeConfiguration,
    certificates: NativeCertificate[],
    wake: (caused: boolean) => void,
  ) => NativePeerConnection;
  NativeCertificate: {
    /** An ECDSA P-256 certificate that lives for `lifetime` milliseconds, 365 days at most. */
    generate(lifetime: number): NativeCertificate;
  };
  codecCapabilities(kind: 'audio' | 'video'): NativeCodecCapability[];
  /** Throws what `transceiverSetCodecPreferences` would throw. */
  checkCodecPreferences(kind: 'audio' | 'video', codecs: NativeCodecCapability[]): void;
  /** URIs. */
  headerExtensionCapabilities(kind: 'audio' | 'video'): string[];
}

let factory: () => NativeBinding = loadAddon;
let binding: NativeBinding | undefined;

/** The native half, loaded when the first object needs it: importing the package does nothing. */
export function nativeBinding(): NativeBinding {
  return (binding ??= factory());
}

/** Where the native half comes from; tests of the classes put a hand-made one here. */
export function setNativeFactory(replacement: () => NativeBinding): void {
  factory = replacement;
  binding = undefined;
}
