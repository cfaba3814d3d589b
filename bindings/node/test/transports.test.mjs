// RTCIceTransport, RTCDtlsTransport, RTCSctpTransport.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as rill from 'rill-rtc';
import { FakePeerConnection, installFake, turns } from './fake_native.mjs';

installFake();

const { RTCPeerConnection } = rill;

function candidate(port, members = {}) {
  return {
    candidate: `candidate:1 1 udp 2113937151 192.0.2.1 ${port} typ host`,
    sdpMid: '0',
    sdpMLineIndex: 0,
    usernameFragment: 'abcd',
    url: null,
    ...members,
  };
}

function iceState(members = {}) {
  return {
    role: 'controlling',
    state: 'new',
    gatheringState: 'new',
    selectedPair: null,
    localCandidates: [],
    remoteCandidates: [],
    localParameters: null,
    remoteParameters: null,
    ...members,
  };
}

/** A connection with an association over transport 7. */
function connect() {
  const pc = new RTCPeerConnection();
  const native = FakePeerConnection.last;
  native.maxMessageSize = null;
  native.sctp = { transport: 7, state: 'connecting', maxMessageSize: 65536, maxChannels: null };
  native.dtls.set(7, { state: 'new', remoteCertificates: [] });
  native.ice.set(7, iceState());
  return { pc, native };
}

test('a transport keeps its object, wherever it is shown', () => {
  const { pc, native } = connect();
  const { sctp } = pc;
  assert.ok(sctp instanceof rill.RTCSctpTransport);
  assert.equal(pc.sctp, sctp);
  const dtls = sctp.transport;
  assert.ok(dtls instanceof rill.RTCDtlsTransport);
  assert.equal(sctp.transport, dtls);
  assert.ok(dtls.iceTransport instanceof rill.RTCIceTransport);
  assert.equal(dtls.iceTransport, dtls.iceTransport);
  native.addMedia('audio', { transport: 7 });
  const [{ sender, receiver }] = pc.getTransceivers();
  assert.equal(sender.transport, dtls);
  assert.equal(receiver.transport, dtls);
  native.addMedia('video', { transport: 8 });
  assert.notEqual(pc.getSenders()[1].transport, dtls);
});

test('an association appears with a description and leaves with another', async () => {
  const { pc, native } = connect();
  const { sctp } = pc;
  void pc.setRemoteDescription({ type: 'rollback' });
  native.complete(1, [], () => (native.sctp = null));
  await turns();
  assert.equal(pc.sctp, null);
  assert.equal(sctp.state, 'closed');
  native.sctp = { transport: 9, state: 'connecting', maxMessageSize: 1, maxChannels: null };
  assert.notEqual(pc.sctp, sctp, 'a new association has a new object');
});

test('sctp attributes are null until they are negotiated', () => {
  const { pc, native } = connect();
  const { sctp } = pc;
  assert.equal(sctp.state, 'connecting');
  assert.equal(sctp.maxMessageSize, null);
  assert.equal(sctp.maxChannels, null);
  native.maxMessageSize = Infinity;
  Object.assign(native.sctp, { state: 'connected', maxMessageSize: Infinity, maxChannels: 1024 });
  assert.equal(sctp.state, 'connected');
  assert.equal(sctp.maxMessageSize, Infinity);
  assert.equal(sctp.maxChannels, 1024);
});

// Trickle C20: bindings/node/ts/RTCIceTransport.ts: `candidate === '' ? createPeerReflexive(init)` => `candidate === '' ? new RTCIceCandidate(init)`
test('ICE transports show candidates, parameters and the selected pair', () => {
  const { pc, native } = connect();
  const { iceTransport } = pc.sctp.transport;
  assert.equal(iceTransport.component, 'rtp');
  assert.equal(iceTransport.getSelectedCandidatePair(), null);
  assert.equal(iceTransport.getLocalParameters(), null);
  const local = [candidate(1), candidate(2)];
  const remote = [candidate(3)];
  const parameters = { usernameFragment: 'abcd', password: 'p'.repeat(22) };
  native.ice.set(
    7,
    iceState({
      role: 'controlled',
      state: 'connected',
      gatheringState: 'complete',
      localCandidates: local,
      remoteCandidates: remote,
      selectedPair: { local: local[1], remote: candidate(4, { candidate: '' }) },
      localParameters: parameters,
      remoteParameters: parameters,
    }),
  );
  const { role, state, gatheringState } = iceTransport;
  assert.deepEqual({ role, state, gatheringState }, {
    role: 'controlled',
    state: 'connected',
    gatheringState: 'complete',
  });
  const [first, second] = iceTransport.getLocalCandidates();
  assert.ok(first instanceof rill.RTCIceCandidate);
  assert.deepEqual([first.port, second.port], [1, 2]);
  assert.equal(iceTransport.getLocalCandidates()[0], first, 'candidates keep their objects');
  assert.equal(iceTransport.getRemoteCandidates().length, 1);
  const pair = iceTransport.getSelectedCandidatePair();
  assert.ok(pair instanceof rill.RTCIceCandidatePair);
  assert.equal(pair.local, second);
  const { candidate: line, type, protocol, address } = pair.remote;
  assert.deepEqual([line, type, protocol, address], ['', 'prflx', 'udp', null]);
  assert.equal(iceTransport.getSelectedCandidatePair(), pair, 'a pair keeps its object');
  native.ice.get(7).selectedPair.local = local[0];
  assert.notEqual(iceTransport.getSelectedCandidatePair(), pair);
  assert.deepEqual(iceTransport.getRemoteParameters(), parameters);
});

// Trickle F20: bindings/node/ts/transports.ts: `this.#ice(event.transport)?.dispatchEvent(new Event(iceEvents[event.type]));`
test('events of transports come in the order of the task, with all values final', async () => {
  const { pc, native } = connect();
  const ice = pc.sctp.transport.iceTransport;
  const seen = [];
  const note = (name) => (event) => {
    assert.ok(event instanceof Event);
    seen.push(`${name} ${ice.state} ${ice.getSelectedCandidatePair()?.local.port} ${pc.connectionState}`);
  };
  ice.onselectedcandidatepairchange = note('pair');
  ice.onstatechange = note('transport');
  pc.oniceconnectionstatechange = note('ice');
  pc.onconnectionstatechange = note('connection');
  const events = [
    { type: 'selectedcandidatepairchange', transport: 7 },
    { type: 'icetransportstatechange', transport: 7 },
    { type: 'iceconnectionstatechange' },
    { type: 'connectionstatechange' },
  ];
  native.queue({ events }, () => {
    const selectedPair = { local: candidate(5), remote: candidate(6) };
    native.ice.set(7, iceState({ state: 'connected', selectedPair }));
    native.connectionState = 'connecting';
  });
  await turns();
  const values = 'connected 5 connecting';
  const order = ['pair', 'transport', 'ice', 'connection'];
  assert.deepEqual(seen, order.map((name) => `${name} ${values}`));
});

test('gathering states of a transport and of the connection are announced in this order', async () => {
  const { pc, native } = connect();
  const ice = pc.sctp.transport.iceTransport;
  const seen = [];
  ice.addEventListener('gatheringstatechange', () => seen.push(`transport ${ice.gatheringState}`));
  pc.onicegatheringstatechange = () => seen.push(`connection ${pc.iceGatheringState}`);
  const events = [
    { type: 'icetransportgatheringstatechange', transport: 7 },
    { type: 'icegatheringstatechange' },
  ];
  native.queue({ events }, () => {
    native.ice.get(7).gatheringState = 'gathering';
    native.iceGatheringState = 'gathering';
  });
  await turns();
  assert.deepEqual(seen, ['transport gathering', 'connection gathering']);
});

test('DTLS transports announce errors and their state, and show certificates in DER', async () => {
  const { pc, native } = connect();
  const { transport } = pc.sctp;
  const events = [];
  transport.onerror = (event) => events.push(event);
  transport.onstatechange = (event) => events.push(event);
  const details = { errorDetail: 'dtls-failure', receivedAlert: 42, message: 'bad_certificate' };
  const task = [
    { type: 'transporterror', transport: 7, error: details },
    { type: 'dtlstransportstatechange', transport: 7 },
    { type: 'dtlstransportstatechange', transport: 8 },
  ];
  native.queue({ events: task }, () => (native.dtls.get(7).state = 'failed'));
  await turns();
  const [failure, change] = events;
  assert.equal(events.length, 2, 'nobody has asked for transport 8');
  assert.ok(failure instanceof rill.RTCErrorEvent);
  assert.equal(failure.error.errorDetail, 'dtls-failure');
  assert.equal(failure.error.receivedAlert, 42);
  assert.equal(change.type, 'statechange');
  assert.equal(transport.state, 'failed');
  native.dtls.set(7, { state: 'connected', remoteCertificates: [Uint8Array.of(48, 130).buffer] });
  const [certificate] = transport.getRemoteCertificates();
  assert.ok(certificate instanceof ArrayBuffer);
  assert.deepEqual(new Uint8Array(certificate), Uint8Array.of(48, 130));
});

test('a transport that negotiation has dropped is closed', () => {
  const { pc, native } = connect();
  const { transport } = pc.sctp;
  native.ice.delete(7);
  native.dtls.delete(7);
  assert.equal(transport.state, 'closed');
  assert.equal(transport.iceTransport.state, 'closed');
  assert.equal(transport.iceTransport.getSelectedCandidatePair(), null);
});

test('close() closes every transport at once, and they keep what they were', async () => {
  const { pc, native } = connect();
  const { sctp } = pc;
  native.maxMessageSize = 65536;
  native.sctp.state = 'connected';
  native.sctp.maxChannels = 16;
  native.ice.set(7, iceState({ state: 'completed', gatheringState: 'complete', localCandidates: [candidate(1)] }));
  const { transport } = sctp;
  const { iceTransport } = transport;
  const fired = [];
  for (const target of [sctp, transport, iceTransport]) {
    target.onstatechange = ({ target: { constructor, state } }) => fired.push(`${constructor.name} ${state}`);
  }
  pc.close();
  assert.deepEqual([sctp.state, transport.state, iceTransport.state], ['closed', 'closed', 'closed']);
  assert.equal(pc.sctp, sctp);
  assert.equal(sctp.transport, transport);
  assert.equal(sctp.maxMessageSize, 65536);
  assert.equal(sctp.maxChannels, 16);
  assert.equal(iceTransport.gatheringState, 'complete');
  assert.equal(iceTransport.getLocalCandidates().length, 1);
  await turns();
  assert.deepEqual(fired, ['RTCSctpTransport closed'], 'webrtc-pc §6.1.1.6 queues this task');
});
