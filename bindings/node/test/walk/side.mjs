// One connection of a walk, watched: what may be thrown, what events must find, and that nothing fires
// after close().

import { RTCPeerConnection } from 'rill-rtc';
import { allowed } from './exceptions.mjs';

/** Milliseconds in which everything that was begun ends. */
export const LONG = 15_000;

/** Breaks off a walk. */
export class Violation extends Error {
  constructor(rule, detail) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}

const states = {
  signalingstatechange: 'signalingState',
  icegatheringstatechange: 'iceGatheringState',
  iceconnectionstatechange: 'iceConnectionState',
  connectionstatechange: 'connectionState',
};
const others = ['negotiationneeded', 'icecandidate', 'icecandidateerror', 'datachannel', 'track'];

/** Operations of the chain (webrtc-pc §4.4.1.2). */
const chained = [
  'createOffer',
  'createAnswer',
  'setLocalDescription',
  'setRemoteDescription',
  'addIceCandidate',
  'replaceTrack',
];

const transportEvents = ['statechange', 'gatheringstatechange', 'selectedcandidatepairchange', 'error'];
const channelEvents = ['open', 'message', 'bufferedamountlow', 'closing', 'close', 'error'];

/** In the handlers of which a walk closes the connection. */
export const eventTypes = [...Object.keys(states), ...others, ...transportEvents, ...channelEvents];

/** One side. */
export class Side {
  name;
  pc;
  channels = [];
  /** What is to be signalled. */
  letters = [];
  candidates = [];
  received = 0;
  /** The type of the event in whose handler the connection is closed. */
  closeIn = null;
  /** The walk is over, and closes it itself. */
  ending = false;
  violation = null;
  #fail;
  #closed = false;
  /** A task has passed since. */
  #longClosed = false;
  /** How many were begun. */
  #operations = 0;
  #started = false;
  /** The states as events told them. */
  #told = {};
  #nulls = 0;
  #pending = new Set();
  #watched = new WeakSet();

  constructor(name, configuration, fail) {
    this.name = name;
    this.#fail = fail;
    this.pc = new RTCPeerConnection(configuration);
    for (const attribute of Object.values(states)) this.#told[attribute] = this.pc[attribute];
    for (const type of [...Object.keys(states), ...others]) {
      this.pc.addEventListener(type, (event) => this.#handle(event));
    }
  }

  get closed() {
    return this.#closed;
  }

  /** Whether events may come: then it must be closed, or it lives as long as the process. */
  get started() {
    return this.#started || !this.idle;
  }

  /** Whether no operation is under way. */
  get idle() {
    return this.#pending.size === 0;
  }

  get unsettled() {
    return [...this.#pending];
  }

  fault(rule, detail) {
    this.violation ??= new Violation(rule, `${this.name}: ${detail}`);
    this.#fail(this.violation);
  }

  #handle(event) {
    const { type } = event;
    if (this.#closed) return this.fault('no event after close()', type);
    if (event.target !== this.pc) this.fault('e.target is the connection', type);
    const attribute = states[type];
    if (attribute !== undefined) this.#follow(attribute);
    this.check(`the handler of ${type}`);
    this.watchTransports();
    if (type === 'icecandidate') this.#candidate(event.candidate);
    if (type === 'datachannel') this.watchChannel(event.channel);
    if (this.closeIn === type) this.close();
  }

  #follow(attribute) {
    const value = this.pc[attribute];
    if (value === this.#told[attribute]) this.fault('an event finds a change', attribute);
    this.#told[attribute] = value;
    if (attribute === 'iceGatheringState' && value === 'complete') this.#nulls += 1;
  }

  #candidate(candidate) {
    this.candidates.push(candidate);
    if (candidate === null) {
      this.#nulls -= 1;
      if (this.#nulls !== 0) this.fault('one null candidate per completion', this.#nulls);
      return;
    }
    const sdp = this.pc.localDescription?.sdp ?? '';
    const current = this.pc.currentLocalDescription?.sdp ?? '';
    const line = candidate.candidate === '' ? 'a=end-of-candidates' : `a=${candidate.candidate}`;
    if (!`${sdp}${current}`.includes(line)) {
      this.fault('a candidate is in the description when it fires', line);
    }
  }

  /** No attribute runs ahead of its event. */
  check(when) {
    if (this.#closed) return this.#checkClosed();
    for (const [attribute, value] of Object.entries(this.#told)) {
      // The event of this very task may be still to come: all values of a task change together.
      if (this.pc[attribute] !== value && !when.startsWith('the handler')) {
        const detail = `${attribute} ${value} -> ${this.pc[attribute]} at ${when}`;
        this.fault('no attribute runs ahead of its event', detail);
      }
    }
  }

  #checkClosed() {
    const shown = [this.pc.signalingState, this.pc.iceConnectionState, this.pc.connectionState];
    if (shown.some((state) => state !== 'closed')) this.fault('closed shows', shown);
    const open = this.channels.find(({ readyState }) => readyState !== 'closed');
    if (open !== undefined) this.fault('channels are closed with the connection', open.readyState);
  }

  watchChannel(channel) {
    this.#started = true;
    this.channels.push(channel);
    channel.binaryType = 'arraybuffer';
    for (const type of channelEvents) {
      channel.addEventListener(type, (event) => {
        if (this.#closed && type !== 'close' && type !== 'error') {
          this.fault('no event of a channel after close()', type);
        }
        if (type === 'message') this.#message(event.data);
        if (type === 'open' && channel.readyState !== 'open') {
          // It may be closed by a handler before.
          if (channel.readyState !== 'closing') this.fault('open finds it open', channel.readyState);
        }
        if (this.closeIn === type) this.close();
      });
    }
  }

  /** Transports come and go with descriptions. */
  watchTransports() {
    const sctp = this.pc.sctp;
    for (const object of [sctp, sctp?.transport, sctp?.transport.iceTransport]) {
      if (object === null || object === undefined || this.#watched.has(object)) continue;
      this.#watched.add(object);
      for (const type of transportEvents) {
        object.addEventListener(type, () => {
          // webrtc-pc §6.1.1.6: the end of the association is told in a task behind close().
          if (this.#closed && object !== sctp) this.fault('no event of a transport after close()', type);
          if (this.closeIn === type) this.close();
        });
      }
    }
  }

  #message(data) {
    const length = typeof data === 'string' ? data.length : data.byteLength;
    if (typeof data === 'string' && data !== 'x'.repeat(length)) {
      this.fault('messages arrive whole', data.slice(0, 40));
    }
    this.received += 1;
  }

  /** Calls; throws nothing but what the text gives. Whether and what it returned. */
  call(name, steps, expected) {
    let outcome;
    try {
      outcome = { value: steps(this.pc) };
    } catch (error) {
      this.#judge(name, error, expected);
      outcome = { error };
    }
    if (outcome.error === undefined && expected !== undefined && expected !== null) {
      this.fault(`${name} throws`, `${expected} where it returned`);
    }
    this.check(name);
    return outcome;
  }

  /**
   * Begins an operation, by callbacks in one case of five, which settle as the promise would
   * (webrtc-pc §4.4.3).
   */
  ask(name, args, expected, dice) {
    if (!dice.percent(20)) return this.operate(name, (pc) => pc[name](...args), expected);
    const created = name.startsWith('create');
    const steps = (pc) =>
      new Promise((resolve, reject) => {
        const all = created ? [resolve, reject, ...args] : [args[0], resolve, reject];
        pc[name](...all).then(undefined, reject);
      });
    return this.operate(name, steps, expected);
  }

  /** Begins an operation; its promise settles as the text says, or never once closed. */
  operate(name, steps, expected) {
    const { value: promise } = this.call(name, steps);
    if (promise === undefined) return Promise.resolve({ error: new Error('it threw') });
    const number = (this.#operations += 1);
    const entry = { name, number, chained: chained.includes(name) && !this.#closed };
    this.#pending.add(entry);
    const settle = (outcome) => {
      this.#pending.delete(entry);
      if (entry.chained) this.#settled(entry, outcome);
      return outcome;
    };
    return promise.then(
      (value) => {
        if (name.endsWith('Description')) this.#started = true;
        if (expected !== undefined && expected !== null) {
          this.fault(`${name} rejects`, `${expected} where it was done`);
        }
        return settle({ value });
      },
      (error) => {
        this.#judge(name, error, expected);
        return settle({ error });
      },
    );
  }

  /** The operations of the chain settle one after the other, and none once it is closed. */
  #settled(entry, { error }) {
    if (this.#longClosed) this.fault('nothing settles after close()', entry.name);
    // Refused before the chain, by its arguments.
    if (error?.name === 'TypeError') return;
    const before = [...this.#pending].find((other) => other.chained && other.number < entry.number);
    if (before !== undefined && !this.#closed) {
      this.fault('operations settle in order', `${entry.name} before ${before.name}`);
    }
  }

  #judge(name, error, expected) {
    const given = error?.name;
    const fits = expected === undefined ? allowed[name].includes(given) : expected === given;
    if (!fits) {
      this.fault(`${name} throws what the text says`, `${given} (${error?.message})`);
    }
  }

  close() {
    this.call('close', (pc) => {
      this.#closed = true;
      pc.close();
      setImmediate(() => this.#closedLongAgo());
    });
  }

  #closedLongAgo() {
    this.#longClosed = true;
    const waits = this.unsettled.filter(({ name }) => name === 'gatheringComplete');
    if (waits.length > 0) this.fault('a wait for candidates ends with its connection', waits.length);
  }
}
