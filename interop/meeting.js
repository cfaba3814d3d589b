// rill and another stack, once: signalling in one of the ways that RFC 8838 knows, then data.

import assert from 'node:assert/strict';
import { delay, withPeers } from './peer.js';
import { hasToken, maxMessageSize, usernameFragment } from './sdp.js';
import { Signalling } from './signalling.js';
import { Flow, exchange, opened, send } from './traffic.js';

const CHANNELS = ['ordered', 'unordered'];
/** How long a restart may take to select a pair. */
const SELECTION = 6_000;
/** How long messages go on after that. */
const AFTERMATH = 300;

/**
 * Who waits for the end of its gathering before it sends its description, whose description hides
 * that it trickles, and who starts an ICE restart in the middle.
 */
export const WAYS = {
  trickle: {},
  /** RFC 8838 §16: the description of one side carries everything. */
  'half by us': { complete: ['us'] },
  'half by them': { complete: ['them'] },
  /** Neither side trickles, nor says that it could. */
  'no trickle': { complete: ['us', 'them'], mute: ['us', 'them'] },
  /** They do not; we do all the same. */
  'only by us': { complete: ['them'], mute: ['them'] },
  'restart by us': { restart: 'us' },
  'restart by them': { restart: 'them' },
  /** The same with descriptions that take their time: our checks are there before our answer. */
  'slow restart by them': { restart: 'them', latency: 150 },
};

/**
 * Connects the two, exchanges messages, closes; hands back how many milliseconds it took until both
 * channels were open, or until the restart had selected a pair.
 *
 * @param {object} stacks us and them, which of the two offers, and what they cannot: `without` has
 *   `empty` if they send no message without content, `largest` is the longest that they manage,
 *   `sends` the longest that they send
 */
export function meet({ us, them, offers, traits = {} }, way) {
  return withPeers({ us, them }, {}, async ends => {
    const meeting = new Meeting(ends, offers, traits, WAYS[way]);
    try {
      return await meeting.run();
    } finally {
      meeting.end();
    }
  });
}

class Meeting {
  #us;
  #them;
  #offerer;
  #answerer;
  #traits;
  #way;
  #signalling;

  constructor({ us, them }, offers, traits, way) {
    this.#us = us;
    this.#them = them;
    [this.#offerer, this.#answerer] = offers === 'us' ? [us, them] : [them, us];
    this.#traits = traits;
    this.#way = way;
    this.#signalling = new Signalling(us, them);
  }

  run() {
    return this.#signalling.during(this.#talk());
  }

  end() {
    this.#signalling.hold();
  }

  async #talk() {
    const { complete, mute } = this.#way;
    const start = performance.now();
    for (const label of CHANNELS) await this.#channel(this.#offerer, label);
    const session = await this.#signalling.negotiate(this.#offerer, this.#answerer, { complete, mute });
    await Promise.all([this.#us, this.#them].flatMap(end => [
      end.connected(),
      ...CHANNELS.map(label => opened(end, label)),
    ]));
    let took = performance.now() - start;
    await this.#readAnnouncements(session);
    await this.#exchangeAll(session);
    if (this.#way.restart) {
      took = await this.#restart(session);
      await this.#exchangeAll(session);
    }
    await this.#channelOfTheAnswerer();
    await this.#readCandidates();
    return took;
  }

  #channel(end, label) {
    return end.perform('channel', { label, ordered: label !== 'unordered' });
  }

  /** Each side must have read the other's token, or its absence. */
  async #readAnnouncements({ offer, answer }) {
    for (const [end, theirs] of [[this.#offerer, answer], [this.#answerer, offer]]) {
      const { canTrickle } = await end.perform('state');
      if (end === this.#us || canTrickle != null) {
        assert.equal(canTrickle, hasToken(theirs), `canTrickleIceCandidates of ${end.name}`);
      }
    }
  }

  /** On every channel and in both directions at once. */
  async #exchangeAll({ offer, answer }) {
    const { without = [], largest = Infinity, sends = Infinity } = this.#traits;
    const directions = [
      [this.#offerer, this.#answerer, answer],
      [this.#answerer, this.#offerer, offer],
    ];
    await Promise.all(CHANNELS.flatMap(label => directions.map(([sender, receiver, description]) => {
      const isOurs = sender === this.#us;
      const limits = [largest, maxMessageSize(description), ...(isOurs ? [] : [sends])];
      return exchange(sender, receiver, label, {
        largest: Math.min(...limits),
        empty: isOurs || !without.includes('empty'),
      });
    })));
  }

  /** New credentials on both sides, while messages flow in both directions and none is lost. */
  async #restart(first) {
    const { restart, latency } = this.#way;
    const [starter, other] = restart === 'us' ? [this.#us, this.#them] : [this.#them, this.#us];
    const before = new Map([[this.#offerer, first.offer], [this.#answerer, first.answer]]);
    const flows = [new Flow(starter, other), new Flow(other, starter)];
    const start = performance.now();
    const session = await this.#askForRestart(starter, other, latency).catch(error => error);
    const isNew = !(session instanceof Error)
      && await this.#selects(starter === this.#us ? session.offer : session.answer);
    const took = performance.now() - start;
    await delay(AFTERMATH);
    // Refused or not, what flowed goes on flowing.
    for (const flow of flows) await flow.end();
    if (session instanceof Error) throw session;
    for (const [end, now] of [[starter, session.offer], [other, session.answer]]) {
      const changed = usernameFragment(now) !== usernameFragment(before.get(end));
      assert.ok(changed, `${end.name} keeps its credentials in a restart`);
    }
    assert.ok(isNew, 'no message is lost, but they flow over the pair of before the restart');
    return took;
  }

  /** In one of the two ways of the W3C. */
  async #askForRestart(starter, other, latency) {
    const byMethod = starter === this.#offerer;
    if (byMethod) await starter.perform('restart');
    return this.#signalling.negotiate(starter, other, { iceRestart: !byMethod, latency });
  }

  /** Whether our selected pair comes to be of the generation that this description of ours began. */
  async #selects(description) {
    // libwebrtc for Node, in our place, does not show it.
    if (this.#us.name !== 'rill') return delay(1_000, true);
    for (const end = performance.now() + SELECTION; performance.now() < end; await delay(20)) {
      const { selected } = await this.#us.perform('selected');
      if (selected === usernameFragment(description)) return true;
    }
    return false;
  }

  /** The other parity of stream identifiers, and the closing of a channel from the far side. */
  async #channelOfTheAnswerer() {
    await this.#channel(this.#answerer, 'late');
    await Promise.all([opened(this.#offerer, 'late'), opened(this.#answerer, 'late')]);
    const digest = await send(this.#offerer, 'late', 'text', 20, 3);
    assert.deepEqual(await this.#answerer.take('message', 'late'), { digest });
    await this.#offerer.perform('closeChannel', { label: 'late' });
    await Promise.all([this.#offerer.take('closed', 'late'), this.#answerer.take('closed', 'late')]);
  }

  async #readCandidates() {
    const { candidates } = this.#us;
    if (this.#us.name === 'rill' && !this.#way.restart) {
      await this.#us.ended();
      assert.equal(candidates.indexOf(null), candidates.length - 1, 'one null, and it is the last');
      // The end of the transport (W3C WebRTC §4.8.1.3).
      assert.equal(candidates.at(-2).candidate, '');
    }
    const theirs = this.#them.candidates;
    if (theirs.length === 0 && !(this.#way.complete ?? []).includes('them')) {
      throw new Error('connected, but trickled no candidate');
    }
    if (['chromium', 'firefox'].includes(this.#them.name)) {
      const hidden = theirs.some(candidate => candidate?.candidate.includes('.local '));
      assert.ok(hidden, 'a browser with default settings hides its addresses');
    }
  }
}
