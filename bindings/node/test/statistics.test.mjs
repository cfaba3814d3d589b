// getStats: the map, and what is selected. What the core tells is in stats.test.mjs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCPeerConnection, RTCStatsReport } from 'rill-rtc';
import { FakePeerConnection, installFake, isPending, turns } from './fake_native.mjs';

installFake();

const named = (name) => ({ name });

function connect() {
  const pc = new RTCPeerConnection();
  return { pc, native: FakePeerConnection.last };
}

test('a report is a map that cannot change', async () => {
  const { pc, native } = connect();
  native.statistics = [{ id: 'one', type: 'peer-connection', dataChannelsOpened: 2 }];
  const report = await pc.getStats();
  assert.ok(report instanceof RTCStatsReport);
  assert.equal(report.size, 1);
  const [[id, stats]] = report;
  assert.deepEqual([...report.keys()], [id]);
  assert.deepEqual([...report.entries()], [[id, stats]]);
  assert.equal(report.get(id), stats);
  assert.equal(report.has('other'), false);
  const seen = [];
  report.forEach(function (...args) {
    seen.push([this, ...args]);
  }, 'me');
  assert.deepEqual(seen.map(([self, ...rest]) => [String(self), ...rest]), [['me', stats, id, report]]);
  assert.equal(report.set, undefined);
  assert.equal(RTCStatsReport.prototype[Symbol.iterator], RTCStatsReport.prototype.entries);
  assert.equal(stats.id, id);
  assert.equal(stats.dataChannelsOpened, 2);
  native.statistics = [];
  assert.equal(report.size, 1);
  assert.throws(() => new RTCStatsReport(), TypeError);
  assert.equal(String(report), '[object RTCStatsReport]');
});

test('a report is of the moment at which its task runs', async () => {
  const { pc, native } = connect();
  const asked = performance.timeOrigin + performance.now();
  const promise = pc.getStats();
  native.statistics = [{ id: 'late', type: 'peer-connection' }];
  const { timestamp } = (await promise).get('late');
  assert.ok(timestamp >= asked && timestamp <= performance.timeOrigin + performance.now());
});

test('a selector is a track of exactly one sender or receiver', async () => {
  const { pc, native } = connect();
  native.statistics = [{ id: 'one', type: 'peer-connection' }];
  const { track } = pc.addTransceiver('audio').receiver;
  assert.equal((await pc.getStats(track)).size, 0);
  assert.ok((await pc.getStats(null)).size > 0);
  const foreign = connect().pc.addTransceiver('audio').receiver.track;
  await assert.rejects(pc.getStats(foreign), named('InvalidAccessError'));
  pc.addTransceiver(track);
  await assert.rejects(pc.getStats(track), named('InvalidAccessError'));
  await assert.rejects(pc.getStats({}), TypeError);
});

test('senders and receivers know nothing without media, and say it in a task', async () => {
  const { sender, receiver } = connect().pc.addTransceiver('audio');
  for (const end of [sender, receiver]) {
    const promise = end.getStats();
    assert.equal((await promise).size, 0);
    await assert.rejects(Object.getPrototypeOf(end).getStats.call({}), TypeError);
  }
  assert.equal(await isPending(sender.getStats()), false);
});
