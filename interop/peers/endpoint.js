// One end of a connection, by the W3C API alone: this very file drives rill and every other stack
// that has these classes, in Node and in a page. It speaks the protocol of README.md: commands in,
// replies and events out, all of it JSON, because it is driven from outside.

/** @typedef {{ type: string, sdp: string }} Description */

export class Endpoint {
  #pc;
  #emit;
  #endMarks;
  #tellsOrder;
  #channels = new Map();
  /** Labels of channels whose messages are collected, with what takes them. */
  #collecting = new Map();

  /**
   * @param {typeof RTCPeerConnection} RTCPeerConnection
   * @param {(event: object) => void} emit takes the events
   * @param {{ endMarks?: boolean, tellsOrder?: boolean, configuration?: RTCConfiguration }} options
   *   endMarks: whether the class takes null as the end of candidates;
   *   tellsOrder: whether channels say if they are ordered
   */
  constructor(RTCPeerConnection, emit, { endMarks = true, tellsOrder = true, configuration } = {}) {
    this.#emit = emit;
    this.#endMarks = endMarks;
    this.#tellsOrder = tellsOrder;
    this.#pc = new RTCPeerConnection(configuration);
    // Handlers, not listeners: they are what every one of these stacks has.
    this.#pc.onicecandidate = ({ candidate }) => {
      emit({ event: 'candidate', candidate: candidate ? plainCandidate(candidate) : null });
    };
    this.#pc.onicegatheringstatechange = () => {
      emit({ event: 'gathering', state: this.#pc.iceGatheringState });
    };
    this.#pc.onconnectionstatechange = () => {
      emit({ event: 'connection', state: this.#pc.connectionState });
    };
    this.#pc.ondatachannel = ({ channel }) => this.#adopt(channel);
  }

  /** Performs one command; what it returns is the reply. */
  perform({ do: name, ...given }) {
    if (!COMMANDS.has(name)) throw new Error(`there is no command named ${name}`);
    return this[name](given);
  }

  channel({ label, ordered }) {
    this.#adopt(this.#pc.createDataChannel(label, { ordered }));
  }

  transceiver({ kind, direction }) {
    this.#pc.addTransceiver(kind, { direction });
  }

  async offer({ iceRestart = false }) {
    await this.#pc.setLocalDescription(await this.#pc.createOffer({ iceRestart }));
    return this.local();
  }

  async answer({ description }) {
    await this.#pc.setRemoteDescription(description);
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    return this.local();
  }

  async accept({ description }) {
    await this.#pc.setRemoteDescription(description);
  }

  /** The local description as it is now, with the candidates found so far. */
  local() {
    const { type, sdp } = this.#pc.localDescription;
    return { description: { type, sdp } };
  }

  async candidate({ candidate }) {
    if (candidate?.candidate || this.#endMarks) await this.#pc.addIceCandidate(candidate);
  }

  /** The next offer restarts ICE. */
  restart() {
    if (typeof this.#pc.restartIce !== 'function') throw new Error('there is no restartIce()');
    this.#pc.restartIce();
  }

  /** Sends pseudo-random content, binary or text, and hands back what identifies it. */
  send({ label, kind, size, seed }) {
    const bytes = noise(size, seed);
    const data = kind === 'text' ? hexadecimal(bytes).slice(0, size) : bytes;
    this.#channel(label).send(data);
    return { digest: digest(data) };
  }

  /** Sends so many pseudo-random bytes in messages of `size`, no faster than they leave. */
  async pour({ label, bytes, size, seed }) {
    const channel = this.#channel(label);
    const content = noise(bytes, seed);
    for (let at = 0; at < bytes; at += size) {
      while (channel.bufferedAmount > MUCH_BUFFERED) await pause();
      // Not every stack takes a part of a buffer for what it is.
      channel.send(content.slice(at, at + size));
    }
    return { digest: await strongDigest(content) };
  }

  /** From now on messages are not told one by one, but all at once when so many bytes are there. */
  collect({ label, bytes }) {
    const content = new Uint8Array(bytes);
    let at = 0;
    let start;
    this.#collecting.set(label, async data => {
      start ??= performance.now();
      const message = new Uint8Array(data);
      content.set(message, at);
      at += message.length;
      if (at < bytes) return;
      const milliseconds = performance.now() - start;
      this.#emit({ event: 'collected', label, milliseconds, digest: await strongDigest(content) });
    });
  }

  closeChannel({ label }) {
    this.#channel(label).close();
  }

  state() {
    const pc = this.#pc;
    const { connectionState, iceConnectionState, iceGatheringState, signalingState } = pc;
    return {
      connectionState,
      iceConnectionState,
      iceGatheringState,
      signalingState,
      canTrickle: pc.canTrickleIceCandidates ?? null,
      transceivers: pc.getTransceivers?.().map(({ mid, direction, currentDirection }) => (
        { mid, direction, currentDirection }
      )),
    };
  }

  /** The selected pair; the local username fragment tells the generation it is of. */
  selected() {
    const pair = this.#pc.sctp.transport.iceTransport.getSelectedCandidatePair();
    if (!pair) return {};
    const { local, remote } = pair;
    const end = ({ type, address }) => ({ type, address });
    return { selected: local.usernameFragment, pair: { local: end(local), remote: end(remote) } };
  }

  close() {
    this.#pc.close();
  }

  #channel(label) {
    const channel = this.#channels.get(label);
    if (channel === undefined) throw new Error(`there is no channel ${label}`);
    return channel;
  }

  #adopt(channel) {
    const { label } = channel;
    this.#channels.set(label, channel);
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => {
      const collect = this.#collecting.get(label);
      if (collect) return void collect(data);
      const content = typeof data === 'string' ? data : new Uint8Array(data);
      this.#emit({ event: 'message', label, digest: digest(content) });
    };
    const ordered = this.#tellsOrder ? channel.ordered : undefined;
    const open = () => this.#emit({ event: 'open', label, ordered });
    if (channel.readyState === 'open') open();
    else channel.onopen = open;
    channel.onclose = () => this.#emit({ event: 'closed', label });
  }
}

const COMMANDS = new Set([
  'channel', 'transceiver', 'offer', 'answer', 'accept', 'local', 'candidate', 'restart', 'send', 'pour',
  'collect', 'closeChannel', 'state', 'selected', 'close',
]);

/** From here on `pour` waits. */
const MUCH_BUFFERED = 4 * 1024 * 1024;

function pause() {
  return new Promise(resolve => setTimeout(resolve, 5));
}

function plainCandidate({ candidate, sdpMid, sdpMLineIndex, usernameFragment }) {
  return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
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

/** Length in bytes and SHA-256; in a page from this very machine `crypto.subtle` is there. */
async function strongDigest(bytes) {
  const hash = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
  return { length: bytes.length, hash: hexadecimal(hash) };
}
