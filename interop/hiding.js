// rill and a browser that hides its addresses behind .local names, as browsers do unless a page may
// use camera or microphone. rill hides its own, or shows them.

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { withPeers } from './peer.js';
import { Signalling } from './signalling.js';
import { greet } from './traffic.js';

/**
 * Who offers, rill's `hostAddresses`, and whose candidates are lost: then the names of the others
 * are the only way.
 */
export const HIDING = {
  'offered, both hide': { offers: 'them', ours: 'mdns' },
  'offered, they hide': { offers: 'them', ours: 'plain' },
  'answered, both hide': { offers: 'us', ours: 'mdns' },
  'answered, they hide': { offers: 'us', ours: 'plain' },
  'offered, our names alone': { offers: 'them', ours: 'mdns', lost: 'them' },
  'offered, their names alone': { offers: 'them', ours: 'plain', lost: 'us' },
  'answered, our names alone': { offers: 'us', ours: 'mdns', lost: 'them' },
  'answered, their names alone': { offers: 'us', ours: 'plain', lost: 'us' },
};

const NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/;

/**
 * Connects the two; how many milliseconds it took until both were connected, and the types of the
 * candidates that rill has selected, its own first.
 */
export function meetHidden({ us, them }, { offers, ours, lost }) {
  const configurations = { us: { rill: { hostAddresses: ours } } };
  return withPeers({ us, them }, configurations, async ends => {
    const signalling = new Signalling(ends.us, ends.them);
    const [offerer, answerer] = offers === 'us' ? [ends.us, ends.them] : [ends.them, ends.us];
    const talk = async () => {
      const start = performance.now();
      await offerer.perform('channel', { label: 'ordered', ordered: true });
      await signalling.negotiate(offerer, answerer, { lost });
      await Promise.all([ends.us.connected(), ends.them.connected()]);
      const took = performance.now() - start;
      await greet(offerer, answerer);
      await Promise.all([ends.us.ended(), ends.them.ended()]);
      readHidden(ends.them.candidates);
      if (ours === 'mdns') await readOwnHidden(ends.us);
      else readShown(ends.us.candidates);
      const { pair } = await ends.us.perform('selected');
      readPair(pair, ours, lost);
      return { took, pair: `${pair.local.type} → ${pair.remote.type}` };
    };
    try {
      return await signalling.during(talk());
    } finally {
      signalling.hold();
    }
  });
}

function readHidden(candidates) {
  const addresses = addressesOf(candidates);
  assert.notEqual(addresses.length, 0, 'there is no candidate');
  for (const address of addresses) assert.match(address, NAME);
}

/** Neither the candidates nor the description tell an address of this machine. */
async function readOwnHidden(us) {
  readHidden(us.candidates);
  const { description } = await us.perform('local');
  const told = JSON.stringify([description, us.candidates]);
  const own = Object.values(networkInterfaces()).flat().filter(({ internal }) => !internal);
  for (const { address } of own) assert.ok(!told.includes(address), `${address} is told`);
}

function readShown(candidates) {
  const addresses = addressesOf(candidates);
  assert.notEqual(addresses.length, 0, 'there is no candidate');
  for (const address of addresses) assert.ok(isIP(address), address);
}

/** Of the host candidates; there is no server that could find others. */
function addressesOf(candidates) {
  const lines = candidates.filter(candidate => candidate?.candidate).map(({ candidate }) => candidate.split(' '));
  for (const line of lines) assert.equal(line[7], 'host');
  return lines.map(line => line[4]);
}

/** Whose candidates were lost is known to the other by its checks alone (RFC 8445 §7.3.1.3). */
function readPair({ local, remote }, ours, lost) {
  const types = lost === 'them' ? ['prflx'] : lost === 'us' ? ['host'] : ['host', 'prflx'];
  assert.ok(types.includes(remote.type), `the peer is selected as ${remote.type}`);
  assert.ok(['host', 'prflx'].includes(local.type), `this side is selected as ${local.type}`);
  if (remote.type === 'host') assert.match(remote.address, NAME);
  if (local.type === 'host') assert.equal(NAME.test(local.address), ours === 'mdns', local.address);
}
