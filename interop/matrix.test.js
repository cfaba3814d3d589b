// rill and each other stack, each offering, in each way of signalling.
//
// RILL_INTEROP_SUBJECT=wrtc puts libwebrtc in rill's place: if that fails too, the fault is here.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserPeer } from './peers/browser.js';
import { rill, wrtc } from './peers/node.js';
import { MODES, connect, maxMessageSize } from './signalling.js';

const subject = process.env.RILL_INTEROP_SUBJECT === 'wrtc' ? wrtc : rill;
const KIB = 1024;
const SIZES = [0, 1, 64 * KIB, 256 * KIB];
const CHANNELS = { ordered: {}, unordered: { ordered: false } };

const others = {
  chromium: () => browserPeer('chromium'),
  firefox: () => browserPeer('firefox'),
  wrtc: () => wrtc,
};

for (const [name, start] of Object.entries(others)) {
  describe(`${subject.name} and ${name}`, () => {
    let other;
    before(async () => { other = await start(); }, { timeout: 60_000 });
    after(() => other?.close());

    for (const mode of Object.keys(MODES)) {
      test(`${subject.name} offers, ${mode}`, { timeout: 60_000 }, () => meet(subject, other, mode));
      test(`${name} offers, ${mode}`, { timeout: 60_000 }, () => meet(other, subject, mode));
    }
  });
}

async function meet(offering, answering, mode) {
  const offerer = await offering.connection();
  const answerer = await answering.connection();
  try {
    for (const [label, init] of Object.entries(CHANNELS)) offerer.createChannel(label, init);
    const session = await connect(offerer, answerer, MODES[mode]);
    assertSignalling(session, mode, { offering, answering });
    await assertTrickleSeen(offerer, answerer, mode);
    for (const [label, { ordered = true }] of Object.entries(CHANNELS)) {
      for (const end of [offerer, answerer]) {
        assert.deepEqual(await end.opened(label), { ordered, readyState: 'open' });
      }
      await exchange(offerer, answerer, label, maxMessageSize(session.answer));
      await exchange(answerer, offerer, label, maxMessageSize(session.offer));
    }
    await channelOfTheAnswerer(offerer, answerer);
  } catch (error) {
    // Node's reporters show nothing of a DOMException.
    throw error instanceof DOMException ? new Error(`${error.name}: ${error.message}`) : error;
  } finally {
    await Promise.all([offerer.close(), answerer.close()]);
  }
}

function assertSignalling({ offer, answer, offered, answered }, mode, { offering, answering }) {
  const hasToken = ({ sdp }) => /^a=ice-options:(.* )?trickle( |$)/m.test(sdp.replaceAll('\r', ''));
  const count = ({ sdp }) => sdp.match(/^a=candidate:/gm)?.length ?? 0;
  const { offerComplete, answerComplete, token } = MODES[mode];
  assert.equal(hasToken(offer), token);
  assert.equal(hasToken(answer), token);
  for (const [peer, description, complete] of [
    [offering, offer, offerComplete],
    [answering, answer, answerComplete],
  ]) {
    if (complete) assert.notEqual(count(description), 0);
    // The W3C's order; libwebrtc runs ahead of it.
    else if (peer === rill) assert.equal(count(description), 0);
  }
  for (const [peer, candidates] of [[offering, offered], [answering, answered]]) {
    if (candidates.length === 0) continue;
    assert.equal(candidates.indexOf(null), candidates.length - 1, 'one null, and it is the last');
    // rill marks the end of each transport as well (W3C WebRTC §4.8.1.3).
    if (peer === rill) assert.equal(candidates.at(-2).candidate, '');
    if (isBrowser(peer)) {
      const named = candidates.some(candidate => candidate?.candidate.includes('.local '));
      assert.ok(named, 'a browser with default settings hides its addresses');
    }
  }
}

/** Each side must have read the other's token, or its absence. */
async function assertTrickleSeen(offerer, answerer, mode) {
  for (const end of [offerer, answerer]) {
    const { canTrickle } = await end.state();
    assert.equal(canTrickle, MODES[mode].token);
  }
}

/** Every size that the receiver takes, as one burst, so that order can go wrong. */
async function exchange(sender, receiver, label, limit) {
  const sizes = SIZES.filter(size => size <= limit);
  const messages = sizes.flatMap(size => [['binary', size], ['text', size]]);
  const sent = [];
  for (const [seed, [kind, size]] of messages.entries()) {
    sent.push(await sender.send(label, kind, size, seed + 7));
  }
  const received = [];
  while (received.length < sent.length) received.push(await receiver.receive(label));
  if (label === 'unordered') [sent, received].forEach(list => list.sort(byHash));
  assert.deepEqual(received, sent);
}

/** The other parity of stream identifiers, and the closing of a channel from the far side. */
async function channelOfTheAnswerer(offerer, answerer) {
  await answerer.createChannel('late', {});
  await Promise.all([offerer.opened('late'), answerer.opened('late')]);
  const sent = await offerer.send('late', 'text', 20, 3);
  assert.deepEqual(await answerer.receive('late'), sent);
  await offerer.closeChannel('late');
  await Promise.all([offerer.channelClosed('late'), answerer.channelClosed('late')]);
}

function byHash(one, other) {
  return one.hash - other.hash || one.length - other.length || one.kind.localeCompare(other.kind);
}

function isBrowser(peer) {
  return peer.name !== 'rill' && peer.name !== 'wrtc';
}
