// Data channels between two connections.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { connected, next, opened } from './peers.mjs';

let peers;
before(async () => (peers = await connected()));
after(() => peers.close());

async function received(channel, send) {
  const message = next(channel, 'message');
  send();
  return (await message).data;
}

test('strings and bytes of every size arrive as they were sent', async () => {
  const { near, far } = peers;
  for (const size of [0, 1, 1200, 65_536, 262_144]) {
    const bytes = randomBytes(size);
    const text = 'é'.repeat(size / 2) + 'x'.repeat(size % 2);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      const data = await received(to, () => from.send(bytes));
      assert.ok(data instanceof ArrayBuffer);
      assert.ok(Buffer.from(data).equals(bytes), `${size} bytes`);
      assert.equal(await received(to, () => from.send(text)), text);
    }
  }
});

test('one byte more than the peer takes is a TypeError, and the channel lives on', async () => {
  const { near, far } = peers;
  assert.throws(() => near.send(new Uint8Array(262_145)), TypeError);
  assert.throws(() => near.send('x'.repeat(262_145)), TypeError);
  assert.throws(() => near.send(new Blob([new Uint8Array(262_145)])), TypeError);
  assert.equal(await received(far, () => near.send('still open')), 'still open');
});

test('Blobs are sent in order, and received when asked for', async () => {
  const { near, far } = peers;
  const messages = [];
  far.binaryType = 'blob';
  const done = new Promise((resolve) => {
    far.onmessage = ({ data }) => {
      messages.push(data);
      if (messages.length === 3) resolve();
    };
  });
  near.send(new Blob(['first']));
  near.send('second');
  near.send(new Blob(['third']));
  await done;
  far.onmessage = null;
  far.binaryType = 'arraybuffer';
  assert.ok(messages[0] instanceof Blob);
  const texts = messages.map((data) => (typeof data === 'string' ? data : data.text()));
  assert.deepEqual(await Promise.all(texts), ['first', 'second', 'third']);
});

test('bufferedAmount grows with send, and bufferedamountlow fires when it has fallen', async () => {
  const { near, far } = peers;
  const before = near.bufferedAmount;
  assert.equal(before, 0);
  near.bufferedAmountLowThreshold = 100_000;
  const low = next(near, 'bufferedamountlow');
  let bytes = 0;
  const all = new Promise((resolve) => {
    far.onmessage = ({ data }) => {
      bytes += data.byteLength;
      if (bytes === 1_000_000) resolve();
    };
  });
  for (let sent = 0; sent < 10; sent += 1) near.send(new Uint8Array(100_000));
  assert.equal(near.bufferedAmount, 1_000_000);
  await low;
  assert.ok(near.bufferedAmount <= 100_000);
  await all;
  far.onmessage = null;
});

test('two messages are two tasks', async () => {
  const { near, far } = peers;
  const order = [];
  const done = new Promise((resolve) => {
    far.onmessage = ({ data }) => {
      order.push(data);
      Promise.resolve()
        .then(() => order.push(`${data}+`))
        .then(() => data === '19' && resolve());
    };
  });
  for (let index = 0; index < 20; index += 1) near.send(`${index}`);
  await done;
  far.onmessage = null;
  const expected = Array.from({ length: 20 }, (_, index) => [`${index}`, `${index}+`]).flat();
  assert.deepEqual(order, expected);
});

test('a channel made later is announced with its properties', async () => {
  const { offerer, answerer } = peers;
  const init = { ordered: false, maxRetransmits: 2, protocol: 'proto' };
  const announced = next(answerer, 'datachannel');
  const near = offerer.createDataChannel('later', init);
  const { channel: far } = await announced;
  assert.equal(far.readyState, 'open');
  await Promise.all([opened(near), next(far, 'open')]);
  for (const channel of [near, far]) {
    assert.equal(channel.label, 'later');
    assert.equal(channel.ordered, false);
    assert.equal(channel.maxRetransmits, 2);
    assert.equal(channel.maxPacketLifeTime, null);
    assert.equal(channel.protocol, 'proto');
    assert.equal(channel.negotiated, false);
  }
  assert.equal(near.id, far.id);
  assert.equal(await received(far, () => near.send('x')), 'x');
  near.close();
  await next(near, 'close');
});

test('close delivers what was sent, and is seen on both sides', async () => {
  const { offerer, answerer } = peers;
  const announced = next(answerer, 'datachannel');
  const near = offerer.createDataChannel('closing');
  const { channel: far } = await announced;
  await Promise.all([opened(near), opened(far)]);
  const events = [];
  near.onclosing = () => events.push('near closing');
  far.onmessage = ({ data }) => events.push(`far ${data.byteLength}`);
  far.onclosing = () => events.push(`far closing ${far.readyState}`);
  far.onclose = () => events.push(`far ${far.readyState}`);
  const ends = Promise.all([next(near, 'close'), next(far, 'close')]);
  near.send(new Uint8Array(200_000));
  near.close();
  assert.equal(near.readyState, 'closing');
  assert.throws(() => near.send('late'), { name: 'InvalidStateError' });
  await ends;
  assert.deepEqual(events, ['far 200000', 'far closing closing', 'far closed']);
  assert.equal(near.readyState, 'closed');
  assert.equal(near.label, 'closing');
});

test('negotiated channels meet by their id', async () => {
  const { near, far, close } = await connected({ negotiated: true, id: 7, maxPacketLifeTime: 500 });
  assert.equal(near.id, 7);
  assert.equal(far.maxPacketLifeTime, 500);
  assert.equal(await received(near, () => far.send('x')), 'x');
  close();
});

test('createDataChannel refuses what contradicts itself', () => {
  const pc = new RTCPeerConnection();
  const long = 'x'.repeat(65_536);
  const refused = [
    [long],
    ['', { protocol: long }],
    ['', { negotiated: true }],
    ['', { negotiated: true, id: 65_535 }],
    ['', { maxRetransmits: 1, maxPacketLifeTime: 1 }],
  ];
  for (const args of refused) assert.throws(() => pc.createDataChannel(...args), TypeError);
  pc.createDataChannel('', { negotiated: true, id: 1 });
  const again = () => pc.createDataChannel('', { negotiated: true, id: 1 });
  assert.throws(again, { name: 'OperationError' });
  assert.equal(pc.createDataChannel('', { id: 5 }).id, null);
  pc.close();
});
