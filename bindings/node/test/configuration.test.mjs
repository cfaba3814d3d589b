// RTCConfiguration and certificates.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCCertificate, RTCPeerConnection } from 'rill-rtc';
import { FakePeerConnection, installFake } from './fake_native.mjs';

installFake();

const named = (name) => ({ name });
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };

test('getConfiguration has every member, and a copy each time', () => {
  const pc = new RTCPeerConnection();
  const configuration = pc.getConfiguration();
  assert.deepEqual(configuration, {
    bundlePolicy: 'balanced',
    certificates: [],
    iceCandidatePoolSize: 0,
    iceServers: [],
    iceTransportPolicy: 'all',
    rtcpMuxPolicy: 'require',
  });
  configuration.iceServers.push({ urls: 'stun:x' });
  assert.deepEqual(pc.getConfiguration().iceServers, []);
});

test('servers reach the native half with a list of URLs and come back as they were given', () => {
  const servers = [
    { urls: 'stun:stun.example' },
    { urls: ['turn:t.example:3478?transport=udp', 'turns:[::1]:5349'], username: 'u', credential: 'c' },
  ];
  const pc = new RTCPeerConnection({ iceServers: servers });
  assert.deepEqual(pc.getConfiguration().iceServers, servers);
  assert.deepEqual(FakePeerConnection.last.configuration.iceServers, [
    { urls: ['stun:stun.example'] },
    servers[1],
  ]);
});

test('configurations are converted', () => {
  const refused = [
    5,
    { bundlePolicy: 'x' },
    { iceTransportPolicy: null },
    { rtcpMuxPolicy: 'negotiate' },
    { iceCandidatePoolSize: -1 },
    { iceCandidatePoolSize: 256 },
    { iceCandidatePoolSize: NaN },
    { iceServers: {} },
    { iceServers: [{}] },
    { certificates: [{}] },
  ];
  for (const configuration of refused) {
    assert.throws(() => new RTCPeerConnection(configuration), TypeError, JSON.stringify(configuration));
  }
  assert.equal(new RTCPeerConnection(null).getConfiguration().bundlePolicy, 'balanced');
});

test('URLs of servers are validated', () => {
  const turn = { username: 'u', credential: 'c' };
  const bad = [
    { urls: [] },
    { urls: '' },
    { urls: 'stun.example' },
    { urls: 'http://stun.example' },
    { urls: 'stun://stun.example' },
    { urls: 'stun:user@stun.example' },
    { urls: 'stun:stun.example/path' },
    { urls: 'stun:stun.example#x' },
    { urls: 'stun:stun.example?transport=udp' },
    { urls: 'stun:' },
    { urls: 'stun:host:port' },
    { urls: 'stun:host:70000' },
    { urls: 'turn:t.example?transport=sctp', ...turn },
    { urls: ['stun:good.example', 'bad'] },
  ];
  for (const server of bad) {
    const construct = () => new RTCPeerConnection({ iceServers: [server] });
    assert.throws(construct, named('SyntaxError'), JSON.stringify(server));
  }
  const lacking = [{}, { username: 'u' }, { credential: 'c' }, { username: '', credential: 'c' }];
  for (const credentials of lacking) {
    const construct = () =>
      new RTCPeerConnection({ iceServers: [{ urls: 'turn:t.example', ...credentials }] });
    assert.throws(construct, named('InvalidAccessError'));
  }
});

test('setConfiguration checks what may change', () => {
  const iceServers = [{ urls: 'stun:s.example' }];
  const pc = new RTCPeerConnection({ iceServers });
  pc.setConfiguration({ iceServers });
  const unsupported = named('NotSupportedError');
  assert.throws(() => pc.setConfiguration({}), unsupported);
  assert.throws(() => pc.setConfiguration({ iceServers, iceTransportPolicy: 'relay' }), unsupported);
  const change = () => pc.setConfiguration({ bundlePolicy: 'max-bundle' });
  assert.throws(change, named('InvalidModificationError'));
  assert.throws(() => pc.setConfiguration({ iceServers: [{ urls: 'x' }] }), named('SyntaxError'));
  assert.equal(pc.getConfiguration().iceServers.length, 1);
  pc.setConfiguration({ iceServers, iceCandidatePoolSize: 1 });
  void pc.setLocalDescription();
  assert.throws(() => pc.setConfiguration({ iceServers }), named('InvalidModificationError'));
});

test('certificates are made for ECDSA only', async () => {
  const before = Date.now();
  const certificate = await RTCPeerConnection.generateCertificate(ecdsa);
  assert.ok(certificate instanceof RTCCertificate);
  assert.ok(certificate.expires - before >= 2_592_000_000);
  assert.deepEqual(certificate.getFingerprints(), [{ algorithm: 'sha-256', value: 'AB:CD' }]);
  const brief = await RTCPeerConnection.generateCertificate({ ...ecdsa, expires: 5000 });
  assert.ok(brief.expires <= Date.now() + 5000);
  const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, hash: 'SHA-256' };
  for (const algorithm of [rsa, 'invalid', { name: 'invalid' }, { ...ecdsa, namedCurve: 'P-521' }]) {
    const made = RTCPeerConnection.generateCertificate(algorithm);
    await assert.rejects(made, named('NotSupportedError'));
  }
  for (const args of [[], [{}], ['ECDSA'], [{ ...ecdsa, expires: -1 }], [null]]) {
    const made = RTCPeerConnection.generateCertificate(...args);
    await assert.rejects(made, (error) => error instanceof TypeError || error.name === 'NotSupportedError');
  }
});

test('a certificate is used, stays the same object, and must not have expired', async () => {
  const certificate = await RTCPeerConnection.generateCertificate(ecdsa);
  const pc = new RTCPeerConnection({ certificates: [certificate] });
  assert.equal(FakePeerConnection.last.certificate.expires, certificate.expires);
  assert.equal(pc.getConfiguration().certificates[0], certificate);
  pc.setConfiguration({ certificates: [certificate] });
  assert.throws(() => pc.setConfiguration({}), named('InvalidModificationError'));
  const expired = await RTCPeerConnection.generateCertificate({ ...ecdsa, expires: 0 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const construct = () => new RTCPeerConnection({ certificates: [expired] });
  assert.throws(construct, named('InvalidAccessError'));
});
