import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  convertConfiguration,
  copyConfiguration,
  nativeConfiguration,
  requireModifiable,
  requireValidCertificates,
} from './configuration';
import { connectionEvent } from './connection_event';
import { channelInit } from './data_channel_init';
import { DescriptionSlots } from './description_slots';
import { defineEventHandlers } from './event_handler';
import { invalidState, native } from './exception';
import { GatheringWaits, askedServers, gatheringWait } from './gathering';
import { validateIceServer } from './ice_server';
import { defineInterface } from './interface';
import { LegacyCallbacks, refuseTwoArguments } from './legacy_callbacks';
import { setLive } from './live_connections';
import { MediaStream } from './MediaStream';
import { MediaStreamTrack } from './MediaStreamTrack';
import { nativeBinding } from './native';
import { offerOptions } from './offer_options';
import { OperationsChain } from './operations_chain';
import { certificateGenerator, nativeCertificate } from './RTCCertificate';
import { closeAbruptly, createChannel, dispatchToChannel } from './RTCDataChannel';
import { iceCandidateInit } from './RTCIceCandidate';
import { RTCRtpSender } from './RTCRtpSender';
import { sdpType, sessionDescriptionInit } from './RTCSessionDescription';
import { createStatsReport } from './RTCStatsReport';
import { TaskLoop, inTask } from './task_loop';
import { Transceivers, transceiverInit } from './transceivers';
import { Transports } from './transports';
import {
  dictionary,
  domString,
  nullable,
  optional,
  platformObject,
  promised,
  requireArguments,
  usvString,
} from './webidl';
import type { Configuration } from './configuration';
import type { RTCDiagnosis } from './diagnosis';
import type {
  AddEventListenerOptions,
  AlgorithmIdentifier,
  Listener,
  RTCAnswerOptions,
  RTCConfiguration,
  RTCDataChannelInit,
  RTCIceCandidateInit,
  RTCIceConnectionState,
  RTCIceGatheringState,
  RTCLocalSessionDescriptionInit,
  RTCOfferOptions,
  RTCPeerConnectionErrorCallback,
  RTCPeerConnectionState,
  RTCRtpTransceiverInit,
  RTCSessionDescriptionCallback,
  RTCSessionDescriptionInit,
  RTCSignalingState,
  VoidFunction,
} from './dictionaries';
import type { RTCGatheringResult, RTCGatheringWait } from './gathering';
import type {
  NativeConnectionEvent,
  NativeDescription,
  NativeEvent,
  NativePeerConnection,
} from './native';
import type { RTCCertificate } from './RTCCertificate';
import type { RTCDataChannel } from './RTCDataChannel';
import type { RTCDataChannelEvent } from './RTCDataChannelEvent';
import type { RTCPeerConnectionIceErrorEvent } from './RTCPeerConnectionIceErrorEvent';
import type { RTCPeerConnectionIceEvent } from './RTCPeerConnectionIceEvent';
import type { RTCRtpReceiver } from './RTCRtpReceiver';
import type { RTCRtpTransceiver } from './RTCRtpTransceiver';
import type { RTCSctpTransport } from './RTCSctpTransport';
import type { RTCSessionDescription } from './RTCSessionDescription';
import type { RTCStatsReport } from './RTCStatsReport';
import type { RTCTrackEvent } from './RTCTrackEvent';

const mediaStream = platformObject(MediaStream);
const mediaStreamTrack = platformObject(MediaStreamTrack);
const trackOrNull = nullable(mediaStreamTrack);
const rtpSender = platformObject(RTCRtpSender);

const events = [
  'negotiationneeded',
  'icecandidate',
  'icecandidateerror',
  'signalingstatechange',
  'iceconnectionstatechange',
  'icegatheringstatechange',
  'connectionstatechange',
  'datachannel',
  'track',
] as const;

export interface RTCPeerConnectionEventMap {
  connectionstatechange: Event;
  datachannel: RTCDataChannelEvent;
  icecandidate: RTCPeerConnectionIceEvent;
  icecandidateerror: RTCPeerConnectionIceErrorEvent;
  iceconnectionstatechange: Event;
  icegatheringstatechange: Event;
  negotiationneeded: Event;
  signalingstatechange: Event;
  track: RTCTrackEvent;
}

/** A W3C peer connection (webrtc-pc §4.4). */
export class RTCPeerConnection extends EventTarget {
  readonly #native: NativePeerConnection;
  readonly #loop = new TaskLoop(() => this.#runTask());
  readonly #chain = new OperationsChain({
    closed: () => this.#closed,
    began: () => {
      this.#native.beginOperation();
      this.#updateLive();
    },
    ended: () => {
      this.#native.endOperation();
      this.#updateLive();
    },
  });
  /** What resolves the operations that a task will complete, by number. */
  readonly #resolvers = new Map<number, () => void>();
  readonly #channels = new Map<number, RTCDataChannel>();
  readonly #transports: Transports;
  readonly #transceivers: Transceivers;
  readonly #local = new DescriptionSlots();
  readonly #remote = new DescriptionSlots();
  readonly #waits = new GatheringWaits({
    state: () => this.#native.iceGatheringState,
    sdp: () => this.#native.localDescription?.sdp ?? '',
    servers: () => askedServers(this.diagnose()),
  });
  #configuration: Configuration;
  #closed = false;
  /** A description was applied or a channel created: events may come at any time. */
  #started = false;
  #localDescriptionWasSet = false;

  declare onnegotiationneeded: ((ev: Event) => any) | null;
  declare onicecandidate: ((ev: RTCPeerConnectionIceEvent) => any) | null;
  declare onicecandidateerror: ((ev: RTCPeerConnectionIceErrorEvent) => any) | null;
  declare onsignalingstatechange: ((ev: Event) => any) | null;
  declare oniceconnectionstatechange: ((ev: Event) => any) | null;
  declare onicegatheringstatechange: ((ev: Event) => any) | null;
  declare onconnectionstatechange: ((ev: Event) => any) | null;
  declare ondatachannel: ((ev: RTCDataChannelEvent) => any) | null;
  declare ontrack: ((ev: RTCTrackEvent) => any) | null;

  constructor(configuration: RTCConfiguration = {}) {
    super();
    const converted = convertConfiguration(configuration);
    requireValidCertificates(converted);
    converted.iceServers.forEach(validateIceServer);
    this.#configuration = converted;
    const { NativePeerConnection } = nativeBinding();
    const certificates = converted.certificates.map(nativeCertificate);
    const wake = weakWake(this.#loop);
    this.#native = native(
      () => new NativePeerConnection(nativeConfiguration(converted), certificates, wake),
    );
    const transports = new Transports(this.#native);
    this.#transports = transports;
    this.#transceivers = new Transceivers({
      native: this.#native,
      chain: this.#chain,
      cname: randomUUID(),
      closed: () => this.#closed,
      dtls: (id) => transports.dtls(id),
    });
    // Node warns at the eleventh listener; a page may have any number.
    setMaxListeners(0, this);
  }

  /**
   * Makes a certificate for `RTCConfiguration.certificates`. ECDSA on P-256 is supported; anything
   * else rejects with NotSupportedError.
   */
  static generateCertificate(keygenAlgorithm: AlgorithmIdentifier): Promise<RTCCertificate> {
    const given = arguments.length;
    return promised(() => {
      requireArguments(given, 1, 'generateCertificate');
      return inTask(certificateGenerator(keygenAlgorithm));
    });
  }

  get signalingState(): RTCSignalingState {
    return this.#native.signalingState;
  }

  get iceGatheringState(): RTCIceGatheringState {
    return this.#native.iceGatheringState;
  }

  get iceConnectionState(): RTCIceConnectionState {
    return this.#native.iceConnectionState;
  }

  get connectionState(): RTCPeerConnectionState {
    return this.#native.connectionState;
  }

  /** Whether the peer takes candidates one by one; null until a remote description is applied. */
  get canTrickleIceCandidates(): boolean | null {
    return this.#native.canTrickleIceCandidates;
  }

  get localDescription(): RTCSessionDescription | null {
    return this.#local.object(this.#native.localDescription);
  }

  get currentLocalDescription(): RTCSessionDescription | null {
    return this.#local.object(this.#native.currentLocalDescription);
  }

  get pendingLocalDescription(): RTCSessionDescription | null {
    return this.#local.object(this.#native.pendingLocalDescription);
  }

  get remoteDescription(): RTCSessionDescription | null {
    return this.#remote.object(this.#native.remoteDescription);
  }

  get currentRemoteDescription(): RTCSessionDescription | null {
    return this.#remote.object(this.#native.currentRemoteDescription);
  }

  get pendingRemoteDescription(): RTCSessionDescription | null {
    return this.#remote.object(this.#native.pendingRemoteDescription);
  }

  /** The association of the data channels; null while there is none. */
  get sctp(): RTCSctpTransport | null {
    return this.#transports.sctp;
  }

  createOffer(options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit>;
  createOffer(
    successCallback: RTCSessionDescriptionCallback,
    failureCallback: RTCPeerConnectionErrorCallback,
    options?: RTCOfferOptions,
  ): Promise<void>;
  createOffer(...args: unknown[]): Promise<any> {
    return promised<any>(() => {
      if (args.length < 2) return this.#createOffer(args[0]);
      const callbacks = new LegacyCallbacks(args[0], args[1]);
      return callbacks.settleWith(this.#createOffer(args[2]));
    });
  }

  createAnswer(options?: RTCAnswerOptions): Promise<RTCSessionDescriptionInit>;
  createAnswer(
    successCallback: RTCSessionDescriptionCallback,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  createAnswer(...args: unknown[]): Promise<any> {
    return promised<any>(() => {
      if (args.length < 2) return this.#createAnswer(args[0]);
      const callbacks = new LegacyCallbacks(args[0], args[1]);
      return callbacks.settleWith(this.#createAnswer(undefined));
    });
  }

  /** Without an argument, sets what `createOffer` or `createAnswer` would return. */
  setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void>;
  setLocalDescription(
    description: RTCLocalSessionDescriptionInit,
    successCallback: VoidFunction,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  setLocalDescription(...args: unknown[]): Promise<any> {
    return promised<any>(() => {
      refuseTwoArguments(args.length, 'setLocalDescription');
      if (args.length < 2) return this.#setLocalDescription(args[0]);
      const callbacks = new LegacyCallbacks(args[1], args[2]);
      return callbacks.settleWith(this.#setLocalDescription(args[0]));
    });
  }

  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void>;
  setRemoteDescription(
    description: RTCSessionDescriptionInit,
    successCallback: VoidFunction,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  setRemoteDescription(description: unknown, ...args: unknown[]): Promise<any> {
    const given = arguments.length;
    return promised<any>(() => {
      requireArguments(given, 1, 'setRemoteDescription');
      refuseTwoArguments(given, 'setRemoteDescription');
      if (given < 2) return this.#setRemoteDescription(description);
      const callbacks = new LegacyCallbacks(args[0], args[1]);
      return callbacks.settleWith(this.#setRemoteDescription(description));
    });
  }

  /** Without an argument, and with null or an empty candidate, no more candidates will come. */
  addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void>;
  addIceCandidate(
    candidate: RTCIceCandidateInit | null,
    successCallback: VoidFunction,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  addIceCandidate(...args: unknown[]): Promise<any> {
    return promised<any>(() => {
      refuseTwoArguments(args.length, 'addIceCandidate');
      if (args.length < 2) return this.#addIceCandidate(args[0]);
      const callbacks = new LegacyCallbacks(args[1], args[2]);
      return callbacks.settleWith(this.#addIceCandidate(args[0]));
    });
  }

  createDataChannel(label: string, dataChannelDict: RTCDataChannelInit = {}): RTCDataChannel {
    requireArguments(arguments.length, 1, 'createDataChannel');
    const name = usvString(label, 'label');
    const init = channelInit(dataChannelDict);
    this.#requireOpen();
    const handle = native(() => this.#native.createDataChannel(name, init));
    this.#started = true;
    this.#updateLive();
    return this.#createChannel(handle);
  }

  getTransceivers(): RTCRtpTransceiver[] {
    return this.#transceivers.set;
  }

  /** Of transceivers that are not stopped. */
  getSenders(): RTCRtpSender[] {
    return this.#transceivers.notStopped.map(({ sender }) => sender);
  }

  /** Of transceivers that are not stopped. */
  getReceivers(): RTCRtpReceiver[] {
    return this.#transceivers.notStopped.map(({ receiver }) => receiver);
  }

  addTransceiver(
    trackOrKind: MediaStreamTrack | string,
    init: RTCRtpTransceiverInit = {},
  ): RTCRtpTransceiver {
    requireArguments(arguments.length, 1, 'addTransceiver');
    const converted = transceiverInit(trackOrKind, init);
    const { kind, direction } = converted;
    if (kind !== 'audio' && kind !== 'video') {
      throw new TypeError(`addTransceiver: '${kind}' is neither 'audio' nor 'video'.`);
    }
    this.#requireOpen();
    if (direction === 'stopped') throw new TypeError('addTransceiver: the direction is stopped.');
    return this.#transceivers.add(converted, kind);
  }

  /** Sends a track, with a transceiver that has not sent yet or a new one. */
  addTrack(track: MediaStreamTrack, ...streams: MediaStream[]): RTCRtpSender {
    requireArguments(arguments.length, 1, 'addTrack');
    const converted = mediaStreamTrack(track, 'track');
    streams.forEach((stream, index) => mediaStream(stream, `streams[${index}]`));
    this.#requireOpen();
    return this.#transceivers.addTrack(converted, streams);
  }

  removeTrack(sender: RTCRtpSender): void {
    requireArguments(arguments.length, 1, 'removeTrack');
    const converted = rtpSender(sender, 'sender');
    this.#requireOpen();
    this.#transceivers.removeTrack(converted);
  }

  /** The next offer will restart ICE; `negotiationneeded` asks for it. */
  restartIce(): void {
    const peer = this.#native;
    if (!this.#closed) native(() => peer.restartIce());
  }

  /**
   * What is known of the connection, its channels, transports, certificates, candidates and pairs; for a
   * track, what its sender or receiver knows, which is nothing as long as no media flows.
   */
  getStats(selector: MediaStreamTrack | null = null): Promise<RTCStatsReport> {
    return promised(() => {
      const track = trackOrNull(selector, 'selector');
      if (track !== null && !this.#transceivers.isOnly(track)) {
        const message = 'The track is not that of exactly one sender or receiver.';
        throw new DOMException(message, 'InvalidAccessError');
      }
      return inTask(() => {
        const timestamp = performance.timeOrigin + performance.now();
        return createStatsReport(track === null ? this.#native.stats(timestamp) : []);
      });
    });
  }

  /**
   * Why it does not connect, or by what it is connected, at this moment: rill's own, and not of the
   * W3C. May be asked at any time, also after a failure.
   */
  diagnose(): RTCDiagnosis {
    return JSON.parse(this.#native.diagnose()) as RTCDiagnosis;
  }

  /**
   * Waits until the local description has the candidates that are asked for: rill's own, and not of the
   * W3C. Nothing that the network does rejects it, and it ends with the connection. Without a local
   * description there is nothing to gather: give a deadline, or apply one first.
   */
  gatheringComplete(wait: RTCGatheringWait = {}): Promise<RTCGatheringResult> {
    return promised(() => {
      const terms = gatheringWait(wait);
      if (!this.#closed) return this.#waits.begin(terms);
      return Promise.resolve({ outcome: 'closed', servers: [] });
    });
  }

  getConfiguration(): RTCConfiguration {
    return copyConfiguration(this.#configuration);
  }

  /**
   * Servers and policy take effect with the next gathering, which `restartIce` brings about. Of `rill`
   * only `tlsTrust` may change, for the next connections to servers; what is not given stays as it is.
   */
  setConfiguration(configuration: RTCConfiguration = {}): void {
    const converted = convertConfiguration(configuration, this.#configuration);
    this.#requireOpen();
    requireModifiable(this.#configuration, converted, this.#localDescriptionWasSet);
    converted.iceServers.forEach(validateIceServer);
    native(() => this.#native.setConfiguration(nativeConfiguration(converted)));
    this.#configuration = converted;
  }

  /**
   * Ends everything at once; no event fires after it, and no promise settles but those of
   * `gatheringComplete`.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.stop();
    this.#waits.close();
    // Their last state is read before the native half is gone.
    this.#transceivers.close();
    for (const channel of this.#channels.values()) closeAbruptly(channel);
    this.#transports.close();
    this.#native.close();
    this.#channels.clear();
    this.#resolvers.clear();
    this.#updateLive();
  }

  #createOffer(options: unknown): Promise<RTCSessionDescriptionInit> {
    const { iceRestart, receive } = offerOptions(options);
    if (!this.#closed) {
      for (const [kind, wanted] of receive) this.#transceivers.offerToReceive(kind, wanted);
    }
    return this.#describe(['stable', 'have-local-offer'], () => this.#native.createOffer(iceRestart));
  }

  #createAnswer(options: unknown): Promise<RTCSessionDescriptionInit> {
    dictionary(options, 'options');
    return this.#describe(['have-remote-offer', 'have-local-pranswer'], () =>
      this.#native.createAnswer(),
    );
  }

  /** "Create an offer" and "create an answer": the last steps run in a task of their own. */
  #describe(
    states: readonly RTCSignalingState[],
    create: () => NativeDescription,
  ): Promise<RTCSessionDescriptionInit> {
    return this.#chain.chain(() => {
      const state = this.signalingState;
      if (!states.includes(state)) throw invalidState(`The signaling state is ${state}.`);
      return inTask(() => {
        this.#requireOpen();
        const { type, sdp } = native(create);
        return { type, sdp };
      });
    });
  }

  #setLocalDescription(description: unknown): Promise<void> {
    const members = dictionary(description, 'description');
    const sdp = optional(members, 'sdp', domString, '');
    const type = optional(members, 'type', sdpType);
    this.#localDescriptionWasSet = true;
    return this.#apply((connection) =>
      connection.setLocalDescription(type ?? null, sdp === '' ? null : sdp),
    );
  }

  #setRemoteDescription(description: unknown): Promise<void> {
    const { type, sdp } = sessionDescriptionInit(description);
    return this.#apply((connection) => connection.setRemoteDescription(type, sdp));
  }

  #addIceCandidate(candidate: unknown): Promise<void> {
    const init = iceCandidateInit(dictionary(candidate, 'candidate'));
    const unplaced = init.sdpMid === null && init.sdpMLineIndex === null;
    // Checked before the chain, so on a closed connection as well (webrtc-pc §4.4.2).
    if (init.candidate !== '' && unplaced) {
      const wrong = new TypeError('addIceCandidate: sdpMid and sdpMLineIndex are both null.');
      return Promise.reject(wrong);
    }
    const endsEverything = init.candidate === '' && unplaced && init.usernameFragment === null;
    return this.#operation((connection) =>
      connection.addIceCandidate(endsEverything ? null : init),
    );
  }

  /** Chains an operation that a task of the native half completes. */
  #operation(begin: (connection: NativePeerConnection) => number): Promise<void> {
    return this.#chain.chain(
      () =>
        new Promise<void>((resolve) => {
          const operation = native(() => begin(this.#native));
          this.#resolvers.set(operation, resolve);
        }),
    );
  }

  /** An operation that applies a description, from which on events may come. */
  #apply(begin: (connection: NativePeerConnection) => number): Promise<void> {
    return this.#operation((connection) => {
      const operation = begin(connection);
      this.#started = true;
      return operation;
    });
  }

  /** Polls one task and runs it: its events in order, then the operation that it completes. */
  #runTask(): void {
    const task = this.#native.pollTask();
    if (task === null) return;
    for (const event of task.events) {
      if (this.#closed) break;
      this.#dispatch(event);
    }
    if (task.completed !== undefined && !this.#closed) this.#complete(task.completed);
  }

  #dispatch(event: NativeEvent): void {
    switch (event.type) {
      case 'open':
      case 'closing':
      case 'close':
      case 'bufferedamountlow':
      case 'error':
      case 'message': {
        const channel = this.#channels.get(event.channel);
        if (event.type === 'close') this.#channels.delete(event.channel);
        if (channel !== undefined) dispatchToChannel(channel, event);
        return;
      }
      case 'icetransportstatechange':
      case 'icetransportgatheringstatechange':
      case 'selectedcandidatepairchange':
      case 'dtlstransportstatechange':
      case 'transporterror':
      case 'sctptransportstatechange':
        this.#transports.dispatch(event);
        return;
      case 'mute':
      case 'ended':
      case 'streamremoved':
      case 'streamadded':
        this.#transceivers.dispatch(event);
        return;
      case 'server':
        this.#waits.progress();
        return;
      case 'icecandidate':
      case 'icegatheringstatechange':
        this.dispatchEvent(this.#connectionEvent(event));
        this.#waits.look();
        return;
      case 'track':
        this.dispatchEvent(this.#transceivers.trackEvent(event));
        return;
      default:
        this.dispatchEvent(this.#connectionEvent(event));
    }
  }

  #connectionEvent(event: NativeConnectionEvent): Event {
    return connectionEvent(event, (handle) => this.#createChannel(handle));
  }

  #complete(operation: number): void {
    this.#transceivers.settle();
    this.#transports.settle();
    const resolve = this.#resolvers.get(operation);
    this.#resolvers.delete(operation);
    resolve?.();
  }

  #createChannel(handle: number): RTCDataChannel {
    const channel = createChannel(this.#native, handle);
    this.#channels.set(handle, channel);
    return channel;
  }

  #requireOpen(): void {
    if (this.#closed) throw invalidState('The connection is closed.');
  }

  #updateLive(): void {
    const mayFire = !this.#closed && (this.#started || !this.#chain.empty);
    if (setLive(this, mayFire)) this.#native.setReferenced(mayFire);
  }
}

export interface RTCPeerConnection {
  addEventListener<K extends keyof RTCPeerConnectionEventMap>(
    type: K,
    listener: (this: RTCPeerConnection, ev: RTCPeerConnectionEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof RTCPeerConnectionEventMap>(
    type: K,
    listener: (this: RTCPeerConnection, ev: RTCPeerConnectionEventMap[K]) => any,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: boolean | { capture?: boolean },
  ): void;
}

defineInterface(RTCPeerConnection);
defineEventHandlers(RTCPeerConnection, events);

/** The wake-up for the native half, which must not hold the connection that holds it. */
function weakWake(loop: TaskLoop): (caused: boolean) => void {
  const weak = new WeakRef(loop);
  return (caused) => weak.deref()?.wake(caused);
}
