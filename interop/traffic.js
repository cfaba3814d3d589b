// Messages between two ends, and whether they arrive.

import assert from 'node:assert/strict';
import { delay } from './peer.js';

const KIB = 1024;
const SIZES = [0, 1, 64 * KIB, 256 * KIB];
/** How often a flow sends. */
const BEAT = 20;

/** Sends pseudo-random content; what identifies it comes back. */
export async function send(end, label, kind, size, seed) {
  const { digest } = await end.perform('send', { label, kind, size, seed });
  return digest;
}

/** The channel of that label is open, and as ordered as its label says. */
export async function opened(end, label) {
  const { ordered } = await end.take('open', label);
  // Not every stack tells.
  if (ordered === undefined) return;
  assert.equal(ordered, label !== 'unordered', `the order of ${label} at ${end.name}`);
}

/** Every size up to `largest`, as one burst, so that order can go wrong. */
export async function exchange(sender, receiver, label, { largest, empty }) {
  const sizes = new Set(SIZES.map(size => Math.min(size, largest)));
  if (!empty) sizes.delete(0);
  const sent = [];
  for (const size of sizes) {
    for (const kind of ['binary', 'text']) {
      sent.push(await send(sender, label, kind, size, sent.length + 7));
    }
  }
  const received = [];
  while (received.length < sent.length) {
    const { digest } = await receiver.take('message', label);
    received.push(digest);
  }
  if (label === 'unordered') [sent, received].forEach(list => list.sort(byHash));
  assert.deepEqual(received, sent, `${label} messages from ${sender.name}`);
}

/** One message each way, on a channel that opens. */
export async function greet(one, other) {
  await Promise.all([opened(one, 'ordered'), opened(other, 'ordered')]);
  for (const [from, to] of [[one, other], [other, one]]) {
    const digest = await send(from, 'ordered', 'binary', 3000, 11);
    assert.deepEqual(await to.take('message', 'ordered'), { digest });
  }
}

/** Small messages from one end to the other, one after the other, until it is ended. */
export class Flow {
  #from;
  #to;
  #sent = [];
  #going = true;
  #sending;

  constructor(from, to) {
    this.#from = from;
    this.#to = to;
    this.#sending = this.#send();
    // Whoever ends it hears of it.
    this.#sending.catch(() => {});
  }

  async #send() {
    for (let seed = 1; this.#going; seed += 2) {
      this.#sent.push(await send(this.#from, 'ordered', 'binary', 24, seed));
      await delay(BEAT);
    }
  }

  /** Stops, and sees that every message has arrived, in order. */
  async end() {
    this.#going = false;
    await this.#sending;
    assert.ok(this.#sent.length > 1);
    for (const digest of this.#sent) {
      assert.deepEqual(await this.#to.take('message', 'ordered'), { digest });
    }
  }
}

function byHash(one, other) {
  return one.hash - other.hash || one.length - other.length || one.kind.localeCompare(other.kind);
}
