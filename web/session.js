// One attempt to connect: this browser's peer connection, and the WebSocket that carries
// signalling to rill. Everything that happens on either side is told to `tell` as an entry
// `{ time, side, kind, … }`, where time is in milliseconds since rill was there to talk to.

import { countCandidates, listsTrickle, withoutTrickle } from './candidate.js';

const STATES = {
  signalingstatechange: 'signalingState',
  icegatheringstatechange: 'iceGatheringState',
  iceconnectionstatechange: 'iceConnectionState',
  connectionstatechange: 'connectionState',
};

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
  // When each message left whose echo has not come back; the channel is ordered.
  #echoes = [];

  /** Starts at once. `trickle` false: the offer says so and carries every candidate. */
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
    this.#echoes.push({ text, sent: performance.now() });
    this.#channel.send(text);
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

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive({ at, type, ...message }) {
    if (type === 'hello') this.#started = performance.now();
    const now = performance.now() - this.#started;
    this.#offset = Math.min(this.#offset, now - at);
    const note = (kind, details) => this.#note('rill', kind, details, this.#offset + at);
    const apply = (operation) => operation.catch((error) => this.#problem(error));
    switch (type) {
      case 'hello':
        note('hello', { version: message.version });
        return apply(this.#start(message.iceServers));
      case 'answer':
        note('description', { type, sdp: message.sdp, ...about(message.sdp) });
        return apply(this.#take(message.sdp));
      case 'candidate':
        noteCandidate(note, message.candidate, true);
        return apply(this.#pc.addIceCandidate(message.candidate));
      case 'gathered':
        return noteCandidate(note, message.candidate, false);
      case 'selectedPair':
        return note('pair', { local: message.local, remote: message.remote });
      case 'end':
        note('note', { text: message.text });
        return this.#end(message.text);
      default:
        return note(type, message);
    }
  }

  async #start(iceServers) {
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
    this.#open(pc.createDataChannel('echo'));
    const offer = await pc.createOffer();
    await pc.setLocalDescription(offer);
    if (!this.#trickle) await gatheringComplete(pc);
    if (this.#ended) return;
    const { sdp } = pc.localDescription;
    const sent = this.#trickle ? sdp : withoutTrickle(sdp);
    this.#note('browser', 'description', { type: 'offer', sdp: sent, ...about(sent) });
    this.#send({ type: 'offer', sdp: sent });
  }

  async #take(sdp) {
    await this.#pc.setRemoteDescription({ type: 'answer', sdp });
    this.#note('browser', 'canTrickle', { value: this.#pc.canTrickleIceCandidates });
    const ice = this.#pc.sctp?.transport?.iceTransport;
    ice?.addEventListener?.('selectedcandidatepairchange', () => this.#findPair());
  }

  #open(channel) {
    this.#channel = channel;
    for (const state of ['open', 'close']) {
      channel.addEventListener(state, () => {
        const value = state === 'open' ? 'open' : 'closed';
        this.#note('browser', 'channel', { label: channel.label, state: value });
      });
    }
    channel.addEventListener('message', ({ data }) => {
      const { text, sent } = this.#echoes.shift();
      const elapsed = performance.now() - sent;
      this.#note('browser', 'echo', { text: data, same: data === text, elapsed });
    });
  }

  #stateChanged(name, value) {
    if (this.#states.get(name) === value) return;
    this.#states.set(name, value);
    this.#note('browser', 'state', { name, value });
    if (name === 'connectionState' && value === 'connected') this.#findPair();
  }

  async #findPair() {
    const stats = await this.#pc.getStats();
    if (this.#ended) return;
    const all = [...stats.values()];
    const chosen = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
    const pair = stats.get(chosen)
      ?? all.find(({ type, selected }) => type === 'candidate-pair' && selected)
      ?? all.find(({ type, nominated, state }) =>
        type === 'candidate-pair' && nominated && state === 'succeeded');
    const local = stats.get(pair?.localCandidateId);
    const remote = stats.get(pair?.remoteCandidateId);
    if (!local || !remote || this.#pair === local.id + remote.id) return;
    this.#pair = local.id + remote.id;
    this.#note('browser', 'pair', { local: pairEnd(local), remote: pairEnd(remote) });
  }

  #problem(error) {
    this.#note('browser', 'problem', { text: `${error.name}: ${error.message}` });
  }
}

/** Resolves when every candidate is known; looks before it waits. */
function gatheringComplete(pc) {
  return new Promise((resolve) => {
    const look = () => {
      if (pc.iceGatheringState === 'complete' || pc.signalingState === 'closed') resolve();
    };
    pc.addEventListener('icegatheringstatechange', look);
    look();
  });
}

function noteCandidate(note, candidate, signalled) {
  // The empty candidate ends one transport's candidates, null ends them all (webrtc-pc §4.8).
  if (!candidate) note('candidatesEnd', { all: true, signalled });
  else if (!candidate.candidate) note('candidatesEnd', { all: false, signalled });
  else note('candidate', { candidate: candidate.candidate, signalled });
}

function about(sdp) {
  return { candidates: countCandidates(sdp), trickle: listsTrickle(sdp) };
}

function pairEnd({ candidateType, address, ip, port }) {
  return { kind: candidateType, address: address ?? ip ?? null, port };
}
