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
  operations = 0;
  offers = 0;

  refusal = null;
  referenced = false;
  forgotten = [];

  constructor(configuration, certificate, wake) {
    this.configuration = configuration;
    this.certificate = certificate;
    this.wake = wake;
    FakePeerConnection.last = this;
  }

  /** Queues a task; `apply` changes attributes when the task is polled. */
  queue(task, apply = () => {}) {
    this.tasks.push([task, apply]);
    this.wake();
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

  createOffer() {
    this.calls.push(['createOffer']);
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
  const pending = Symbol('pending');
  await turns();
  return (await Promise.race([promise.then(() => null, () => null), pending])) === pending;
}
