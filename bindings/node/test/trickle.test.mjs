// The order of events around gathering, and candidates from the peer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCIceCandidate, RTCPeerConnection } from 'rill-rtc';
import { connected, negotiate, next, opened, trickle, until } from './peers.mjs';

const named = (name) => ({ name });

test('the continuation of setLocalDescription runs before any event of its gathering', async () => {
  const pc = new RTCPeerConnection();
  pc.createDataChannel('x');
  await next(pc, 'negotiationneeded');
  const order = [];
  for (const type of ['icegatheringstatechange', 'icecandidate', 'signalingstatechange']) {
    pc.addEventListener(type, () => order.push(`${type} ${pc.iceGatheringState}`));
  }
  await pc.setLocalDescription();
  order.push('continuation');
  assert.doesNotMatch(pc.localDescription.sdp, /a=candidate/);
  assert.equal(pc.iceGatheringState, 'new');
  await until(pc, 'icecandidate', () => pc.iceGatheringState === 'complete');
  const [first, second, third] = order;
  assert.deepEqual([first, second, third], [
    'signalingstatechange new',
    'continuation',
    'icegatheringstatechange gathering',
  ]);
  assert.deepEqual(order.slice(-2), [
    'icegatheringstatechange complete',
    'icecandidate complete',
  ]);
  pc.close();
});

test('each candidate is in the description when its event fires', async () => {
  const pc = new RTCPeerConnection();
  pc.createDataChannel('x');
  const seen = [];
  pc.onicecandidate = ({ candidate }) => {
    const { sdp } = pc.localDescription;
    if (candidate === null) {
      seen.push('null');
    } else if (candidate.candidate === '') {
      assert.match(sdp, /^a=end-of-candidates\r$/m);
      seen.push('end');
    } else {
      assert.ok(candidate instanceof RTCIceCandidate);
      assert.ok(sdp.includes(`a=${candidate.candidate}\r\n`));
      assert.ok(sdp.includes(`a=mid:${candidate.sdpMid}\r\n`));
      assert.ok(sdp.includes(`a=ice-ufrag:${candidate.usernameFragment}\r\n`));
      assert.equal(candidate.sdpMLineIndex, 0);
      assert.equal(candidate.type, 'host');
      assert.equal(candidate.protocol, 'udp');
      seen.push('candidate');
    }
  };
  await pc.setLocalDescription();
  await until(pc, 'icecandidate', () => seen.at(-1) === 'null');
  assert.ok(seen.includes('candidate'));
  assert.deepEqual(seen.slice(-2), ['end', 'null']);
  assert.equal(seen.filter((what) => what !== 'candidate').length, 2);
  pc.close();
});

test('canTrickleIceCandidates follows the remote description', async () => {
  const peer = new RTCPeerConnection();
  peer.createDataChannel('x');
  const offer = await peer.createOffer();
  const pc = new RTCPeerConnection();
  assert.equal(pc.canTrickleIceCandidates, null);
  let inEvent;
  pc.onsignalingstatechange = () => (inEvent = pc.canTrickleIceCandidates);
  await pc.setRemoteDescription(offer);
  assert.equal(inEvent, true);
  assert.equal(pc.canTrickleIceCandidates, true);
  const bad = { type: 'offer', sdp: offer.sdp.replace('trickle', 'trick').replace('v=0', 'v=1') };
  await assert.rejects(pc.setRemoteDescription(bad));
  assert.equal(pc.canTrickleIceCandidates, true);
  pc.close();
  assert.equal(pc.canTrickleIceCandidates, true);
  peer.close();
});

test('malformed descriptions name their line', async () => {
  const pc = new RTCPeerConnection();
  const rejected = pc.setRemoteDescription({ type: 'offer', sdp: 'v=0\r\nnonsense\r\n' });
  await assert.rejects(rejected, (error) => {
    assert.equal(error.name, 'OperationError');
    assert.equal(error.errorDetail, 'sdp-syntax-error');
    assert.equal(error.sdpLineNumber, 2);
    return true;
  });
  assert.equal(pc.signalingState, 'stable');
  assert.equal(pc.remoteDescription, null);
});

test('candidates without a description, and for what it does not have, are refused', async () => {
  const candidate = 'candidate:1 1 udp 2113937151 198.51.100.1 5000 typ host';
  const pc = new RTCPeerConnection();
  for (const init of [undefined, null, {}, { candidate, sdpMid: '0' }]) {
    await assert.rejects(pc.addIceCandidate(init), named('InvalidStateError'));
  }
  const peer = new RTCPeerConnection();
  peer.createDataChannel('x');
  await peer.setLocalDescription();
  await pc.setRemoteDescription(peer.localDescription);
  const [, mid] = /a=mid:(.*)\r/.exec(peer.localDescription.sdp);
  const refused = [
    { candidate, sdpMid: 'other', sdpMLineIndex: 0 },
    { candidate, sdpMid: '' },
    { candidate, sdpMLineIndex: 1 },
    { candidate, sdpMid: mid, usernameFragment: 'other' },
    { candidate: 'candidate:nonsense', sdpMid: mid },
  ];
  for (const init of refused) {
    await assert.rejects(pc.addIceCandidate(init), named('OperationError'), JSON.stringify(init));
  }
  assert.doesNotMatch(pc.remoteDescription.sdp, /198\.51\.100\.1/);
  await pc.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: 99 });
  await pc.addIceCandidate({ candidate, sdpMLineIndex: 0 });
  await pc.addIceCandidate();
  const lines = pc.remoteDescription.sdp.split('\r\n');
  assert.equal(lines.filter((line) => line.includes('198.51.100.1')).length, 1);
  assert.equal(lines.filter((line) => line === 'a=end-of-candidates').length, 1);
  pc.close();
  peer.close();
});

// Trickle C18: bindings/node/ts/operations_chain.ts: `if (this.#operations.length === 1) execute();`
test('unawaited operations settle in the order of their calls', async () => {
  const peer = new RTCPeerConnection();
  peer.createDataChannel('x');
  await peer.setLocalDescription();
  const pc = new RTCPeerConnection();
  const order = [];
  await Promise.all([
    pc.setRemoteDescription(peer.localDescription).then(() => order.push(1)),
    pc.addIceCandidate().then(() => order.push(2)),
    pc.createAnswer().then(() => order.push(3)),
    pc.setLocalDescription().then(() => order.push(4)),
  ]);
  assert.deepEqual(order, [1, 2, 3, 4]);
  assert.equal(pc.signalingState, 'stable');
  pc.close();
  peer.close();
});

test('states are announced in order and agree inside the events', async () => {
  const offerer = new RTCPeerConnection();
  const answerer = new RTCPeerConnection();
  trickle(offerer, answerer);
  const channel = offerer.createDataChannel('x');
  const seen = { ice: [], connection: [] };
  offerer.oniceconnectionstatechange = () => seen.ice.push(offerer.iceConnectionState);
  offerer.onconnectionstatechange = () => seen.connection.push(offerer.connectionState);
  await negotiate(offerer, answerer);
  await opened(channel);
  assert.deepEqual(seen.ice.slice(0, 2), ['checking', 'connected']);
  assert.deepEqual(seen.connection, ['connecting', 'connected']);
  offerer.close();
  assert.equal(offerer.iceConnectionState, 'closed');
  assert.equal(offerer.connectionState, 'closed');
  assert.equal(offerer.signalingState, 'closed');
  answerer.close();
});

test('a certificate that was given is the one that is announced', async () => {
  const certificate = await RTCPeerConnection.generateCertificate({
    name: 'ECDSA',
    namedCurve: 'P-256',
    expires: 3_600_000,
  });
  const [{ algorithm, value }] = certificate.getFingerprints();
  assert.equal(algorithm, 'sha-256');
  assert.match(value, /^([0-9a-f]{2}:){31}[0-9a-f]{2}$/);
  const remaining = certificate.expires - Date.now();
  assert.ok(remaining > 3_590_000 && remaining <= 3_600_000, `${remaining}`);
  const capped = await RTCPeerConnection.generateCertificate({
    name: 'ECDSA',
    namedCurve: 'P-256',
    expires: Number.MAX_SAFE_INTEGER,
  });
  assert.ok(capped.expires <= Date.now() + 31_536_000_000);
  const pc = new RTCPeerConnection({ certificates: [certificate] });
  pc.createDataChannel('x');
  const { sdp } = await pc.createOffer();
  assert.ok(sdp.toLowerCase().includes(`a=fingerprint:sha-256 ${value}`));
  pc.close();
});

test('a modified offer is refused, a created one is applied', async () => {
  const pc = new RTCPeerConnection();
  pc.createDataChannel('x');
  const offer = await pc.createOffer();
  const changed = { ...offer, sdp: offer.sdp.replace('s=-', 's=x') };
  await assert.rejects(pc.setLocalDescription(changed), named('InvalidModificationError'));
  await pc.setLocalDescription(offer);
  assert.equal(pc.signalingState, 'have-local-offer');
  assert.equal(pc.localDescription.type, 'offer');
  assert.equal(pc.currentLocalDescription, null);
  await pc.setLocalDescription({ type: 'rollback' });
  assert.equal(pc.signalingState, 'stable');
  assert.equal(pc.localDescription, null);
  pc.close();
});

test('closing one peer closes the channel of the other', async () => {
  const { offerer, answerer, far } = await connected();
  const closed = next(far, 'close', 4000);
  offerer.close();
  await closed;
  assert.equal(far.readyState, 'closed');
  answerer.close();
});
