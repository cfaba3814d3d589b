// One end of a connection, by the W3C API alone: this very file drives rill and libwebrtc in Node
// and the browser's own classes in a page. Everything that crosses it is JSON, because in a
// browser it is called from outside.

/** @typedef {{ type: string, sdp: string }} Description */

export class Endpoint {
  #pc;
  #endMarks;
  #candidates = new Mailbox();
  #channels = new Map();

  /**
   * @param {typeof RTCPeerConnection} RTCPeerConnection
   * @param {{ endMarks?: boolean }} options endMarks: whether the class takes null as the end of candidates
   */
  constructor(RTCPeerConnection, { endMarks = true } = {}) {
    this.#endMarks = endMarks;
    this.#pc = new RTCPeerConnection();
    this.#pc.addEventListener('icecandidate', ({ candidate }) => {
      this.#candidates.put(candidate && candidate.toJSON());
    });
    this.#pc.addEventListener('datachannel', ({ channel }) => this.#adopt(channel));
  }

  createChannel(label, init) {
    this.#adopt(this.#pc.createDataChannel(label, init));
  }

  /** The local offer; with `complete` not before it carries every candidate. */
  async offer(complete) {
    await this.#pc.setLocalDescription(await this.#pc.createOffer());
    return this.#local(complete);
  }

  async answer(offer, complete) {
    await this.#pc.setRemoteDescription(offer);
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    return this.#local(complete);
  }

  async accept(answer) {
    await this.#pc.setRemoteDescription(answer);
  }

  async addCandidate(candidate) {
    if (candidate?.candidate || this.#endMarks) await this.#pc.addIceCandidate(candidate);
  }

  /** The next local candidate; null is the last. */
  nextCandidate() {
    return this.#candidates.take();
  }

  /** Waits until the channel of that label is open, whoever made it. */
  async opened(label) {
    const { channel } = await this.#channel(label).adopted;
    if (channel.readyState === 'connecting') {
      await new Promise(resolve => channel.addEventListener('open', resolve, { once: true }));
    }
    const { ordered, readyState } = channel;
    return { ordered, readyState };
  }

  /** Sends pseudo-random content, binary or text, and hands back what identifies it. */
  async send(label, kind, size, seed) {
    const bytes = noise(size, seed);
    const data = kind === 'text' ? hexadecimal(bytes).slice(0, size) : bytes;
    const { channel } = await this.#channel(label).adopted;
    channel.send(data);
    return digest(data);
  }

  /** What identifies the next message of that channel. */
  receive(label) {
    return this.#channel(label).messages.take();
  }

  state() {
    const { connectionState, iceConnectionState, iceGatheringState, signalingState } = this.#pc;
    return {
      connectionState,
      iceConnectionState,
      iceGatheringState,
      signalingState,
      canTrickle: this.#pc.canTrickleIceCandidates,
    };
  }

  async connected() {
    await this.#until('connectionstatechange', () => this.#pc.connectionState === 'connected');
  }

  closeChannel(label) {
    this.#channel(label).adopted.then(({ channel }) => channel.close());
  }

  async channelClosed(label) {
    const { channel } = await this.#channel(label).adopted;
    if (channel.readyState !== 'closed') {
      await new Promise(resolve => channel.addEventListener('close', resolve, { once: true }));
    }
  }

  close() {
    this.#pc.close();
  }

  async #local(complete) {
    if (complete) {
      await this.#until(
        'icegatheringstatechange',
        () => this.#pc.iceGatheringState === 'complete',
      );
    }
    const { type, sdp } = this.#pc.localDescription;
    return { type, sdp };
  }

  #until(event, condition) {
    if (condition()) return Promise.resolve();
    return new Promise(resolve => {
      const listener = () => {
        if (!condition()) return;
        this.#pc.removeEventListener(event, listener);
        resolve();
      };
      this.#pc.addEventListener(event, listener);
    });
  }

  #channel(label) {
    if (!this.#channels.has(label)) {
      const entry = { messages: new Mailbox() };
      entry.adopted = new Promise(resolve => (entry.adopt = resolve));
      this.#channels.set(label, entry);
    }
    return this.#channels.get(label);
  }

  #adopt(channel) {
    channel.binaryType = 'arraybuffer';
    const entry = this.#channel(channel.label);
    channel.addEventListener('message', ({ data }) => {
      entry.messages.put(digest(typeof data === 'string' ? data : new Uint8Array(data)));
    });
    // Wrapped: a promise must not take a channel of some class for one of its own kind.
    entry.adopt({ channel });
  }
}

/** Values for whoever asks first, in order. */
class Mailbox {
  #values = [];
  #readers = [];

  put(value) {
    const reader = this.#readers.shift();
    if (reader) reader(value);
    else this.#values.push(value);
  }

  take() {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift());
    return new Promise(resolve => this.#readers.push(resolve));
  }
}

/** The same bytes for the same seed, by xorshift. */
function noise(size, seed) {
  const bytes = new Uint8Array(size);
  let state = seed | 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

function hexadecimal(bytes) {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

/** Kind, length in bytes and FNV-1a hash: `crypto.subtle` is not there in every page. */
function digest(data) {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return { kind: typeof data === 'string' ? 'text' : 'binary', length: bytes.length, hash: hash >>> 0 };
}
