// Many bytes over one reliable, ordered channel, and whether they arrive as they were sent.

import assert from 'node:assert/strict';
import { withPeers } from './peer.js';
import { Signalling } from './signalling.js';
import { opened } from './traffic.js';

export const MEGABYTE = 1_000_000;
export const DIRECTIONS = { 'we send': 'us', 'they send': 'them' };

/** The stacks that know the commands `pour` and `collect`. */
export const BULK_PEERS = ['chromium', 'firefox', 'wrtc', 'node-datachannel', 'werift', 'aiortc'];

/** What everybody takes, and RFC 8831 §6.6 advises to who cannot interleave messages. */
const SIZE = 16 * 1024;
const LABEL = 'ordered';
/** A connection, and then a megabyte in three seconds at least: the slowest stack, on a busy machine. */
const PATIENCE = 30_000;
const PATIENCE_PER_MEGABYTE = 3_000;

/** Sends so many bytes one way; the milliseconds between the first and the last message's arrival. */
export function transfer({ us, them }, way, bytes) {
  const patience = PATIENCE + PATIENCE_PER_MEGABYTE * bytes / MEGABYTE;
  return withPeers({ us, them }, {}, async ends => {
    const signalling = new Signalling(ends.us, ends.them);
    try {
      return await signalling.during(carry(signalling, ends, DIRECTIONS[way], bytes));
    } finally {
      signalling.hold();
    }
  }, patience);
}

async function carry(signalling, { us, them }, sends, bytes) {
  const [sender, receiver] = sends === 'us' ? [us, them] : [them, us];
  await us.perform('channel', { label: LABEL, ordered: true });
  await signalling.negotiate(us, them, {});
  await Promise.all([opened(us, LABEL), opened(them, LABEL)]);
  await receiver.perform('collect', { label: LABEL, bytes });
  const [poured, { digest, milliseconds }] = await Promise.all([
    sender.perform('pour', { label: LABEL, bytes, size: SIZE, seed: 5 }),
    receiver.take('collected', LABEL),
  ]);
  assert.deepEqual(digest, poured.digest, `what ${receiver.name} has of ${sender.name}`);
  return milliseconds;
}
