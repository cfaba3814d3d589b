// One connection of a scenario: what its handlers see, and how steps wait for it.

import { RTCPeerConnection } from 'rill-rtc';
import { stateOf, words } from './shown.mjs';

const LONG = 20_000;
const ofConnection = [
  'negotiationneeded',
  'icecandidate',
  'icecandidateerror',
  'signalingstatechange',
  'iceconnectionstatechange',
  'icegatheringstatechange',
  'connectionstatechange',
  'datachannel',
];

/** Counts tasks: what runs before the next microtask checkpoint is one. */
class Tasks {
  #number = 0;
  #counted = false;

  get current() {
    if (!this.#counted) {
      this.#counted = true;
      this.#number += 1;
      queueMicrotask(() => (this.#counted = false));
    }
    return this.#number;
  }
}

/** One side of a scenario. */
export class Peer {
  name;
  lines = [];
  /** What is about connectivity, and waits for a step that shows it. */
  connectivity = [];
  baseline = new Map();
  objects = {
    transports: [],
    channel: null,
    name: (dtls) => `T${this.objects.transports.indexOf(dtls) + 1}`,
  };
  closeWhen = null;
  /** How often steps have waited for the end of gathering. */
  completions = 0;
  kept = null;
  /** Every candidate that was surfaced, and the credentials of every generation. */
  candidates = [];
  credentials = new Map();
  #tasks = new Tasks();
  #counts = new Map();
  #waiting = new Set();

  constructor(name, configuration) {
    this.name = name;
    this.pc = new RTCPeerConnection(configuration);
    for (const type of ofConnection) {
      this.pc.addEventListener(type, (event) => this.#handle(...words(event), event));
    }
  }

  /** What a handler, or a reaction, sees at this moment. */
  note(text) {
    this.#discover();
    const state = stateOf(this.pc, this.objects);
    this.lines.push({ text, task: this.#tasks.current, state });
    this.#learnCredentials();
  }

  count(name) {
    return this.#counts.get(name) ?? 0;
  }

  /** Resolves in the task in which `holds` first does after an event. */
  until(holds, what) {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        clearTimeout(late);
        resolve();
      };
      const late = setTimeout(() => reject(new Error(`${this.name}: no ${what}`)), LONG);
      this.#waiting.add(look);
    });
  }

  watchChannel(channel) {
    this.objects.channel ??= channel;
    for (const type of ['open', 'message', 'closing', 'close']) {
      channel.addEventListener(type, () => this.#handle(`channel ${type}`, `channel ${type}`));
    }
  }

  #handle(name, text, event) {
    if (event?.type === 'datachannel') this.watchChannel(event.channel);
    if (event?.candidate) this.candidates.push(event.candidate);
    this.note(text);
    this.#counts.set(name, this.count(name) + 1);
    if (this.closeWhen === name) this.pc.close();
    for (const look of [...this.#waiting]) look();
  }

  /** Looks for transports that are new: at the senders, then at `sctp`. */
  #discover() {
    const { pc, objects } = this;
    const ofMedia = pc.getTransceivers().map(({ sender }) => sender.transport);
    for (const dtls of [...ofMedia, pc.sctp?.transport ?? null]) {
      if (dtls === null || objects.transports.includes(dtls)) continue;
      objects.transports.push(dtls);
      this.#watchTransport(dtls, `T${objects.transports.length}`);
    }
    if (pc.sctp !== null && pc.sctp !== objects.sctp) {
      objects.sctp = pc.sctp;
      this.#watch(pc.sctp, 'statechange', 'sctp statechange', 'sctp statechange');
    }
  }

  #watchTransport(dtls, name) {
    const ice = dtls.iceTransport;
    for (const type of ['gatheringstatechange', 'statechange', 'selectedcandidatepairchange']) {
      this.#watch(ice, type, type, `${name} ${type}`);
    }
    this.#watch(dtls, 'statechange', 'dtls statechange', `${name} dtls statechange`);
  }

  #watch(target, type, name, text) {
    target.addEventListener(type, () => this.#handle(name, text));
  }

  #learnCredentials() {
    const sdp = this.pc.localDescription?.sdp ?? '';
    const all = (name) => [...sdp.matchAll(new RegExp(`^a=${name}:(.*)\\r$`, 'gm'))];
    const pwds = all('ice-pwd');
    all('ice-ufrag').forEach(([, ufrag], place) => this.credentials.set(ufrag, pwds[place][1]));
  }
}
