// gatheringComplete(): what ends a wait. The native half is a hand-made one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { FakePeerConnection, installFake, isPending, turns } from './fake_native.mjs';

installFake();

/** Longer than any test takes; a timer that is left behind would hold the process that long. */
const LONG = 60_000;

const server = (url, ...outcomes) => ({
  url,
  relays: false,
  addresses: [],
  outcomes,
  lost: false,
  refusedPeers: [],
});
const silent = { outcome: 'timedOut', text: 'did not answer', elapsedMs: 1800 };

/** A connection that gathers. */
function gathering() {
  const pc = new RTCPeerConnection();
  const native = FakePeerConnection.last;
  native.iceGatheringState = 'gathering';
  native.localDescription = { type: 'offer', sdp: 'v=0\r\n' };
  const candidate = (type) => {
    const line = `candidate:1 1 udp 1 192.0.2.1 1000 typ ${type}`;
    const found = { candidate: line, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'u' };
    native.queue({ events: [{ type: 'icecandidate', candidate: { ...found, url: null } }] }, () => {
      native.localDescription.sdp += `a=${line}\r\n`;
    });
  };
  const complete = () => {
    native.queue({ events: [{ type: 'icegatheringstatechange' }] }, () => {
      native.iceGatheringState = 'complete';
    });
  };
  const tell = (...servers) => {
    native.diagnosis = { transports: [{ generations: [{}, { gathering: { servers } }] }] };
  };
  return { pc, native, candidate, complete, tell };
}

test('by default a wait is for everything', async () => {
  const { pc, candidate, complete, tell } = gathering();
  const asked = server('stun:s.example', silent);
  tell(asked);
  const wait = pc.gatheringComplete();
  for (const type of ['host', 'srflx', 'relay']) candidate(type);
  assert.ok(await isPending(wait));
  complete();
  assert.deepEqual(await wait, { outcome: 'complete', servers: [asked] });
  assert.equal((await pc.gatheringComplete({ deadline: LONG })).outcome, 'complete', 'at once');
});

test('a candidate of the right type is enough', async () => {
  for (const [goodEnough, less, more] of [
    ['any', [], 'host'],
    ['public', ['host'], 'srflx'],
    ['public', ['host'], 'relay'],
    ['relayed', ['host', 'srflx'], 'relay'],
  ]) {
    const { pc, candidate } = gathering();
    const wait = pc.gatheringComplete({ goodEnough, deadline: LONG });
    less.forEach(candidate);
    assert.ok(await isPending(wait), goodEnough);
    candidate(more);
    assert.equal((await wait).outcome, 'good-enough');
    assert.equal((await pc.gatheringComplete({ goodEnough })).outcome, 'good-enough', 'there already');
  }
});

test('the grace begins with what is enough, and completion ends it', async () => {
  const { pc, candidate, complete } = gathering();
  const [brief, patient] = [1, LONG].map((grace) => pc.gatheringComplete({ goodEnough: 'any', grace }));
  assert.ok(await isPending(brief));
  candidate('host');
  assert.equal((await brief).outcome, 'good-enough');
  assert.ok(await isPending(patient));
  complete();
  assert.equal((await patient).outcome, 'complete');
});

test('a deadline ends a wait that nothing else does, also before there is anything to gather', async () => {
  const idle = new RTCPeerConnection();
  assert.deepEqual(await idle.gatheringComplete({ deadline: 1 }), { outcome: 'deadline', servers: [] });
  const { pc, candidate, tell } = gathering();
  tell(server('stun:s.example'));
  candidate('host');
  const wait = pc.gatheringComplete({ deadline: 1, goodEnough: 'public', grace: LONG });
  assert.deepEqual(await wait, { outcome: 'deadline', servers: [server('stun:s.example')] });
  for (const deadline of [null, undefined, Infinity, 2 ** 31]) {
    assert.ok(await isPending(pc.gatheringComplete({ deadline })), String(deadline));
  }
});

test('closing the connection ends a wait, and a closed one has nothing to wait for', async () => {
  const { pc, native, tell } = gathering();
  tell(server('stun:s.example'));
  const wait = pc.gatheringComplete({ deadline: LONG });
  const close = native.close.bind(native);
  native.close = () => {
    tell();
    close();
  };
  pc.close();
  assert.deepEqual(await wait, { outcome: 'closed', servers: [server('stun:s.example')] });
  assert.deepEqual(await pc.gatheringComplete(), { outcome: 'closed', servers: [] });
});

test('a wait looks after the tasks that wait: its call may follow a restart', async () => {
  const { pc, native, complete } = gathering();
  native.iceGatheringState = 'complete';
  native.cause({ events: [{ type: 'icegatheringstatechange' }] }, () => {
    native.iceGatheringState = 'gathering';
  });
  const wait = pc.gatheringComplete();
  assert.ok(await isPending(wait));
  complete();
  assert.equal((await wait).outcome, 'complete');
});

test('progress has every server, each time that something came of one', async () => {
  const { pc, native, complete, tell } = gathering();
  const news = () => native.queue({ events: [{ type: 'server' }] });
  const told = [];
  const wait = pc.gatheringComplete({ progress: (servers) => told.push(servers) });
  void pc.gatheringComplete();
  const [one, two] = [server('stun:a.example'), server('stun:b.example', silent)];
  tell(one, two);
  news();
  await turns();
  assert.deepEqual(told, [[one, two]]);
  tell({ ...one, outcomes: [silent] }, two);
  news();
  complete();
  const { servers } = await wait;
  assert.deepEqual(told.slice(1), [servers]);
  news();
  await turns();
  assert.equal(told.length, 2, 'none after the wait');
});

test('what is wrong with a wait rejects it', async () => {
  const pc = new RTCPeerConnection();
  for (const [wait, name, message] of [
    [2000, 'TypeError', 'gatheringComplete: 2000 is not an object.'],
    [{ good_enough: 'any' }, 'TypeError', /^gatheringComplete has no member 'good_enough'; it has/],
    [{ goodEnough: 'all' }, 'TypeError', /^gatheringComplete\.goodEnough: 'all' is not/],
    [{ deadline: '2s' }, 'TypeError', 'gatheringComplete.deadline is not a number of milliseconds.'],
    [{ deadline: 1n }, 'TypeError', /^gatheringComplete\.deadline: a bigint/],
    [{ deadline: -1 }, 'RangeError', /^gatheringComplete\.deadline: -1 milliseconds/],
    [{ grace: -1 }, 'RangeError', /^gatheringComplete\.grace/],
    [{ progress: {} }, 'TypeError', 'gatheringComplete.progress: the value is not a function.'],
  ]) {
    await assert.rejects(pc.gatheringComplete(wait), { name, message }, String(message));
  }
});
