// What is gathered, and the wait for it, on real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { RTCIceCandidate, RTCPeerConnection } from 'rill-rtc';
import { loopbackCertificate } from './certificate.mjs';
import { negotiate, trickle } from './peers.mjs';

/** Nobody answers at this port. */
const dead = [{ urls: 'stun:127.0.0.1:9' }];

const addresses = Object.values(networkInterfaces()).flat();
const loopbackName = Object.entries(networkInterfaces()).find(([, all]) => all[0].internal)?.[0];

/** A connection that has begun to gather. */
async function gathering(configuration) {
  const pc = new RTCPeerConnection(configuration);
  pc.createDataChannel('x');
  await pc.setLocalDescription();
  return pc;
}

const lines = ({ sdp }) => sdp.match(/candidate:.*/g) ?? [];

/** Everything that a connection of such a `rill` gathers. */
async function gathered(rill) {
  const pc = await gathering({ rill: { loopback: 'always', ...rill } });
  const { outcome } = await pc.gatheringComplete();
  assert.equal(outcome, 'complete');
  const candidates = lines(pc.localDescription).map(
    (candidate) => new RTCIceCandidate({ candidate, sdpMid: '0' }),
  );
  pc.close();
  return candidates;
}

test('the description has everything when a wait is over, and the dead server is told of', async () => {
  const pc = await gathering({ iceServers: dead });
  const told = [];
  const progress = (servers) => told.push(...servers);
  const { outcome, servers } = await pc.gatheringComplete({ progress });
  assert.equal(outcome, 'complete');
  assert.match(pc.localDescription.sdp, /^a=end-of-candidates\r$/m);
  assert.notEqual(lines(pc.localDescription).length, 0);
  assert.deepEqual(servers.map(({ url }) => url), ['stun:127.0.0.1:9']);
  assert.equal(servers[0].outcomes.length, 1);
  assert.match(servers[0].outcomes[0].text, /\w/);
  assert.deepEqual(told.at(-1), servers[0]);
  pc.close();
});

test('a bounded wait ends when there is enough, and any with the connection', async () => {
  const pc = await gathering({ iceServers: dead, rill: { loopback: 'always' } });
  const { outcome, servers } = await pc.gatheringComplete({ goodEnough: 'any' });
  assert.equal(outcome, 'good-enough');
  assert.equal(servers.length, 1);
  assert.notEqual(lines(pc.localDescription).length, 0);
  const wait = pc.gatheringComplete();
  pc.close();
  assert.equal((await wait).outcome, 'closed');
});

test('after a restart the wait is for the candidates of the new generation', async () => {
  const [a, b] = [await gathering(), new RTCPeerConnection()];
  trickle(a, b);
  await negotiate(a, b);
  await a.gatheringComplete();
  for (const wait of [{}, { goodEnough: 'any' }]) {
    await a.setLocalDescription(await a.createOffer({ iceRestart: true }));
    assert.equal(lines(a.localDescription).length, 0);
    await a.gatheringComplete(wait);
    assert.notEqual(lines(a.localDescription).length, 0, JSON.stringify(wait));
    await a.setLocalDescription({ type: 'rollback' });
  }
  a.close();
  b.close();
});

test('ports, interfaces and families are those that are asked for', async () => {
  // Systems give ports far above these to who does not ask.
  const ports = { min: 20_000, max: 20_999 };
  const inRange = await gathered({ reach: { ports } });
  assert.notEqual(inRange.length, 0);
  for (const { port } of inRange) assert.ok(port >= ports.min && port <= ports.max, String(port));
  for (const [family, isIt] of [
    ['ipv4', (address) => !address.includes(':')],
    ['ipv6', (address) => address.includes(':')],
  ]) {
    const found = await gathered({ reach: { family } });
    for (const { address } of found) assert.ok(isIt(address), `${family}: ${address}`);
    if (addresses.some(({ address }) => isIt(address))) assert.notEqual(found.length, 0, family);
  }
  const isLoopback = ({ address }) => address.startsWith('127.') || address === '::1';
  const only = await gathered({ reach: { interfaces: [loopbackName] } });
  assert.ok(only.length > 0 && only.every(isLoopback));
  const without = await gathered({ reach: { excludedInterfaces: [loopbackName] } });
  assert.ok(!without.some(isLoopback));
  assert.deepEqual(await gathered({ loopback: 'never', reach: { interfaces: [loopbackName] } }), []);
});

test('an interface that there is not leaves nothing, and the diagnosis says why', async () => {
  const [pc, peer] = [await gathering({ rill: { reach: { interfaces: ['no-such'] } } }), new RTCPeerConnection()];
  await negotiate(pc, peer);
  assert.equal((await pc.gatheringComplete()).outcome, 'complete');
  assert.equal(lines(pc.localDescription).length, 0);
  const { cause, sentence } = pc.diagnose();
  assert.equal(cause, 'no-network', sentence);
  assert.match(sentence, /what the configuration excludes/);
  pc.close();
  peer.close();
});

test('an address that a NAT maps one to one is a candidate without a server', async () => {
  const candidates = await gathered({
    reach: { interfaces: [loopbackName], family: 'ipv4', external: [{ address: '203.0.113.7', internal: '127.0.0.1' }] },
  });
  const host = candidates.find(({ type }) => type === 'host');
  const outside = candidates.find(({ type }) => type === 'srflx');
  assert.equal(outside?.address, '203.0.113.7');
  assert.equal(outside.port, host.port);
  assert.equal(outside.relatedAddress, '127.0.0.1');
});

test('host addresses hide behind names of multicast DNS', async () => {
  // Where multicast is blocked there are none.
  const candidates = await gathered({ hostAddresses: 'mdns' });
  for (const { address } of candidates) assert.match(address, /^[0-9a-f-]{36}\.local$/);
});

test('a TURN server over TLS is trusted by one\'s own roots, by none, and by all', async (t) => {
  const own = loopbackCertificate();
  const server = createServer({ cert: own.cert, key: own.key }).listen(0, '127.0.0.1');
  // Who does not trust it ends the handshake.
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end());
  });
  t.after(() => server.close());
  await once(server, 'listening');
  const urls = `turns:127.0.0.1:${server.address().port}`;
  const iceServers = [{ urls, username: 'u', credential: 'c' }];
  const ask = async (tlsTrust) => {
    const pc = await gathering({ iceServers, rill: { loopback: 'always', tlsTrust } });
    const { servers } = await pc.gatheringComplete();
    pc.close();
    return servers[0].outcomes.map(({ text }) => text).join();
  };
  const stranger = loopbackCertificate();
  assert.match(await ask('platform'), /certificate/);
  assert.match(await ask({ roots: stranger.cert }), /certificate/);
  assert.doesNotMatch(await ask({ roots: [stranger.cert, own.cert] }), /certificate/);
  assert.doesNotMatch(await ask('anyone'), /certificate/);
  const pc = await gathering({ iceServers, rill: { loopback: 'always' } });
  const asked = once(server, 'secureConnection', { signal: AbortSignal.timeout(30_000) });
  await pc.gatheringComplete();
  pc.setConfiguration({ iceServers, rill: { tlsTrust: { roots: own.cert } } });
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
  await asked;
  pc.close();
});
