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
    rill: {
      hostAddresses: 'plain',
      loopback: 'when-alone',
      reach: { excludedInterfaces: [], external: [], family: 'any', interfaces: [] },
      tlsTrust: 'platform',
    },
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

// Trickle D17: bindings/node/ts/RTCPeerConnection.ts: `native(() => this.#native.setConfiguration(nativeConfiguration(converted)));`
test('setConfiguration checks what may change', () => {
  const iceServers = [{ urls: 'stun:s.example' }];
  const pc = new RTCPeerConnection({ iceServers });
  const native = FakePeerConnection.last;
  const change = (configuration) => () => pc.setConfiguration(configuration);
  const kept = { iceServers, iceCandidatePoolSize: 1 };
  for (const refused of [{ bundlePolicy: 'max-bundle' }, { bundlePolicy: 'max-compat' }]) {
    assert.throws(change(refused), named('InvalidModificationError'));
  }
  assert.throws(change({ rtcpMuxPolicy: 'negotiate' }), TypeError);
  assert.throws(change({ iceServers: [{ urls: 'x' }] }), named('SyntaxError'));
  assert.throws(change({ iceServers: [{ urls: 'turn:t.example' }] }), named('InvalidAccessError'));
  assert.ok(!native.calls.some(([name]) => name === 'setConfiguration'));
  assert.equal(pc.getConfiguration().iceServers.length, 1);
  pc.setConfiguration(kept);
  void pc.setLocalDescription();
  assert.throws(change({ iceServers }), named('InvalidModificationError'));
  pc.setConfiguration({ ...kept, iceTransportPolicy: 'relay' });
  const { rill, ...ofW3c } = native.configuration;
  assert.deepEqual(ofW3c, {
    bundlePolicy: 'balanced',
    iceCandidatePoolSize: 1,
    iceServers: [{ urls: ['stun:s.example'] }],
    iceTransportPolicy: 'relay',
  });
  native.refusal = { name: 'InvalidModificationError', message: 'no' };
  assert.throws(change(kept), named('InvalidModificationError'));
  assert.equal(pc.getConfiguration().iceTransportPolicy, 'relay', 'what is refused changes nothing');
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

test('certificates are used, stay the same objects, and must not have expired', async () => {
  const certificate = await RTCPeerConnection.generateCertificate(ecdsa);
  const other = await RTCPeerConnection.generateCertificate({ ...ecdsa, expires: 1e9 });
  const pc = new RTCPeerConnection({ certificates: [certificate, other] });
  const expiries = FakePeerConnection.last.certificates.map(({ expires }) => expires);
  assert.deepEqual(expiries, [certificate.expires, other.expires]);
  assert.equal(pc.getConfiguration().certificates[0], certificate);
  pc.setConfiguration({ certificates: [certificate, other] });
  for (const certificates of [[], [certificate], [other, certificate]]) {
    assert.throws(() => pc.setConfiguration({ certificates }), named('InvalidModificationError'));
  }
  const expired = await RTCPeerConnection.generateCertificate({ ...ecdsa, expires: 0 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const construct = () => new RTCPeerConnection({ certificates: [expired] });
  assert.throws(construct, named('InvalidAccessError'));
});
