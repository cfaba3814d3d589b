// RTCDataChannel over a hand-made native half.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as rill from 'rill-rtc';
import { FakePeerConnection, installFake, turns } from './fake_native.mjs';

installFake();

const named = (name) => ({ name });

function open(init) {
  const pc = new rill.RTCPeerConnection();
  const channel = pc.createDataChannel('label', init);
  const native = FakePeerConnection.last;
  const state = native.channels.get(1);
  state.readyState = 'open';
  return { pc, channel, native, state };
}

test('createDataChannel converts its arguments', () => {
  const pc = new rill.RTCPeerConnection();
  assert.throws(() => pc.createDataChannel(), TypeError);
  const channel = pc.createDataChannel('\ud800', { protocol: undefined, ordered: 0 });
  assert.ok(channel instanceof rill.RTCDataChannel);
  assert.equal(channel.label, '\ufffd');
  assert.equal(channel.ordered, false);
  assert.equal(channel.protocol, '');
  assert.equal(channel.maxRetransmits, null);
  assert.equal(channel.maxPacketLifeTime, null);
  assert.equal(channel.negotiated, false);
  assert.equal(channel.id, null);
  assert.equal(channel.binaryType, 'arraybuffer');
  assert.equal(channel.readyState, 'connecting');
  assert.equal(pc.createDataChannel(null).label, 'null');
  assert.equal(pc.createDataChannel('', { maxRetransmits: 65535.9 }).maxRetransmits, 65535);
  for (const init of [{ id: -1 }, { id: 65536 }, { maxRetransmits: 65536 }, { maxPacketLifeTime: 'x' }, 5]) {
    assert.throws(() => pc.createDataChannel('', init), TypeError);
  }
  FakePeerConnection.last.createDataChannel = () => {
    throw Object.assign(new Error('in use'), { name: 'OperationError' });
  };
  assert.throws(() => pc.createDataChannel(''), named('OperationError'));
});

test('send takes strings, buffers, views and Blobs', async () => {
  const { channel, state } = open();
  channel.send('text \ud800');
  const bytes = new Uint8Array([1, 2, 3, 4]);
  channel.send(bytes.buffer);
  channel.send(bytes.subarray(1, 3));
  channel.send(new DataView(bytes.buffer, 3));
  channel.send(7);
  channel.send(new Blob(['blob']));
  assert.throws(() => channel.send(), TypeError);
  assert.throws(() => channel.send(null), TypeError);
  assert.throws(() => channel.send(undefined), TypeError);
  assert.throws(() => channel.send(new SharedArrayBuffer(1)), TypeError);
  await turns();
  const blob = new TextEncoder().encode('blob');
  assert.deepEqual(state.sent, [
    'text \ufffd',
    bytes,
    bytes.slice(1, 3),
    bytes.slice(3),
    '7',
    blob,
  ]);
});

test('send needs an open channel', () => {
  const { channel, state } = open();
  for (const readyState of ['connecting', 'closing', 'closed']) {
    state.readyState = readyState;
    assert.throws(() => channel.send('x'), named('InvalidStateError'));
  }
});

test('what is sent after a Blob stays after it, and counts as buffered', async () => {
  const { channel, state } = open();
  const reused = new Uint8Array([1]);
  channel.send(new Blob(['12345']));
  channel.send('é');
  channel.send(reused);
  reused[0] = 9;
  channel.send(new Blob(['67']));
  assert.equal(channel.bufferedAmount, 5 + 2 + 1 + 2);
  assert.deepEqual(state.sent, []);
  await turns(10);
  assert.deepEqual(state.sent.map(String), ['49,50,51,52,53', 'é', '1', '54,55']);
  assert.equal(channel.bufferedAmount, state.bufferedAmount);
});

test('a Blob or a message behind it that is too large is a TypeError', async () => {
  const { channel, native, state } = open();
  native.maxMessageSize = 4;
  assert.throws(() => channel.send(new Blob(['12345'])), TypeError);
  channel.send(new Blob(['1234']));
  assert.throws(() => channel.send('12345'), TypeError);
  await turns(10);
  assert.equal(state.sent.length, 1);
});

test('close waits for a Blob that is being read', async () => {
  const { channel, state } = open();
  channel.send(new Blob(['x']));
  channel.close();
  assert.equal(channel.readyState, 'closing');
  assert.throws(() => channel.send('y'), named('InvalidStateError'));
  assert.equal(state.closed, 0);
  await turns(10);
  assert.equal(state.sent.length, 1);
  assert.equal(state.closed, 1);
  channel.close();
  assert.equal(state.closed, 1);
});

test('a Blob that cannot be read ends the channel with an error', async () => {
  const { channel, state } = open();
  const blob = new Blob(['x']);
  blob.arrayBuffer = () => Promise.reject(new Error('gone'));
  let error;
  channel.onerror = (event) => (error = event.error);
  channel.send(blob);
  channel.send('dropped');
  await turns(10);
  assert.ok(error instanceof rill.RTCError);
  assert.equal(error.errorDetail, 'data-channel-failure');
  assert.equal(error.message, 'gone');
  assert.deepEqual(state.sent, []);
  assert.equal(state.closed, 1);
});

test('messages arrive as the binary type says', async () => {
  const { channel, native } = open();
  const received = [];
  channel.onmessage = (event) => received.push(event);
  const message = (data) => native.queue({ events: [{ type: 'message', channel: 1, data }] });
  message('text');
  message(new Uint8Array([1, 2]).buffer);
  message(new ArrayBuffer(2));
  await turns();
  assert.ok(received.every((event) => event instanceof MessageEvent && event.target === channel));
  assert.equal(received[0].data, 'text');
  assert.ok(received[1].data instanceof ArrayBuffer);
  assert.equal(received[2].data.byteLength, 2);
  channel.binaryType = 'other';
  assert.equal(channel.binaryType, 'arraybuffer');
  channel.binaryType = 'blob';
  message(new Uint8Array([65]).buffer);
  await turns();
  assert.ok(received[3].data instanceof Blob);
  assert.equal(await received[3].data.text(), 'A');
  channel.close();
  message('late');
  await turns();
  assert.equal(received.length, 4);
});

test('the channel of a datachannel event is the one later events fire at', async () => {
  const pc = new rill.RTCPeerConnection();
  const native = FakePeerConnection.last;
  native.createDataChannel('remote', { ordered: true, id: 5 });
  const order = [];
  let channel;
  pc.ondatachannel = (event) => {
    assert.ok(event instanceof rill.RTCDataChannelEvent);
    channel = event.channel;
    channel.onopen = () => order.push('open');
    channel.onclosing = () => order.push('closing');
    channel.onerror = (failed) => order.push(`error ${failed.error.message}`);
    channel.onclose = () => order.push(`close ${channel.readyState}`);
  };
  native.queue({ events: [{ type: 'datachannel', channel: 1 }] });
  native.queue({ events: [{ type: 'open', channel: 1 }] });
  native.queue({ events: [{ type: 'closing', channel: 1 }] });
  const error = { errorDetail: 'sctp-failure', message: 'm' };
  native.queue({ events: [{ type: 'error', channel: 1, error }, { type: 'close', channel: 1 }] });
  await turns(10);
  assert.deepEqual(order, ['open', 'closing', 'error m', 'close closed']);
  assert.deepEqual(native.forgotten, [1]);
  native.channels.clear();
  assert.equal(channel.id, 5);
  assert.equal(channel.readyState, 'closed');
  assert.equal(channel.bufferedAmount, 0);
});

test('closing the connection closes its channels without an event', async () => {
  const { pc, channel, state, native } = open();
  channel.onclose = () => assert.fail('close fired');
  channel.send('abc');
  channel.send(new Blob(['x']));
  pc.close();
  native.channels.clear();
  assert.equal(channel.readyState, 'closed');
  assert.equal(channel.bufferedAmount, 4);
  channel.bufferedAmountLowThreshold = 3;
  channel.close();
  await turns(10);
  assert.equal(state.sent.length, 1);
});

test('bufferedamountlow waits for what a Blob holds back', async () => {
  const { channel, native, state } = open();
  let fired = 0;
  channel.onbufferedamountlow = () => (fired += 1);
  channel.bufferedAmountLowThreshold = 2;
  assert.equal(state.threshold, 2);
  assert.throws(() => (channel.bufferedAmountLowThreshold = 2 ** 32), TypeError);
  assert.throws(() => (channel.bufferedAmountLowThreshold = -1), TypeError);
  const low = () => native.queue({ events: [{ type: 'bufferedamountlow', channel: 1 }] });
  const blob = new Blob(['12345']);
  let arrived;
  blob.arrayBuffer = () => new Promise((resolve) => (arrived = resolve));
  channel.send(blob);
  low();
  await turns();
  assert.equal(fired, 0);
  arrived(new ArrayBuffer(5));
  await turns();
  state.bufferedAmount = 2;
  low();
  await turns();
  assert.equal(fired, 1);
});
