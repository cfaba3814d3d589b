// MediaStream and MediaStreamTrack, without capture.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as rill from 'rill-rtc';
import { FakePeerConnection, installFake, turns } from './fake_native.mjs';

installFake();

const { MediaStream, MediaStreamTrack, MediaStreamTrackEvent, RTCPeerConnection } = rill;

function tracks() {
  const pc = new RTCPeerConnection();
  const audio = pc.addTransceiver('audio').receiver.track;
  const video = pc.addTransceiver('video').receiver.track;
  return { pc, native: FakePeerConnection.last, audio, video };
}

test('a receiver has a live, muted track', () => {
  const { audio } = tracks();
  assert.ok(audio instanceof MediaStreamTrack);
  const { kind, id, label, enabled, muted, readyState } = audio;
  assert.deepEqual({ kind, id, label, enabled, muted, readyState }, {
    kind: 'audio',
    id: 'receiver 1',
    label: 'remote audio',
    enabled: true,
    muted: true,
    readyState: 'live',
  });
  audio.enabled = 0;
  assert.equal(audio.enabled, false);
  assert.throws(() => (audio.kind = 'video'), TypeError);
});

test('clones have an id of their own and live on', async () => {
  const { audio, native } = tracks();
  let ended = 0;
  audio.onended = () => (ended += 1);
  audio.enabled = false;
  const clone = audio.clone();
  assert.notEqual(clone.id, audio.id);
  assert.deepEqual([clone.kind, clone.label, clone.enabled], ['audio', 'remote audio', false]);
  native.media.get(1).muted = false;
  assert.deepEqual([audio.muted, clone.muted], [false, false]);
  audio.stop();
  assert.deepEqual([audio.readyState, clone.readyState], ['ended', 'live']);
  assert.equal(audio.clone().readyState, 'ended');
  await turns();
  assert.equal(ended, 0, 'stop() fires nothing');
});

test('constructors of streams', () => {
  const { audio, video } = tracks();
  const empty = new MediaStream();
  assert.match(empty.id, /^[0-9a-f-]{36}$/);
  assert.equal(empty.active, false);
  const stream = new MediaStream([video, audio, video]);
  assert.deepEqual(stream.getTracks(), [video, audio]);
  const same = new MediaStream(stream);
  assert.deepEqual(same.getTracks(), [video, audio]);
  assert.notEqual(same.id, stream.id);
  for (const bad of [null, undefined, 5, {}, [5], [{}]]) {
    assert.throws(() => new MediaStream(bad), TypeError);
  }
  const clone = stream.clone();
  assert.notEqual(clone.id, stream.id);
  assert.deepEqual(clone.getTracks().map(({ kind }) => kind), ['video', 'audio']);
  assert.ok(!clone.getTracks().includes(video));
});

test('tracks come and go without events when the page does it', async () => {
  const { audio, video } = tracks();
  const stream = new MediaStream();
  stream.onaddtrack = stream.onremovetrack = () => assert.fail('an event');
  stream.addTrack(audio);
  stream.addTrack(audio);
  stream.addTrack(video);
  assert.deepEqual(stream.getTracks(), [audio, video]);
  assert.deepEqual(stream.getAudioTracks(), [audio]);
  assert.deepEqual(stream.getVideoTracks(), [video]);
  assert.equal(stream.getTrackById(video.id), video);
  assert.equal(stream.getTrackById('other'), null);
  assert.equal(stream.active, true);
  audio.stop();
  stream.removeTrack(video);
  stream.removeTrack(video);
  assert.equal(stream.active, false);
  for (const name of ['addTrack', 'removeTrack', 'getTrackById']) {
    assert.throws(() => stream[name](), TypeError, name);
  }
  assert.throws(() => stream.addTrack({}), TypeError);
  await turns();
});

test('the peer adds tracks to streams and removes them, with events', async () => {
  const { pc, native, audio } = tracks();
  const seen = [];
  let stream;
  pc.ontrack = (event) => {
    [stream] = event.streams;
    assert.deepEqual(stream.getTracks(), [audio], 'the stream has the track already');
    seen.push(`track ${stream.id}`);
  };
  const track = { type: 'track', transceiver: 1, streams: ['s'] };
  native.queue({ events: [{ type: 'streamadded', transceiver: 1, stream: 's' }, track] });
  await turns();
  for (const type of ['addtrack', 'removetrack']) {
    stream.addEventListener(type, (event) => {
      assert.ok(event instanceof MediaStreamTrackEvent);
      seen.push(`${type} ${event.track.kind} ${stream.getTracks().length}`);
    });
  }
  audio.onmute = () => seen.push('mute');
  const remove = { type: 'streamremoved', transceiver: 1, stream: 's' };
  const add = { type: 'streamadded', transceiver: 2, stream: 's' };
  native.queue({ events: [{ type: 'mute', transceiver: 1 }, remove, add, add] });
  await turns();
  const order = ['track s', 'mute', 'removetrack audio 0', 'addtrack video 1'];
  assert.deepEqual(seen, order);
});

test('MediaStreamTrackEvent and RTCTrackEvent convert their dictionaries', () => {
  const { pc, audio } = tracks();
  const [transceiver] = pc.getTransceivers();
  const { receiver } = transceiver;
  assert.throws(() => new MediaStreamTrackEvent('x'), TypeError);
  assert.throws(() => new MediaStreamTrackEvent('x', { track: {} }), TypeError);
  assert.equal(new MediaStreamTrackEvent('x', { track: audio }).track, audio);
  const init = { receiver, track: audio, transceiver };
  for (const name of Object.keys(init)) {
    const { [name]: _, ...rest } = init;
    assert.throws(() => new rill.RTCTrackEvent('track', rest), TypeError, name);
  }
  assert.throws(() => new rill.RTCTrackEvent('track', { ...init, streams: null }), TypeError);
  assert.throws(() => new rill.RTCTrackEvent('track', { ...init, streams: [{}] }), TypeError);
  const stream = new MediaStream();
  const event = new rill.RTCTrackEvent('track', { ...init, streams: [stream] });
  assert.equal(event.receiver, receiver);
  assert.equal(event.track, audio);
  assert.equal(event.transceiver, transceiver);
  assert.deepEqual(event.streams, [stream]);
  assert.equal(event.streams, event.streams);
  assert.ok(Object.isFrozen(event.streams));
  assert.deepEqual(new rill.RTCTrackEvent('track', init).streams, []);
});
