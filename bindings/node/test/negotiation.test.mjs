// Transceivers, transports and restarts between two real connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaStream, RTCPeerConnection, RTCRtpReceiver } from 'rill-rtc';
import { block, connected, negotiate, next, trickle, until } from './peers.mjs';

function pair(configuration) {
  const offerer = new RTCPeerConnection(configuration);
  const answerer = new RTCPeerConnection(configuration);
  trickle(offerer, answerer);
  const close = () => {
    offerer.close();
    answerer.close();
  };
  return { offerer, answerer, close };
}

function ufrags({ sdp }) {
  return [...sdp.matchAll(/^a=ice-ufrag:(.*)\r$/gm)].map(([, ufrag]) => ufrag);
}

test('what a call causes precedes a timer that is due', async () => {
  const pc = new RTCPeerConnection();
  const order = [];
  pc.onnegotiationneeded = () => order.push('negotiationneeded');
  const set = () => pc.setLocalDescription().then(() => order.push('set'));
  await new Promise((resolve) => {
    setImmediate(() => {
      setTimeout(() => resolve(order.push('timer')), 0);
      block(5);
      pc.createDataChannel('x');
      pc.addEventListener('negotiationneeded', set);
    });
  });
  pc.close();
  assert.deepEqual(order, ['negotiationneeded', 'set', 'timer']);
});

test('a page that only asks to receive audio and video gathers and connects', async () => {
  const { offerer, answerer, close } = pair();
  const audio = offerer.addTransceiver('audio', { direction: 'recvonly' });
  offerer.addTransceiver('video', { direction: 'recvonly' });
  await negotiate(offerer, answerer);
  await until(offerer, 'connectionstatechange', () => offerer.connectionState === 'connected');
  const mids = offerer.getTransceivers().map(({ mid }) => mid);
  assert.deepEqual(answerer.getTransceivers().map(({ mid }) => mid), mids);
  assert.equal(audio.currentDirection, 'inactive', 'the other side has nothing to send');
  const [{ transport }, bundled] = offerer.getReceivers();
  assert.equal(transport.state, 'connected');
  assert.equal(bundled.transport, transport, 'bundled sections share a transport');
  assert.equal(transport.getRemoteCertificates().length, 1);
  const certificate = new Uint8Array(transport.getRemoteCertificates()[0]);
  assert.equal(certificate[0], 0x30, 'DER begins with a SEQUENCE');
  const { iceTransport } = transport;
  assert.equal(iceTransport.role, 'controlling');
  assert.notEqual(iceTransport.getSelectedCandidatePair(), null);
  assert.deepEqual([iceTransport.getLocalParameters().usernameFragment], ufrags(offerer.localDescription).slice(0, 1));
  close();
  assert.deepEqual([transport.state, iceTransport.state], ['closed', 'closed']);
});

test('what one sends is announced to the other, with streams, and taken back', async () => {
  const { offerer, answerer, close } = pair();
  const source = new RTCPeerConnection().addTransceiver('audio').receiver.track;
  const stream = new MediaStream([source]);
  const sender = offerer.addTrack(source, stream);
  const announced = next(answerer, 'track');
  await negotiate(offerer, answerer);
  const { track, streams, transceiver } = await announced;
  assert.deepEqual(streams.map(({ id }) => id), [stream.id]);
  assert.deepEqual(streams[0].getTracks(), [track]);
  assert.equal(transceiver.direction, 'recvonly');
  assert.equal(transceiver.currentDirection, 'recvonly');
  assert.equal(offerer.getTransceivers()[0].currentDirection, 'sendonly');
  assert.ok(sender.getParameters().codecs.some(({ mimeType }) => mimeType === 'audio/opus'));
  assert.ok(transceiver.receiver.getParameters().headerExtensions.length > 0);
  offerer.removeTrack(sender);
  const removed = next(streams[0], 'removetrack');
  await negotiate(offerer, answerer);
  assert.equal((await removed).track, track);
  assert.equal(transceiver.currentDirection, 'inactive');
  close();
});

test('a stopped transceiver leaves both sides with the next negotiation', async () => {
  const { offerer, answerer, close } = pair();
  const transceiver = offerer.addTransceiver('audio');
  offerer.createDataChannel('x');
  await negotiate(offerer, answerer);
  const [remote] = answerer.getTransceivers();
  const needed = next(offerer, 'negotiationneeded');
  const ended = next(remote.receiver.track, 'ended');
  transceiver.stop();
  await needed;
  await negotiate(offerer, answerer);
  await ended;
  assert.deepEqual([transceiver.currentDirection, remote.currentDirection], ['stopped', 'stopped']);
  assert.deepEqual([offerer.getTransceivers(), answerer.getTransceivers()], [[], []]);
  close();
});

// Trickle D7: bindings/node/ts/RTCPeerConnection.ts: `if (!this.#closed) native(() => peer.restartIce());`
// Trickle D16: bindings/node/ts/transports.ts: `this.#dtls.set(id, transport);`
test('restartIce keeps the transport objects, DTLS and the data', async () => {
  const { offerer, answerer, near, far, close } = await connected();
  const { transport } = offerer.sctp;
  const { iceTransport } = transport;
  const before = ufrags(offerer.localDescription);
  transport.onstatechange = () => assert.fail('DTLS is not done again');
  const needed = next(offerer, 'negotiationneeded');
  offerer.restartIce();
  await needed;
  const gathering = next(iceTransport, 'gatheringstatechange');
  await negotiate(offerer, answerer);
  await gathering;
  const after = ufrags(offerer.localDescription);
  assert.notDeepEqual(after, before);
  assert.equal(offerer.sctp.transport, transport);
  assert.equal(transport.iceTransport, iceTransport);
  assert.equal(iceTransport.getLocalParameters().usernameFragment, after[0]);
  const received = next(far, 'message');
  near.send('still here');
  assert.equal((await received).data, 'still here');
  await until(offerer, 'icegatheringstatechange', () => offerer.iceGatheringState === 'complete');
  assert.equal(iceTransport.gatheringState, 'complete');
  transport.onstatechange = null;
  close();
});

test('createOffer with iceRestart has new credentials, and without it the same', async () => {
  const { offerer, close } = await connected();
  const before = ufrags(offerer.localDescription);
  assert.deepEqual(ufrags(await offerer.createOffer()), before);
  assert.notDeepEqual(ufrags(await offerer.createOffer({ iceRestart: true })), before);
  close();
});

// Trickle D17: bindings/node/ts/RTCPeerConnection.ts: `native(() => this.#native.setConfiguration(nativeConfiguration(converted)));` => `void nativeConfiguration;`
test('new servers make the next offer restart', async () => {
  const { offerer, close } = await connected();
  const before = ufrags(offerer.localDescription);
  offerer.setConfiguration({ ...offerer.getConfiguration(), iceServers: [{ urls: 'stun:127.0.0.1:9' }] });
  assert.deepEqual(ufrags(offerer.localDescription), before, 'nothing happens at once');
  assert.notDeepEqual(ufrags(await offerer.createOffer()), before);
  close();
});

test('an association is connected, and closed at both ends when one closes', async () => {
  const { offerer, answerer } = await connected();
  const { sctp } = answerer;
  assert.equal(sctp.state, 'connected');
  assert.ok(sctp.maxChannels > 0);
  assert.ok(sctp.maxMessageSize >= 65536);
  const ends = [next(offerer.sctp, 'statechange'), next(sctp, 'statechange')];
  offerer.close();
  await Promise.all(ends);
  assert.equal(sctp.state, 'closed');
  answerer.close();
});

// Trickle A11: bindings/node/src/closed.rs: `can_trickle_ice_candidates: core.can_trickle_ice_candidates(),`
test('a closed connection can still be read', async () => {
  const { offerer, answerer, close } = pair();
  const transceiver = offerer.addTransceiver('audio');
  await negotiate(offerer, answerer);
  const { mid } = transceiver;
  const { localDescription, iceGatheringState } = offerer;
  close();
  assert.equal(offerer.canTrickleIceCandidates, true);
  assert.equal(offerer.localDescription.sdp, localDescription.sdp);
  assert.equal(offerer.iceGatheringState, iceGatheringState);
  assert.equal(offerer.signalingState, 'closed');
  assert.equal(transceiver.mid, mid);
  assert.deepEqual(offerer.getTransceivers(), [transceiver]);
});

test('setCodecPreferences judges the codecs of a closed connection too', () => {
  const pc = new RTCPeerConnection();
  const transceiver = pc.addTransceiver('audio');
  pc.close();
  const { codecs } = RTCRtpReceiver.getCapabilities('audio');
  transceiver.setCodecPreferences(codecs);
  transceiver.setCodecPreferences([]);
  const unknown = [{ ...codecs[0], clockRate: 1 }];
  assert.throws(() => transceiver.setCodecPreferences(unknown), { name: 'InvalidModificationError' });
});

test('what was sent is accounted for before it arrives in the same process', async () => {
  const { near, far, close } = await connected();
  for (let message = 0; message < 500; message += 1) {
    const received = next(far, 'message');
    near.send(new Uint8Array(1000));
    assert.equal(near.bufferedAmount, 1000);
    await received;
    assert.equal(near.bufferedAmount, 0, `message ${message}`);
  }
  close();
});

test('statistics know the selected pair and the channels', async () => {
  const { offerer, close } = await connected();
  const stats = [...(await offerer.getStats()).values()];
  const one = (wanted) => stats.find(({ type }) => type === wanted);
  assert.equal(one('peer-connection').dataChannelsOpened, 1);
  assert.equal(one('data-channel').state, 'open');
  assert.equal(one('transport').selectedCandidatePairId, one('candidate-pair').id);
  assert.equal(one('local-candidate').protocol, 'udp');
  close();
});
