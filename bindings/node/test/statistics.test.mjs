// getStats, as far as the objects of a connection know something of themselves.

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

function candidate(port, text = `candidate:1 1 udp 5 192.0.2.1 ${port} typ host`) {
  return { candidate: text, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'u', url: null };
}

const ofType = (report, wanted) => [...report.values()].filter(({ type }) => type === wanted);

test('a report is a map that cannot change', async () => {
  const { pc } = connect();
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
  assert.equal(stats.type, 'peer-connection');
  assert.ok(Math.abs(stats.timestamp - Date.now()) < 1000);
  assert.equal((await pc.getStats()).has(id), true, 'ids stay');
  assert.equal((await connect().pc.getStats()).has(id), false, 'and cannot be guessed');
});

test('channels are counted and described', async () => {
  const { pc, native } = connect();
  pc.createDataChannel('a', { protocol: 'p' });
  pc.createDataChannel('b');
  native.channels.get(1).id = 4;
  native.queue({ events: [{ type: 'open', channel: 1 }, { type: 'open', channel: 2 }] });
  native.queue({ events: [{ type: 'closing', channel: 2 }, { type: 'close', channel: 2 }] });
  await turns();
  const report = await pc.getStats();
  const [{ dataChannelsOpened, dataChannelsClosed }] = ofType(report, 'peer-connection');
  assert.deepEqual([dataChannelsOpened, dataChannelsClosed], [2, 1]);
  const [{ id, timestamp, type, ...members }] = ofType(report, 'data-channel');
  const expected = { label: 'a', protocol: 'p', dataChannelIdentifier: 4, state: 'connecting' };
  assert.deepEqual(members, expected);
  pc.close();
  const [atEnd] = ofType(await pc.getStats(), 'peer-connection');
  assert.equal(atEnd.dataChannelsClosed, 2);
});

test('transports are described with their candidates and the selected pair', async () => {
  const { pc, native } = connect();
  native.sctp = { transport: 1, state: 'connected', maxMessageSize: 1, maxChannels: 1 };
  native.addMedia('audio', { transport: 1 });
  native.dtls.set(1, { state: 'connected', remoteCertificates: [] });
  native.ice.set(1, {
    role: 'controlling',
    state: 'connected',
    gatheringState: 'complete',
    selectedPair: { local: candidate(1), remote: candidate(0, '') },
    localCandidates: [candidate(1), candidate(2)],
    remoteCandidates: [],
    localParameters: { usernameFragment: 'u', password: 'p' },
    remoteParameters: null,
  });
  const report = await pc.getStats();
  const [transport, ...others] = ofType(report, 'transport');
  assert.deepEqual(others, []);
  const { dtlsState, iceState, iceRole, iceLocalUsernameFragment } = transport;
  assert.deepEqual([dtlsState, iceState, iceRole], ['connected', 'connected', 'controlling']);
  assert.equal(iceLocalUsernameFragment, 'u');
  const pair = report.get(transport.selectedCandidatePairId);
  assert.deepEqual([pair.type, pair.state, pair.nominated], ['candidate-pair', 'succeeded', true]);
  assert.equal(pair.transportId, transport.id);
  const local = report.get(pair.localCandidateId);
  assert.deepEqual([local.address, local.port, local.candidateType], ['192.0.2.1', 1, 'host']);
  assert.equal('relatedAddress' in local, false);
  const remote = report.get(pair.remoteCandidateId);
  assert.equal(remote.address, null, 'a page is not told what the peer did not signal');
  assert.equal(ofType(report, 'local-candidate').length, 2);
});

test('a selector is a track of exactly one sender or receiver', async () => {
  const { pc } = connect();
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
