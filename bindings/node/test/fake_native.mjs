// A hand-made native half: what the classes ask of it is recorded, what it says is up to the test.

import { createRequire } from 'node:module';

const { setNativeFactory } = createRequire(import.meta.url)('../dist/native.js');

export class FakePeerConnection {
  static last;

  calls = [];
  tasks = [];
  signalingState = 'stable';
  iceGatheringState = 'new';
  iceConnectionState = 'new';
  connectionState = 'new';
  canTrickleIceCandidates = null;
  localDescription = null;
  currentLocalDescription = null;
  pendingLocalDescription = null;
  remoteDescription = null;
  currentRemoteDescription = null;
  pendingRemoteDescription = null;
  maxMessageSize = 262144;
  channels = new Map();
  /** By handle; a test changes them as negotiation would. */
  media = new Map();
  /** Handles of the set of transceivers. */
  set = [];
  ice = new Map();
  dtls = new Map();
  sctp = null;
  /** Dictionaries without their timestamps. */
  statistics = [];
  diagnosis = { transports: [] };
  operations = 0;
  offers = 0;

  refusal = null;
  referenced = false;
  forgotten = [];

  constructor(configuration, certificates, wake) {
    this.configuration = configuration;
    this.certificates = certificates;
    this.wake = wake;
    FakePeerConnection.last = this;
  }

  /** Queues a task; `apply` changes attributes when the task is polled. */
  queue(task, apply = () => {}, caused = false) {
    this.tasks.push([task, apply]);
    this.wake(caused);
  }

  /** Queues a task as a call of the page causes it. */
  cause(task, apply) {
    this.queue(task, apply, true);
  }

  /** Queues the task that completes an operation. */
  complete(operation, events = [], apply) {
    this.queue({ events, completed: operation }, apply);
  }

  pollTask() {
    const next = this.tasks.shift();
    if (next === undefined) return null;
    next[1]();
    return next[0];
  }

  #operation(...call) {
    this.calls.push(call);
    if (this.refusal !== null) throw Object.assign(new Error(), this.refusal);
    return (this.operations += 1);
  }

  createOffer(iceRestart) {
    this.calls.push(['createOffer', iceRestart]);
    return { type: 'offer', sdp: `offer ${(this.offers += 1)}` };
  }

  createAnswer() {
    this.calls.push(['createAnswer']);
    return { type: 'answer', sdp: 'answer' };
  }

  setLocalDescription(type, sdp) {
    return this.#operation('setLocalDescription', type, sdp);
  }

  setRemoteDescription(type, sdp) {
    return this.#operation('setRemoteDescription', type, sdp);
  }

  addIceCandidate(init) {
    return this.#operation('addIceCandidate', init);
  }

  /** Records a call, or refuses it with what the test has prepared. */
  #command(...call) {
    this.calls.push(call);
    if (this.refusal !== null) throw Object.assign(new Error(), this.refusal);
  }

  restartIce() {
    this.#command('restartIce');
  }

  setConfiguration(configuration) {
    this.#command('setConfiguration', configuration);
    this.configuration = configuration;
  }

  /** A transceiver as the peer's offer makes one, or `addTransceiver`. */
  addMedia(kind, members = {}) {
    const handle = this.media.size + 1;
    this.media.set(handle, { ...transceiver(kind, handle), ...members });
    this.set.push(handle);
    return handle;
  }

  transceivers() {
    return [...this.set];
  }

  transceiver(handle) {
    return { ...this.media.get(handle) };
  }

  addTransceiver(kind, init) {
    this.#command('addTransceiver', kind, init);
    const { direction, streams: senderStreams, track } = init;
    return this.addMedia(kind, { direction, senderStreams, track });
  }

  addTrack(kind, track, streams) {
    this.#command('addTrack', kind, track, streams);
    const free = this.set.find((handle) => {
      const one = this.media.get(handle);
      return one.track === null && one.kind === kind && one.currentDirection === null;
    });
    const handle = free ?? this.addMedia(kind);
    Object.assign(this.media.get(handle), { track, senderStreams: streams, direction: 'sendrecv' });
    return handle;
  }

  removeTrack(handle) {
    this.#command('removeTrack', handle);
    this.media.get(handle).track = null;
  }

  transceiverSetDirection(handle, direction) {
    this.#command('transceiverSetDirection', handle, direction);
    this.media.get(handle).direction = direction;
  }

  transceiverStop(handle) {
    this.#command('transceiverStop', handle);
    this.media.get(handle).direction = 'stopped';
    this.queue({ events: [{ type: 'ended', transceiver: handle }] });
  }

  transceiverSetCodecPreferences(handle, codecs) {
    this.#command('transceiverSetCodecPreferences', handle, codecs);
  }

  transceiverReplaceTrack(handle, track) {
    this.#command('transceiverReplaceTrack', handle, track);
    this.media.get(handle).track = track;
  }

  transceiverSetStreams(handle, streams) {
    this.#command('transceiverSetStreams', handle, streams);
  }

  stats(timestamp) {
    return this.statistics.map((stats) => ({ timestamp, ...stats }));
  }

  diagnose() {
    return JSON.stringify(this.diagnosis);
  }

  iceTransport(id) {
    return this.ice.get(id) ?? null;
  }

  dtlsTransport(id) {
    return this.dtls.get(id) ?? null;
  }

  sctpTransport() {
    return this.sctp;
  }

  setReferenced(referenced) {
    this.referenced = referenced;
  }

  beginOperation() {
    this.calls.push(['beginOperation']);
  }

  endOperation() {
    this.calls.push(['endOperation']);
  }

  close() {
    this.calls.push(['close']);
    this.signalingState = 'closed';
    this.iceConnectionState = 'closed';
    this.connectionState = 'closed';
    // As the real one, which frees everything.
    for (const table of [this.media, this.ice, this.dtls]) table.clear();
    this.set = [];
    this.sctp = null;
  }

  createDataChannel(label, init) {
    const handle = this.channels.size + 1;
    this.channels.set(handle, {
      label,
      ...init,
      readyState: 'connecting',
      bufferedAmount: 0,
      sent: [],
      closed: 0,
      threshold: 0,
    });
    return handle;
  }

  channel(handle) {
    const { label, protocol, ordered, maxPacketLifeTime, maxRetransmits, negotiated } =
      this.channels.get(handle);
    return { label, protocol, ordered, maxPacketLifeTime, maxRetransmits, negotiated };
  }

  channelId(handle) {
    return this.channels.get(handle).id;
  }

  channelReadyState(handle) {
    return this.channels.get(handle).readyState;
  }

  channelBufferedAmount(handle) {
    return this.channels.get(handle).bufferedAmount;
  }

  channelSend(handle, data) {
    const channel = this.channels.get(handle);
    channel.sent.push(typeof data === 'string' ? data : data.slice());
    channel.bufferedAmount += data.length;
  }

  channelClose(handle) {
    this.channels.get(handle).closed += 1;
  }

  sctpMaxMessageSize() {
    return this.maxMessageSize;
  }

  channelForget(handle) {
    this.forgotten.push(handle);
  }

  channelSetBufferedAmountLowThreshold(handle, bytes) {
    this.channels.get(handle).threshold = bytes;
  }
}

function transceiver(kind, handle) {
  return {
    kind,
    mid: null,
    direction: 'sendrecv',
    currentDirection: null,
    stopped: false,
    track: null,
    senderStreams: [],
    receiverTrack: `receiver ${handle}`,
    receiverStreams: [],
    muted: true,
    transport: null,
    sendCodecs: [],
    receiveCodecs: [],
    headerExtensions: [],
  };
}

/** The codecs that the fake half knows, by kind. */
export const codecs = {
  audio: [
    { mimeType: 'audio/opus', clockRate: 48000, channels: 2, sdpFmtpLine: 'minptime=10' },
    { mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, sdpFmtpLine: null },
  ],
  video: [{ mimeType: 'video/VP8', clockRate: 90000, channels: null, sdpFmtpLine: null }],
};

/** Makes every connection of this process a fake one. */
export function installFake() {
  setNativeFactory(() => ({
    NativePeerConnection: FakePeerConnection,
    NativeCertificate: {
      generate: (lifetime) => ({
        expires: Date.now() + lifetime,
        fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }],
      }),
    },
    codecCapabilities: (kind) => codecs[kind],
    headerExtensionCapabilities: () => ['urn:ietf:params:rtp-hdrext:sdes:mid'],
  }));
}

/** Lets a task pass. */
export function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets several tasks pass. */
export async function turns(count = 5) {
  for (let passed = 0; passed < count; passed += 1) await turn();
}

/** Whether a promise has settled, without waiting for it. */
export async function isPending(promise) {
  let pending = true;
  const settle = () => (pending = false);
  promise.then(settle, settle);
  await turns();
  return pending;
}
