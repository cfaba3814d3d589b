// What lies between two ends: descriptions and candidates, in each of the ways of RFC 8838.

import assert from 'node:assert/strict';
import { delay } from './peer.js';
import { candidateCount, hasEndMark, hasToken, withoutCandidates, withoutToken } from './sdp.js';

/** Carries what `us` and `them` have to tell each other. */
export class Signalling {
  #us;
  #them;
  #broken;
  #relays = new Map();

  constructor(us, them) {
    this.#us = us;
    this.#them = them;
    this.#broken = new Promise((_, reject) => {
      for (const [from, to] of [[us, them], [them, us]]) {
        const relay = new Relay(from, to);
        this.#relays.set(from, relay);
        relay.run().catch(reject);
      }
    });
    this.#broken.catch(() => {});
  }

  /** The same as `promise`, unless an end refuses a candidate meanwhile. */
  during(promise) {
    return Promise.race([promise, this.#broken]);
  }

  /** No candidate goes anywhere from now on. */
  hold() {
    this.#relays.forEach(relay => relay.hold());
  }

  /**
   * One offer and its answer; candidates wait until their reader knows what they are for.
   *
   * @param {object} how who sends the complete description (`complete`), who hides that it could
   *   trickle (`mute`), and whose candidates never arrive (`lost`), each 'us' or 'them'; `edit` changes
   *   descriptions on their way; `latency` is how many milliseconds each of them takes
   */
  async negotiate(offerer, answerer, { complete = [], mute = [], lost, edit = same, latency = 0, iceRestart } = {}) {
    this.hold();
    const role = end => (end === this.#us ? 'us' : 'them');
    const trickles = end => !complete.includes(role(end));
    const arrives = end => trickles(end) && lost !== role(end);
    const carried = async (end, { description }) => {
      let text = description;
      if (!trickles(end)) {
        await end.gathered();
        ({ description: text } = await end.perform('local'));
      } else if (end === this.#them && end.candidates.length > 0) {
        text = withoutCandidates(text);
      }
      await delay(latency);
      return edit(mute.includes(role(end)) ? withoutToken(text) : text);
    };
    const offer = await carried(offerer, await offerer.perform('offer', { iceRestart }));
    const answering = await answerer.perform('answer', { description: offer });
    if (arrives(offerer)) this.#relays.get(offerer).release();
    const answer = await carried(answerer, answering);
    await offerer.perform('accept', { description: answer });
    if (arrives(answerer)) this.#relays.get(answerer).release();
    if (this.#us.name === 'rill') {
      const ours = offerer === this.#us ? offer : answer;
      readDescription(ours, trickles(this.#us));
      // An answer carries it only if the offer did (RFC 9429 §5.3.1).
      const token = ours === offer || hasToken(offer);
      assert.equal(hasToken(ours), token && !mute.includes('us'), 'the token trickle');
    }
    return { offer, answer };
  }
}

/** The W3C's order: what trickles is not in the description, what has been waited for is. */
function readDescription(ours, trickles) {
  if (trickles) {
    assert.equal(candidateCount(ours), 0, 'what trickles is in the description already');
  } else {
    assert.notEqual(candidateCount(ours), 0, 'the complete description has no candidate');
    assert.ok(hasEndMark(ours), 'the complete description has no end mark');
  }
}

function same(description) {
  return description;
}

/** Carries candidates from one end to the other, when it may. */
class Relay {
  #from;
  #to;
  #gate;
  #open;

  constructor(from, to) {
    this.#from = from;
    this.#to = to;
    this.hold();
  }

  hold() {
    this.#gate = new Promise(resolve => { this.#open = resolve; });
  }

  release() {
    this.#open();
  }

  async run() {
    for (;;) {
      const { candidate } = await this.#from.take('candidate');
      await this.#gate;
      await this.#to.perform('candidate', { candidate });
    }
  }
}
