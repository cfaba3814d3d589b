// getStats of real connections: the members that W3C requires, and that they agree with each other.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { connected, next } from './peers.mjs';

const ofType = (report, wanted) => [...report.values()].filter(({ type }) => type === wanted);

/** webrtc-pc §8.6, where they do not depend on what happened. */
const MANDATORY = {
  'peer-connection': ['dataChannelsOpened', 'dataChannelsClosed'],
  'data-channel': [
    ...['label', 'protocol', 'dataChannelIdentifier', 'state', 'messagesSent', 'bytesSent'],
    ...['messagesReceived', 'bytesReceived'],
  ],
  transport: [
    ...['bytesSent', 'bytesReceived', 'selectedCandidatePairId', 'localCertificateId'],
    ...['remoteCertificateId', 'packetsSent', 'packetsReceived', 'dtlsState', 'dtlsRole', 'iceState'],
    ...['iceRole', 'iceLocalUsernameFragment', 'tlsVersion', 'dtlsCipher'],
    'selectedCandidatePairChanges',
  ],
  'candidate-pair': [
    ...['transportId', 'localCandidateId', 'remoteCandidateId', 'state', 'nominated', 'bytesSent'],
    ...['bytesReceived', 'totalRoundTripTime', 'responsesReceived', 'requestsSent'],
    ...['requestsReceived', 'responsesSent', 'consentRequestsSent'],
  ],
  'local-candidate': ['transportId', 'address', 'port', 'protocol', 'candidateType', 'priority'],
  'remote-candidate': ['transportId', 'address', 'port', 'protocol', 'candidateType', 'priority'],
  certificate: ['fingerprint', 'fingerprintAlgorithm', 'base64Certificate'],
};

test('every object has the members that W3C requires', async () => {
  const { offerer, close } = await connected();
  const report = await offerer.getStats();
  for (const [type, members] of Object.entries(MANDATORY)) {
    const all = ofType(report, type);
    assert.notEqual(all.length, 0, type);
    for (const stats of all) {
      for (const member of members) assert.ok(stats[member] !== undefined, `${type}: ${member}`);
    }
  }
  for (const stats of report.values()) {
    for (const [name, value] of Object.entries(stats)) {
      if (name.endsWith('Id')) assert.ok(report.has(value), `${stats.type}: ${name}`);
    }
  }
  const [transport] = ofType(report, 'transport');
  const selected = report.get(transport.selectedCandidatePairId);
  assert.equal(selected.currentRoundTripTime > 0, true);
  assert.match(transport.tlsVersion, /^FEF[CD]$/);
  close();
});

test('messages and payloads are counted', async () => {
  const { offerer, answerer, near, far, close } = await connected();
  for (let message = 0; message < 10; message += 1) near.send(new Uint8Array(1000));
  for (let message = 0; message < 10; message += 1) await next(far, 'message');
  const [sender, receiver] = await Promise.all([offerer.getStats(), answerer.getStats()]);
  const [sent] = ofType(sender, 'data-channel');
  const [received] = ofType(receiver, 'data-channel');
  assert.deepEqual([sent.messagesSent, sent.bytesSent], [10, 10_000]);
  assert.deepEqual([received.messagesReceived, received.bytesReceived], [10, 10_000]);
  const [transport] = ofType(sender, 'transport');
  assert.ok(transport.bytesSent > 10_000);
  const pair = sender.get(transport.selectedCandidatePairId);
  const now = performance.timeOrigin + performance.now();
  assert.ok(Math.abs(pair.lastPacketSentTimestamp - now) < 5000);
  close();
});

test('a certificate is the one of the description', async () => {
  const { offerer, answerer, close } = await connected();
  const reports = await Promise.all([offerer.getStats(), answerer.getStats()]);
  const [[near], [far]] = reports.map((report) => ofType(report, 'transport'));
  const own = reports[0].get(near.localCertificateId);
  const { id: shown, ...theirs } = reports[1].get(far.remoteCertificateId);
  const { id, ...ours } = own;
  assert.notEqual(shown, id, 'ids tell nothing of other connections');
  assert.equal(theirs.base64Certificate, ours.base64Certificate);
  assert.ok(offerer.localDescription.sdp.includes(`a=fingerprint:sha-256 ${own.fingerprint}`));
  const der = Buffer.from(own.base64Certificate, 'base64');
  const digest = createHash('sha256').update(der).digest('hex').toUpperCase();
  assert.equal(own.fingerprint.replaceAll(':', ''), digest);
  assert.deepEqual(Buffer.from(answerer.sctp.transport.getRemoteCertificates()[0]), der);
  close();
});

test('ids stay, cannot be guessed, and outlive close()', async () => {
  const { offerer, answerer, close } = await connected();
  const before = await offerer.getStats();
  const other = await answerer.getStats();
  for (const id of before.keys()) assert.equal(other.has(id), false);
  close();
  const after = await offerer.getStats();
  for (const id of before.keys()) assert.ok(after.has(id), before.get(id).type);
  const [{ dataChannelsOpened, dataChannelsClosed }] = ofType(after, 'peer-connection');
  assert.deepEqual([dataChannelsOpened, dataChannelsClosed], [1, 1]);
  const [transport] = ofType(after, 'transport');
  assert.deepEqual([transport.dtlsState, transport.iceState], ['closed', 'closed']);
  assert.ok(transport.timestamp >= ofType(before, 'transport')[0].timestamp);
});

test('a connection that never began has itself to report', async () => {
  const pc = new RTCPeerConnection();
  const report = await pc.getStats();
  assert.deepEqual([...report.values()].map(({ type }) => type), ['peer-connection']);
  pc.close();
});
