// The operations chain, the arguments of its operations, and the legacy overloads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCIceCandidate, RTCPeerConnection, RTCError } from 'rill-rtc';
import { FakePeerConnection, installFake, isPending, turns } from './fake_native.mjs';

installFake();

function connect(configuration) {
  const pc = new RTCPeerConnection(configuration);
  return { pc, native: FakePeerConnection.last };
}

const named = (name) => ({ name });
const candidate = 'candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host';

// Trickle C18: bindings/node/ts/operations_chain.ts: `if (this.#operations.length === 1) execute();`
test('operations run one after another, in the order of their calls', async () => {
  const { pc, native } = connect();
  const settled = [];
  const promises = [
    pc.setLocalDescription({ type: 'offer', sdp: 'a' }).then(() => settled.push('first')),
    pc.setLocalDescription().then(() => settled.push('second')),
    pc.addIceCandidate({ candidate, sdpMid: '0' }).then(() => settled.push('third')),
  ];
  const begun = () => native.calls.filter(([name]) => !name.endsWith('Operation'));
  assert.equal(begun().length, 1, 'the first begins at once');
  native.complete(1);
  await turns();
  assert.deepEqual(begun()[1], ['setLocalDescription', null, null]);
  native.complete(2);
  await turns();
  native.complete(3);
  await Promise.all(promises);
  assert.deepEqual(settled, ['first', 'second', 'third']);
  const counts = native.calls.map(([name]) => name);
  assert.equal(counts.filter((name) => name === 'beginOperation').length, 3);
  assert.equal(counts.filter((name) => name === 'endOperation').length, 3);
});

test('a failed operation rejects with the exception and does not stop the chain', async () => {
  const { pc, native } = connect();
  native.refusal = { name: 'InvalidAccessError', message: 'no fingerprint' };
  const failed = pc.setRemoteDescription({ type: 'offer', sdp: 'bad' });
  native.refusal = null;
  const next = pc.setRemoteDescription({ type: 'offer', sdp: 'good' });
  await assert.rejects(failed, (error) => {
    assert.ok(error instanceof DOMException);
    assert.equal(error.name, 'InvalidAccessError');
    assert.equal(error.message, 'no fingerprint');
    return true;
  });
  native.complete(1);
  assert.equal(await next, undefined);
});

test('native errors become TypeError and RTCError where they are that', async () => {
  const { pc, native } = connect();
  native.refusal = { name: 'TypeError', message: 'type' };
  await assert.rejects(pc.setRemoteDescription({ type: 'offer', sdp: 'x' }), TypeError);
  native.refusal = {
    name: 'OperationError',
    message: 'line 3',
    errorDetail: 'sdp-syntax-error',
    sdpLineNumber: 3,
  };
  await assert.rejects(pc.setRemoteDescription({ type: 'offer', sdp: 'x' }), (error) => {
    assert.ok(error instanceof RTCError);
    assert.equal(error.name, 'OperationError');
    assert.equal(error.sdpLineNumber, 3);
    return true;
  });
});

test('the process stays alive for operations that run and for applied descriptions', async () => {
  const { pc, native } = connect();
  assert.equal(native.referenced, false);
  native.refusal = { name: 'OperationError', message: 'no' };
  const failed = pc.setRemoteDescription({ type: 'offer', sdp: 'x' });
  assert.equal(native.referenced, true);
  await assert.rejects(failed);
  await turns();
  assert.equal(native.referenced, false);
  native.refusal = null;
  const applied = pc.setRemoteDescription({ type: 'offer', sdp: 'x' });
  native.complete(1);
  await applied;
  await turns();
  assert.equal(native.referenced, true);
  pc.close();
  assert.equal(native.referenced, false);
});

test('createOffer returns a plain writable dictionary made in a later task', async () => {
  const { pc, native } = connect();
  const promise = pc.createOffer({ iceRestart: false });
  assert.ok(!native.calls.some(([name]) => name === 'createOffer'));
  const offer = await promise;
  assert.equal(Object.getPrototypeOf(offer), Object.prototype);
  offer.sdp = 'changed';
  assert.deepEqual(offer, { type: 'offer', sdp: 'changed' });
  await assert.rejects(pc.createAnswer(), named('InvalidStateError'));
  native.signalingState = 'have-remote-offer';
  assert.deepEqual(await pc.createAnswer(), { type: 'answer', sdp: 'answer' });
  await assert.rejects(pc.createOffer(), named('InvalidStateError'));
});

// Trickle C4: bindings/node/ts/RTCPeerConnection.ts: `if (init.candidate !== '' && unplaced) {`
// Trickle C18: bindings/node/ts/operations_chain.ts: `if (owner.closed()) return Promise.reject(invalidState('The connection is closed.'));`
test('on a closed connection every operation is an InvalidStateError', async () => {
  const { pc } = connect();
  pc.close();
  pc.close();
  const operations = [
    pc.createOffer(),
    pc.createAnswer(),
    pc.setLocalDescription(),
    pc.setRemoteDescription({ type: 'offer' }),
    pc.addIceCandidate(),
    pc.addIceCandidate({ candidate, sdpMid: '0' }),
  ];
  for (const operation of operations) await assert.rejects(operation, named('InvalidStateError'));
  assert.throws(() => pc.createDataChannel('x'), named('InvalidStateError'));
  assert.throws(() => pc.setConfiguration({}), named('InvalidStateError'));
  await assert.rejects(pc.addIceCandidate({ candidate }), TypeError);
  assert.equal(pc.signalingState, 'closed');
  assert.equal(pc.connectionState, 'closed');
  assert.equal(pc.canTrickleIceCandidates, null);
});

// Trickle C18: bindings/node/ts/operations_chain.ts: `(reason) => owner.closed() || reject(reason),` => `(reason) => reject(reason),`
test('promises never settle when the connection is closed meanwhile', async () => {
  const { pc, native } = connect();
  const first = pc.createOffer();
  const second = pc.setRemoteDescription({ type: 'offer' });
  pc.close();
  native.complete(1);
  assert.ok(await isPending(first));
  assert.ok(await isPending(second));
});

// Trickle C2: bindings/node/ts/RTCPeerConnection.ts: `connection.addIceCandidate(endsEverything ? null : init)` => `connection.addIceCandidate(init)`
// Trickle C3: bindings/node/ts/webidl.ts: `is not an object.`
// Trickle C4: bindings/node/ts/RTCPeerConnection.ts: `if (init.candidate !== '' && unplaced) {`
// Trickle C8: bindings/node/ts/RTCIceCandidate.ts: `sdpMid: optional(members, 'sdpMid', nullable(domString), null),`
// Trickle C16: bindings/node/ts/RTCIceCandidate.ts: `candidate: optional(members, 'candidate', domString, ''),`
test('addIceCandidate converts its argument', async () => {
  const { pc, native } = connect();
  const given = async (...args) => {
    const added = pc.addIceCandidate(...args);
    native.complete(native.operations);
    await added;
    return native.calls.findLast(([name]) => name === 'addIceCandidate')[1];
  };
  for (const args of [[], [undefined], [null], [{}], [{ candidate: '' }]]) {
    assert.equal(await given(...args), null);
  }
  const init = { candidate, sdpMid: 'data', sdpMLineIndex: 0, usernameFragment: 'abcd' };
  assert.deepEqual(await given({ ...init, foundation: 'ignored' }), init);
  assert.deepEqual(await given(new RTCIceCandidate(init)), init);
  const empty = { candidate: '', sdpMid: null, sdpMLineIndex: null, usernameFragment: 'abcd' };
  assert.deepEqual(await given({ usernameFragment: 'abcd' }), empty);
  assert.equal((await given({ candidate, sdpMLineIndex: 65537 })).sdpMLineIndex, 1);
  assert.equal((await given({ candidate, sdpMid: '' })).sdpMid, '');
  const before = native.operations;
  for (const bad of ['candidate:1', 5, true, { candidate }, { candidate, sdpMid: null }]) {
    await assert.rejects(pc.addIceCandidate(bad), TypeError);
  }
  assert.equal(native.operations, before);
});

test('descriptions are converted', async () => {
  const { pc, native } = connect();
  await assert.rejects(pc.setRemoteDescription(), TypeError);
  await assert.rejects(pc.setRemoteDescription({}), TypeError);
  await assert.rejects(pc.setRemoteDescription({ type: 'other' }), TypeError);
  await assert.rejects(pc.setRemoteDescription('offer'), TypeError);
  await assert.rejects(pc.setLocalDescription({ type: 'other' }), TypeError);
  assert.equal(native.operations, 0);
  void pc.setLocalDescription({ type: 'rollback' });
  assert.deepEqual(native.calls.at(-1), ['setLocalDescription', 'rollback', null]);
});

test('a receiver of another class rejects', async () => {
  const { prototype } = RTCPeerConnection;
  await assert.rejects(prototype.createOffer.call({}), TypeError);
  await assert.rejects(prototype.addIceCandidate.call({}), TypeError);
  assert.throws(() => prototype.close.call({}), TypeError);
  assert.throws(() => prototype.signalingState, TypeError);
});

test('legacy callbacks are called, and the promise fulfils with undefined', async () => {
  const { pc, native } = connect();
  const unexpected = () => assert.fail('the other callback');
  const offer = await new Promise((resolve) => {
    const returned = pc.createOffer(resolve, unexpected);
    returned.then((value) => assert.equal(value, undefined));
  });
  assert.equal(offer.type, 'offer');
  await new Promise((resolve) => {
    void pc.setLocalDescription(offer, resolve, unexpected);
    native.complete(1);
  });
  const failure = await new Promise((resolve) => void pc.createAnswer(unexpected, resolve));
  assert.equal(failure.name, 'InvalidStateError');
  const refused = await new Promise((resolve) => {
    native.refusal = { name: 'OperationError', message: 'no' };
    void pc.addIceCandidate({ candidate, sdpMid: '0' }, unexpected, resolve);
  });
  assert.equal(refused.name, 'OperationError');
  const unplaced = await new Promise((resolve) => {
    void pc.addIceCandidate({ candidate }, unexpected, resolve);
  });
  assert.equal(unplaced.name, 'TypeError');
  await assert.rejects(pc.setLocalDescription(offer, () => {}), TypeError);
  await assert.rejects(pc.setRemoteDescription(offer, () => {}), TypeError);
  await assert.rejects(pc.addIceCandidate({}, () => {}), TypeError);
  await assert.rejects(pc.createOffer(null, null), TypeError);
});
