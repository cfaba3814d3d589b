// RTCRtpTransceiver, the lists of a connection, and what changes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as rill from 'rill-rtc';
import { FakePeerConnection, codecs, installFake, isPending, turns } from './fake_native.mjs';

installFake();

const { MediaStream, RTCPeerConnection } = rill;
const named = (name) => ({ name });

function connect() {
  const pc = new RTCPeerConnection();
  const native = FakePeerConnection.last;
  const called = (wanted) => native.calls.filter(([name]) => name === wanted).map(([, ...rest]) => rest);
  return { pc, native, called };
}

/** A track to send: outside a browser only receivers make tracks. */
function trackOf(kind) {
  return new RTCPeerConnection().addTransceiver(kind).receiver.track;
}

test('addTransceiver makes one of each, and the lists have them', () => {
  const { pc, native } = connect();
  const transceiver = pc.addTransceiver('audio', { direction: 'sendonly' });
  assert.ok(transceiver instanceof rill.RTCRtpTransceiver);
  const { sender, receiver, mid, direction, currentDirection } = transceiver;
  assert.ok(sender instanceof rill.RTCRtpSender);
  assert.ok(receiver instanceof rill.RTCRtpReceiver);
  assert.deepEqual([mid, direction, currentDirection], [null, 'sendonly', null]);
  assert.deepEqual([sender.track, sender.transport, receiver.transport, sender.dtmf], [null, null, null, null]);
  assert.deepEqual(pc.getTransceivers(), [transceiver]);
  assert.deepEqual(pc.getSenders(), [sender]);
  assert.deepEqual(pc.getReceivers(), [receiver]);
  assert.equal(transceiver.sender, sender);
  assert.deepEqual(native.calls.at(-1), [
    'addTransceiver',
    'audio',
    { direction: 'sendonly', streams: [], track: null },
  ]);
});

test('addTransceiver takes a track, streams and encodings, in the order of Web IDL', () => {
  const { pc, native } = connect();
  const track = trackOf('video');
  const stream = new MediaStream();
  const { sender } = pc.addTransceiver(track, { streams: [stream, stream] });
  assert.equal(sender.track, track);
  assert.deepEqual(native.calls.at(-1)[2], {
    direction: 'sendrecv',
    streams: [stream.id],
    track: track.id,
  });
  const read = [];
  const init = new Proxy({}, { get: (_, name) => void read.push(name) });
  pc.addTransceiver('audio', init);
  assert.deepEqual(read, ['direction', 'sendEncodings', 'streams']);
  const before = native.media.size;
  const refused = [
    [],
    ['data'],
    ['audio', 5],
    ['audio', { direction: 'both' }],
    ['audio', { direction: 'stopped' }],
    ['audio', { streams: [{}] }],
    ['audio', { sendEncodings: {} }],
    [Symbol('audio')],
  ];
  for (const args of refused) assert.throws(() => pc.addTransceiver(...args), TypeError);
  assert.equal(native.media.size, before);
  pc.close();
  assert.throws(() => pc.addTransceiver('data'), TypeError, 'before the connection is looked at');
  assert.throws(() => pc.addTransceiver('audio'), named('InvalidStateError'));
});

test('addTrack reuses a sender that has not sent, and refuses what is being sent', () => {
  const { pc, native, called } = connect();
  const waiting = pc.addTransceiver('audio');
  const [track, stream] = [trackOf('audio'), new MediaStream()];
  assert.equal(pc.addTrack(track, stream, stream), waiting.sender);
  assert.equal(waiting.sender.track, track);
  assert.deepEqual(called('addTrack'), [['audio', track.id, [stream.id]]]);
  const other = pc.addTrack(trackOf('audio'));
  assert.notEqual(other, waiting.sender);
  assert.equal(pc.getSenders().length, 2);
  native.refusal = { name: 'InvalidAccessError', message: 'sent already' };
  assert.throws(() => pc.addTrack(track), named('InvalidAccessError'));
  for (const args of [[], [{}], [track, {}]]) assert.throws(() => pc.addTrack(...args), TypeError);
  pc.close();
  assert.throws(() => pc.addTrack(track), named('InvalidStateError'));
});

test('removeTrack takes the track from its sender', () => {
  const { pc, called } = connect();
  const sender = pc.addTrack(trackOf('audio'));
  const stopped = pc.addTransceiver(trackOf('audio'));
  pc.removeTrack(sender);
  assert.equal(sender.track, null);
  assert.deepEqual(pc.getSenders()[0], sender);
  pc.removeTrack(sender);
  assert.equal(called('removeTrack').length, 1, 'there is nothing more to remove');
  const { track } = stopped.sender;
  stopped.stop();
  pc.removeTrack(stopped.sender);
  assert.equal(stopped.sender.track, track);
  const foreign = connect().pc.addTrack(trackOf('audio'));
  assert.throws(() => pc.removeTrack(foreign), named('InvalidAccessError'));
  for (const args of [[], [{}]]) assert.throws(() => pc.removeTrack(...args), TypeError);
  pc.close();
  assert.throws(() => pc.removeTrack(sender), named('InvalidStateError'));
});

test('direction can be set to what it may be', () => {
  const { pc, native, called } = connect();
  const transceiver = pc.addTransceiver('audio');
  transceiver.direction = 'recvonly';
  assert.equal(transceiver.direction, 'recvonly');
  transceiver.direction = 'recvonly';
  transceiver.direction = 'sideways';
  assert.equal(transceiver.direction, 'recvonly', 'an unknown value is ignored');
  assert.equal(called('transceiverSetDirection').length, 1);
  assert.throws(() => (transceiver.direction = 'stopped'), TypeError);
  native.media.get(1).currentDirection = 'sendonly';
  assert.equal(transceiver.currentDirection, 'sendonly');
  transceiver.stop();
  assert.equal(transceiver.direction, 'stopped');
  assert.equal(transceiver.currentDirection, 'sendonly', 'stopping, not stopped');
  assert.throws(() => (transceiver.direction = 'sendrecv'), named('InvalidStateError'));
});

test('stop() ends the track in a task and happens once', async () => {
  const { pc, native, called } = connect();
  const transceiver = pc.addTransceiver('audio');
  const { track } = transceiver.receiver;
  let ended = 0;
  track.onended = () => (ended += 1);
  transceiver.stop();
  transceiver.stop();
  assert.equal(track.readyState, 'live');
  await turns();
  assert.deepEqual([track.readyState, ended], ['ended', 1]);
  assert.equal(called('transceiverStop').length, 1);
  assert.deepEqual(pc.getTransceivers(), [transceiver]);
  native.media.get(1).stopped = true;
  assert.deepEqual([pc.getSenders(), pc.getReceivers()], [[], []]);
  assert.equal(transceiver.currentDirection, 'stopped');
  void pc.setRemoteDescription({ type: 'answer' });
  native.complete(1, [], () => (native.set = []));
  await turns();
  assert.deepEqual(pc.getTransceivers(), []);
  assert.equal(transceiver.direction, 'stopped');
});

test('a remote description makes transceivers and announces their tracks', async () => {
  const { pc, native } = connect();
  let event;
  pc.ontrack = (fired) => (event = fired);
  void pc.setRemoteDescription({ type: 'offer', sdp: 'x' });
  const events = [
    { type: 'signalingstatechange' },
    { type: 'streamadded', transceiver: 1, stream: 'a' },
    { type: 'track', transceiver: 1, streams: ['a'] },
  ];
  native.complete(1, events, () => native.addMedia('video', { direction: 'recvonly', mid: 'v' }));
  await turns();
  assert.ok(event instanceof rill.RTCTrackEvent);
  const [transceiver] = pc.getTransceivers();
  assert.equal(event.transceiver, transceiver);
  assert.equal(event.receiver, transceiver.receiver);
  assert.equal(event.track, transceiver.receiver.track);
  assert.deepEqual(event.streams.map(({ id }) => id), ['a']);
  assert.deepEqual([transceiver.mid, transceiver.direction], ['v', 'recvonly']);
});

test('setCodecPreferences converts codecs and leaves the judgement to the native half', () => {
  const { pc, native, called } = connect();
  const transceiver = pc.addTransceiver('audio');
  const offered = rill.RTCRtpSender.getCapabilities('audio').codecs;
  transceiver.setCodecPreferences(offered);
  transceiver.setCodecPreferences([]);
  assert.deepEqual(called('transceiverSetCodecPreferences'), [[1, codecs.audio], [1, []]]);
  for (const bad of [undefined, 5, [{}], [{ mimeType: 'audio/opus' }]]) {
    assert.throws(() => transceiver.setCodecPreferences(bad), TypeError);
  }
  native.refusal = { name: 'InvalidModificationError', message: 'unknown codec' };
  assert.throws(() => transceiver.setCodecPreferences(offered), named('InvalidModificationError'));
});

// Trickle C18: bindings/node/ts/operations_chain.ts: `if (this.#operations.length === 1) execute();` => `execute();`
test('replaceTrack waits its turn on the operations chain', async () => {
  const { pc, native, called } = connect();
  const { sender } = pc.addTransceiver('audio');
  const track = trackOf('audio');
  const before = pc.setRemoteDescription({ type: 'offer' });
  const replaced = sender.replaceTrack(track);
  assert.ok(await isPending(replaced));
  assert.equal(sender.track, null);
  native.complete(1);
  await before;
  assert.equal(await replaced, undefined);
  assert.equal(sender.track, track);
  await sender.replaceTrack(null);
  assert.equal(sender.track, null);
  assert.deepEqual(called('transceiverReplaceTrack'), [[1, track.id], [1, null]]);
});

// Trickle C18: bindings/node/ts/operations_chain.ts: `(value) => owner.closed() || resolve(value),` => `(value) => resolve(value),`
test('replaceTrack refuses other kinds, stopped transceivers and closed connections', async () => {
  const { pc } = connect();
  const transceiver = pc.addTransceiver('audio');
  const { sender } = transceiver;
  await assert.rejects(sender.replaceTrack(trackOf('video')), TypeError);
  await assert.rejects(sender.replaceTrack(), TypeError);
  await assert.rejects(sender.replaceTrack({}), TypeError);
  transceiver.stop();
  await assert.rejects(sender.replaceTrack(null), named('InvalidStateError'));
  const open = pc.addTransceiver('audio').sender;
  const never = open.replaceTrack(null);
  pc.close();
  assert.ok(await isPending(never));
  await assert.rejects(open.replaceTrack(null), named('InvalidStateError'));
  await assert.rejects(open.replaceTrack(trackOf('video')), TypeError, 'before the chain');
});

test('setStreams names each stream once', () => {
  const { pc, called } = connect();
  const { sender } = pc.addTransceiver('audio');
  const [one, other] = [new MediaStream(), new MediaStream()];
  sender.setStreams(one, other, one);
  sender.setStreams();
  assert.deepEqual(called('transceiverSetStreams'), [[1, [one.id, other.id]], [1, []]]);
  assert.throws(() => sender.setStreams(one, {}), TypeError);
  pc.close();
  assert.throws(() => sender.setStreams(one), named('InvalidStateError'));
});

test('close() stops transceivers, ends their tracks and keeps the lists', async () => {
  const { pc, native } = connect();
  const track = trackOf('audio');
  const transceiver = pc.addTransceiver(track);
  native.media.get(1).mid = '0';
  native.addMedia('video');
  let ended = 0;
  transceiver.receiver.track.onended = () => (ended += 1);
  pc.close();
  assert.equal(pc.getTransceivers().length, 2);
  assert.equal(pc.getTransceivers()[0], transceiver);
  assert.deepEqual([pc.getSenders(), pc.getReceivers()], [[], []]);
  const { mid, direction, currentDirection, sender } = transceiver;
  assert.deepEqual([mid, direction, currentDirection], ['0', 'stopped', 'stopped']);
  assert.equal(sender.track, track);
  assert.equal(track.readyState, 'live', 'what was sent does not end');
  assert.throws(() => transceiver.stop(), named('InvalidStateError'));
  assert.equal(ended, 0);
  await turns();
  assert.equal(ended, 1);
  assert.equal(transceiver.receiver.track.readyState, 'ended');
});

test('the legacy options of createOffer change directions, or add a transceiver', async () => {
  const { pc, native, called } = connect();
  await pc.createOffer({ offerToReceiveAudio: true, iceRestart: 1 });
  assert.deepEqual(called('createOffer'), [[true]]);
  const [audio] = pc.getTransceivers();
  assert.deepEqual([audio.receiver.track.kind, audio.direction], ['audio', 'recvonly']);
  await pc.createOffer({ offerToReceiveAudio: true });
  assert.equal(pc.getTransceivers().length, 1, 'something receives already');
  const both = pc.addTransceiver('audio');
  const video = pc.addTransceiver('video');
  await pc.createOffer({ offerToReceiveAudio: false });
  assert.deepEqual([audio.direction, both.direction, video.direction], ['inactive', 'sendonly', 'sendrecv']);
  await pc.createOffer({ offerToReceiveVideo: undefined });
  assert.equal(video.direction, 'sendrecv');
  await assert.rejects(pc.createOffer(5), TypeError);
  const before = native.media.size;
  pc.close();
  await assert.rejects(pc.createOffer({ offerToReceiveVideo: true }), named('InvalidStateError'));
  assert.equal(pc.getTransceivers().length, before);
});

test('restartIce asks the native half, and nothing of a closed connection', () => {
  const { pc, called } = connect();
  assert.equal(pc.restartIce(), undefined);
  pc.close();
  pc.restartIce();
  assert.equal(called('restartIce').length, 1);
});
