// One attempt to connect: this browser's peer connection, and the WebSocket that carries
// signalling to rill. Everything that happens on either side is told to `tell` as an entry
// `{ time, side, kind, … }`, where time is in milliseconds since rill was there to talk to.

import { countCandidates, listsTrickle, ufragOf, withoutTrickle } from './candidate.js';
import { readPairs } from './stats.js';

const STATES = {
  signalingstatechange: 'signalingState',
  icegatheringstatechange: 'iceGatheringState',
  iceconnectionstatechange: 'iceConnectionState',
  connectionstatechange: 'connectionState',
};
// How often the pairs are looked at, in milliseconds: while much happens, and later.
const BUSY = 100;
const CALM = 500;
// How long after a negotiation begins much happens.
const BUSY_FOR = 3000;
// Pulses under way; no more are sent while none comes back.
const PULSES = 64;

export class Session {
  #started = performance.now();
  #trickle;
  #tell;
  #socket;
  #pc = null;
  #channel = null;
  #ended = false;
  // From rill's clock to ours: the quickest message so far is the best estimate.
  #offset = Infinity;
  // As last told, so that nothing is told twice.
  #states = new Map();
  #pair = '';
  // Our negotiations and what rill signals are worked through one after the other: no offer
  // leaves before an answer that still waits for its candidates, and no candidate is added
  // before the description it follows.
  #work = Promise.resolve();
  #busyUntil = 0;
  // What was sent and has not come back; the channel is ordered.
  #echoes = [];

  /** Starts at once. `trickle` false: descriptions say so and carry every candidate. */
  constructor({ trickle, tell }) {
    this.#trickle = trickle;
    this.#tell = tell;
    this.#socket = new WebSocket(`ws://${location.host}/session`);
    this.#socket.addEventListener('message', (event) => this.#receive(JSON.parse(event.data)));
    this.#socket.addEventListener('close', () => {
      this.#end('rill ended the connection, or cannot be reached. Is it still running?');
    });
  }

  /** Sends a text over the data channel; the echo comes as an entry. */
  echo(text) {
    this.#bounce('echo', text);
  }

  /** Sends a short text whose echo is timed; also an entry. */
  pulse() {
    if (this.#channel?.readyState === 'open' && this.#echoes.length < PULSES) this.#bounce('pulse', '·');
  }

  /** Restarts ICE from this side (`browser`), or has rill do it (`rill`). */
  restart(by) {
    this.#note('browser', 'restart', { by });
    this.#busyUntil = performance.now() + BUSY_FOR;
    if (by === 'rill') this.#send({ type: 'restart' });
    else this.#pc.restartIce();
  }

  /** A new data channel for a throughput run. */
  openThroughput() {
    return this.#watchChannel(this.#pc.createDataChannel('throughput'));
  }

  /** The longest message that rill takes, in bytes. */
  get maxMessageSize() {
    return this.#pc?.sctp?.maxMessageSize ?? 0;
  }

  /** Leaves: closes the peer connection, and the WebSocket tells rill. */
  close() {
    this.#end(null);
  }

  #end(text) {
    if (this.#ended) return;
    this.#socket.close();
    this.#pc?.close();
    // Closing fires no event (webrtc-pc §4.4.3), but the states have changed.
    for (const name of Object.values(STATES)) {
      if (this.#pc?.[name] === 'closed') this.#stateChanged(name, 'closed');
    }
    this.#note('browser', 'end', { text });
    this.#ended = true;
  }

  #note(side, kind, details, time = performance.now() - this.#started) {
    if (!this.#ended) this.#tell({ time, side, kind, ...details });
  }

  #problem(error) {
    this.#note('browser', 'problem', { text: `${error.name}: ${error.message}` });
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #next(operation) {
    const step = () => (this.#ended ? undefined : operation());
    this.#work = this.#work.then(step).catch((error) => this.#problem(error));
  }

  #receive({ at, type, ...message }) {
    if (type === 'hello') this.#started = performance.now();
    const now = performance.now() - this.#started;
    this.#offset = Math.min(this.#offset, now - at);
    const note = (kind, details) => this.#note('rill', kind, details, this.#offset + at);
    switch (type) {
      case 'hello':
        note('hello', { version: message.version });
        return this.#start(message.iceServers);
      case 'offer':
      case 'answer':
        note('description', { type, ...about(message.sdp) });
        return this.#next(() => this.#take({ type, sdp: message.sdp }));
      case 'candidate':
        noteCandidate(note, message.candidate, true);
        return this.#next(() => this.#pc.addIceCandidate(message.candidate));
      case 'gathered':
        return noteCandidate(note, message.candidate, false);
      case 'selectedPair':
        return note('pair', message);
      case 'pairs':
        return note('pairs', { pairs: message.pairs.map(withKey) });
      case 'diagnosis':
        return note('diagnosis', { diagnosis: JSON.parse(message.json) });
      case 'restart':
        return note('restart', { by: 'rill' });
      case 'end':
        note('note', { text: message.text });
        return this.#end(message.text);
      default:
        return note(type, message);
    }
  }

  #start(iceServers) {
    const pc = new RTCPeerConnection({ iceServers });
    this.#pc = pc;
    for (const [event, name] of Object.entries(STATES)) {
      pc.addEventListener(event, () => this.#stateChanged(name, pc[name]));
    }
    pc.addEventListener('icecandidate', ({ candidate }) => {
      noteCandidate((kind, details) => this.#note('browser', kind, details), candidate, this.#trickle);
      if (this.#trickle) this.#send({ type: 'candidate', candidate });
    });
    pc.addEventListener('icecandidateerror', ({ url, errorCode, errorText }) => {
      this.#note('browser', 'candidateError', { url, code: errorCode, text: errorText });
    });
    pc.addEventListener('negotiationneeded', () => this.#next(() => this.#offer()));
    this.#channel = this.#watchChannel(pc.createDataChannel('echo'));
    this.#channel.addEventListener('message', ({ data }) => this.#bounced(data));
    this.#watchPairs();
  }

  async #offer() {
    // Rill may have offered since the event: once that is answered, the event fires again.
    if (this.#pc.signalingState === 'stable') await this.#describe();
  }

  /**
   * Applies a description of rill, and answers an offer. Of two offers that cross, ours goes:
   * applying rill's rolls it back (webrtc-pc §10.7; this side is the polite one).
   */
  async #take(description) {
    const pc = this.#pc;
    this.#busyUntil = performance.now() + BUSY_FOR;
    await pc.setRemoteDescription(description);
    this.#note('browser', 'canTrickle', { value: pc.canTrickleIceCandidates });
    if (description.type === 'offer') return this.#describe();
    const ice = pc.sctp?.transport?.iceTransport;
    // The same listener is not added twice.
    ice?.addEventListener?.('selectedcandidatepairchange', this.#lookAtPairs);
    return undefined;
  }

  /** Makes, applies and sends the offer or answer that fits, without trickle with all candidates. */
  async #describe() {
    const pc = this.#pc;
    this.#busyUntil = performance.now() + BUSY_FOR;
    const before = ufragOf(pc.localDescription?.sdp);
    const gathered = gatheringEnd(pc);
    await pc.setLocalDescription();
    // Without new credentials nothing is gathered, and nothing would end.
    if (!this.#trickle && ufragOf(pc.localDescription.sdp) !== before) await gathered;
    if (this.#ended) return;
    const { type, sdp } = pc.localDescription;
    const sent = this.#trickle ? sdp : withoutTrickle(sdp);
    this.#note('browser', 'description', { type, ...about(sent) });
    this.#send({ type, sdp: sent });
  }

  #watchChannel(channel) {
    for (const state of ['open', 'close']) {
      channel.addEventListener(state, () => {
        const value = state === 'open' ? 'open' : 'closed';
        this.#note('browser', 'channel', { label: channel.label, state: value });
      });
    }
    return channel;
  }

  #bounce(kind, text) {
    this.#echoes.push({ kind, text, sent: performance.now() });
    this.#channel.send(text);
  }

  #bounced(data) {
    const { kind, text, sent } = this.#echoes.shift();
    const elapsed = performance.now() - sent;
    this.#note('browser', kind, { text: data, same: data === text, elapsed });
  }

  #stateChanged(name, value) {
    if (this.#states.get(name) === value) return;
    this.#states.set(name, value);
    this.#note('browser', 'state', { name, value });
    if (name === 'connectionState' && value === 'connected') this.#lookAtPairs();
  }

  async #watchPairs() {
    this.#busyUntil = performance.now() + BUSY_FOR;
    while (!this.#ended) {
      await this.#lookAtPairs();
      const pause = performance.now() < this.#busyUntil ? BUSY : CALM;
      await new Promise((resolve) => { setTimeout(resolve, pause); });
    }
  }

  #lookAtPairs = async () => {
    const pairs = readPairs(await this.#pc.getStats());
    this.#note('browser', 'pairs', { pairs });
    const selected = pairs.find((pair) => pair.selected);
    if (!selected || this.#pair === selected.key) return;
    this.#pair = selected.key;
    this.#note('browser', 'pair', selected);
  };
}

/** Resolves when the next gathering ends; asked before it begins, it misses nothing. */
function gatheringEnd(pc) {
  return new Promise((resolve) => {
    pc.addEventListener('icecandidate', function look({ candidate }) {
      if (candidate) return;
      pc.removeEventListener('icecandidate', look);
      resolve();
    });
  });
}

function noteCandidate(note, candidate, signalled) {
  const ufrag = candidate?.usernameFragment;
  // The empty candidate ends one transport's candidates, null ends them all (webrtc-pc §4.8).
  if (!candidate) note('candidatesEnd', { all: true, signalled });
  else if (!candidate.candidate) note('candidatesEnd', { all: false, signalled, ufrag });
  else note('candidate', { candidate: candidate.candidate, signalled, ufrag });
}

/** A pair of rill, named by what tells it from the others; rill keeps no count of its responses. */
function withKey(pair) {
  return { ...pair, responsesSent: null, key: `${pair.ufrag} ${pair.local.address} ${pair.remote.address}` };
}

function about(sdp) {
  return { sdp, candidates: countCandidates(sdp), trickle: listsTrickle(sdp), ufrag: ufragOf(sdp) };
}
