// The candidate pool: gathering before there is a description, and what is seen of it.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { negotiate, next, opened, trickle, until } from './peers.mjs';

const BINDING_REQUEST = 0x0001;

/** A socket that servers' clients can send to from this machine, and its URL. */
async function silentServer() {
  const addresses = Object.values(networkInterfaces()).flat();
  const ours = addresses.filter(({ family }) => family === 'IPv4');
  const { address } = ours.find(({ internal }) => !internal) ?? ours[0];
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, url: `stun:${address}:${socket.address().port}` };
}

// Trickle B23: bindings/node/ts/configuration.ts: `iceCandidatePoolSize: configuration.iceCandidatePoolSize,` => `iceCandidatePoolSize: 0,`
test('a pool asks the servers at once, and is told of with the description', async () => {
  const { socket, url } = await silentServer();
  const configuration = { iceServers: [{ urls: url }], iceCandidatePoolSize: 1 };
  const asked = once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
  const pc = new RTCPeerConnection(configuration);
  assert.equal(pc.getConfiguration().iceCandidatePoolSize, 1);
  const seen = [];
  for (const type of ['icegatheringstatechange', 'icecandidate', 'icecandidateerror']) {
    pc.addEventListener(type, () => seen.push(`${type} ${pc.iceGatheringState}`));
  }
  const [request] = await asked;
  assert.equal(request.readUInt16BE(0), BINDING_REQUEST);
  assert.deepEqual(seen, []);
  assert.equal(pc.iceGatheringState, 'new');

  pc.createDataChannel('x');
  await next(pc, 'negotiationneeded');
  await pc.setLocalDescription();
  assert.doesNotMatch(pc.localDescription.sdp, /a=candidate/);
  await until(pc, 'icecandidate', () => pc.iceGatheringState === 'complete');
  assert.equal(seen[0], 'icegatheringstatechange gathering');
  assert.deepEqual(seen.slice(-2), [
    'icegatheringstatechange complete',
    'icecandidate complete',
  ]);
  assert.match(pc.localDescription.sdp, /a=candidate.*typ host/);
  assert.throws(() => pc.setConfiguration({ ...configuration, iceCandidatePoolSize: 2 }), {
    name: 'InvalidModificationError',
  });
  pc.close();
  socket.close();
});

test('connections with pools connect', async () => {
  const offerer = new RTCPeerConnection({ iceCandidatePoolSize: 2 });
  const answerer = new RTCPeerConnection({ iceCandidatePoolSize: 255 });
  trickle(offerer, answerer);
  const channel = offerer.createDataChannel('x');
  await negotiate(offerer, answerer);
  await opened(channel);
  assert.equal(answerer.getConfiguration().iceCandidatePoolSize, 255);
  offerer.close();
  answerer.close();
});
