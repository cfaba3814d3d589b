// The classes as Web IDL binds them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as rill from 'rill-rtc';
import { FakePeerConnection, installFake, turns } from './fake_native.mjs';

installFake();

const { RTCDataChannel, RTCIceCandidate, RTCPeerConnection, RTCSessionDescription } = rill;

test('interfaces have their class string and enumerable members', () => {
  for (const [name, type] of Object.entries(rill)) {
    assert.equal(type.prototype[Symbol.toStringTag], name);
    assert.equal(type.name, name);
    const members = Object.getOwnPropertyDescriptors(type.prototype);
    for (const [member, { enumerable }] of Object.entries(members)) {
      assert.equal(enumerable, member !== 'constructor', `${name}.${member}`);
    }
  }
  const keys = Object.keys(RTCPeerConnection.prototype);
  for (const member of ['createOffer', 'canTrickleIceCandidates', 'onicecandidate', 'close']) {
    assert.ok(keys.includes(member), member);
  }
  assert.deepEqual(Object.keys(RTCPeerConnection), ['generateCertificate']);
  assert.equal(String(new RTCPeerConnection()), '[object RTCPeerConnection]');
});

test('operations and constructors have the length of their shortest overload', () => {
  const { prototype } = RTCPeerConnection;
  const lengths = {
    createOffer: 0,
    createAnswer: 0,
    setLocalDescription: 0,
    setRemoteDescription: 1,
    addIceCandidate: 0,
    createDataChannel: 1,
    setConfiguration: 0,
    addTransceiver: 1,
    addTrack: 1,
    removeTrack: 1,
    restartIce: 0,
    getTransceivers: 0,
  };
  for (const [name, length] of Object.entries(lengths)) {
    assert.equal(prototype[name].length, length, name);
  }
  assert.equal(RTCPeerConnection.generateCertificate.length, 1);
  assert.equal(RTCDataChannel.prototype.send.length, 1);
  const constructors = Object.fromEntries(
    Object.entries(rill).map(([name, type]) => [name, type.length]),
  );
  assert.deepEqual(constructors, {
    MediaStream: 0,
    MediaStreamTrack: 0,
    MediaStreamTrackEvent: 2,
    RTCCertificate: 0,
    RTCDataChannel: 0,
    RTCDataChannelEvent: 2,
    RTCDtlsTransport: 0,
    RTCError: 1,
    RTCErrorEvent: 2,
    RTCIceCandidate: 0,
    RTCIceCandidatePair: 0,
    RTCIceTransport: 0,
    RTCPeerConnection: 0,
    RTCPeerConnectionIceErrorEvent: 2,
    RTCPeerConnectionIceEvent: 1,
    RTCRtpReceiver: 0,
    RTCRtpSender: 0,
    RTCRtpTransceiver: 0,
    RTCSctpTransport: 0,
    RTCSessionDescription: 1,
    RTCStatsReport: 0,
    RTCTrackEvent: 2,
  });
});

test('interfaces without a constructor cannot be constructed', () => {
  const withoutOne = [
    'MediaStreamTrack',
    'RTCCertificate',
    'RTCDataChannel',
    'RTCDtlsTransport',
    'RTCIceCandidatePair',
    'RTCIceTransport',
    'RTCRtpReceiver',
    'RTCRtpSender',
    'RTCRtpTransceiver',
    'RTCSctpTransport',
    'RTCStatsReport',
  ];
  for (const name of withoutOne) assert.throws(() => new rill[name](), /Illegal constructor/, name);
  assert.throws(() => RTCPeerConnection(), TypeError);
});

// Trickle B25: bindings/node/ts/event_handler.ts: `present.value = value;` => `void value;`
test('handlers keep their place among the listeners', async () => {
  const pc = new RTCPeerConnection();
  const fake = FakePeerConnection.last;
  const order = [];
  const listener = (name) => () => order.push(name);
  const fire = async () => {
    order.length = 0;
    fake.queue({ events: [{ type: 'signalingstatechange' }] });
    await turns(2);
    return order.join(' ');
  };
  assert.equal(pc.onsignalingstatechange, null);
  pc.addEventListener('signalingstatechange', listener('a'));
  pc.onsignalingstatechange = listener('handler');
  pc.addEventListener('signalingstatechange', listener('b'));
  assert.equal(await fire(), 'a handler b');
  pc.onsignalingstatechange = listener('replaced');
  assert.equal(await fire(), 'a replaced b');
  pc.onsignalingstatechange = null;
  assert.equal(await fire(), 'a b');
  pc.onsignalingstatechange = listener('last');
  assert.equal(await fire(), 'a b last');
  const object = {};
  pc.onsignalingstatechange = object;
  assert.equal(pc.onsignalingstatechange, object);
  pc.onsignalingstatechange = 5;
  assert.equal(pc.onsignalingstatechange, null);
  assert.throws(() => RTCPeerConnection.prototype.onicecandidate, TypeError);
});

// Trickle B25: bindings/node/ts/event_handler.ts: `handler.value.call(event.currentTarget, event)`
// Trickle B20: bindings/node/ts/connection_event.ts: `url: candidate.url,`
test('events have their target, and handlers their receiver', async () => {
  const pc = new RTCPeerConnection();
  let seen;
  pc.onicecandidate = function (event) {
    seen = { receiver: this, event };
  };
  const candidate = 'candidate:1 1 udp 2 192.0.2.1 5 typ srflx raddr 10.0.0.1 rport 9';
  FakePeerConnection.last.queue({
    events: [
      {
        type: 'icecandidate',
        candidate: {
          candidate,
          sdpMid: '0',
          sdpMLineIndex: 0,
          usernameFragment: 'u',
          url: 'stun:stun.example',
          relayProtocol: null,
        },
      },
    ],
  });
  await turns();
  assert.equal(seen.receiver, pc);
  assert.equal(seen.event.target, pc);
  assert.ok(seen.event instanceof rill.RTCPeerConnectionIceEvent);
  assert.ok(seen.event.candidate instanceof RTCIceCandidate);
  assert.equal(seen.event.candidate.url, 'stun:stun.example');
  assert.equal(seen.event.url, 'stun:stun.example');
  FakePeerConnection.last.queue({ events: [{ type: 'icecandidate', candidate: null }] });
  await turns();
  assert.equal(seen.event.candidate, null);
});

test('icecandidateerror carries its members', async () => {
  const pc = new RTCPeerConnection();
  let event;
  pc.onicecandidateerror = (dispatched) => (event = dispatched);
  const members = { address: null, port: null, url: 'stun:x', errorCode: 701, errorText: 'dead' };
  FakePeerConnection.last.queue({ events: [{ type: 'icecandidateerror', ...members }] });
  await turns();
  assert.ok(event instanceof rill.RTCPeerConnectionIceErrorEvent);
  for (const [name, value] of Object.entries(members)) assert.equal(event[name], value);
});

test('a dozen listeners cause no warning', async () => {
  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning));
  const pc = new RTCPeerConnection();
  const channel = pc.createDataChannel('');
  for (let count = 0; count < 12; count += 1) {
    pc.addEventListener('icecandidate', () => count);
    channel.addEventListener('message', () => count);
  }
  await turns();
  assert.deepEqual(warnings, []);
});

test('RTCSessionDescription', () => {
  assert.throws(() => new RTCSessionDescription(), TypeError);
  assert.throws(() => new RTCSessionDescription({ sdp: '' }), TypeError);
  assert.throws(() => new RTCSessionDescription({ type: 'x' }), TypeError);
  const description = new RTCSessionDescription({ type: 'offer' });
  assert.equal(description.sdp, '');
  assert.throws(() => (description.type = 'answer'), TypeError);
  assert.equal(JSON.stringify(description), '{"type":"offer","sdp":""}');
});

test('a description keeps its object until it changes', () => {
  const pc = new RTCPeerConnection();
  const fake = FakePeerConnection.last;
  fake.localDescription = { type: 'offer', sdp: 'one' };
  fake.pendingLocalDescription = { type: 'offer', sdp: 'one' };
  const first = pc.localDescription;
  assert.ok(first instanceof RTCSessionDescription);
  assert.equal(pc.localDescription, first);
  assert.equal(pc.pendingLocalDescription, first);
  fake.localDescription = { type: 'offer', sdp: 'two' };
  assert.notEqual(pc.localDescription, first);
  assert.equal(pc.remoteDescription, null);
});

// Trickle B20: bindings/node/ts/RTCIceCandidate.ts: `return { candidate, sdpMid, sdpMLineIndex, usernameFragment };` => `return { ...this.#init };`
test('RTCIceCandidate parses its text', () => {
  const text =
    'candidate:4 2 TCP 1518280447 fe80::1 9 typ relay raddr 192.0.2.3 rport 50 tcptype active ufrag x generation 0';
  const candidate = new RTCIceCandidate({
    candidate: text,
    sdpMid: 'm',
    usernameFragment: 'u',
    relayProtocol: 'tls',
    url: 'turns:t.example',
  });
  const expected = {
    candidate: text,
    sdpMid: 'm',
    sdpMLineIndex: null,
    foundation: '4',
    component: 'rtcp',
    priority: 1518280447,
    address: 'fe80::1',
    protocol: 'tcp',
    port: 9,
    type: 'relay',
    tcpType: 'active',
    relatedAddress: '192.0.2.3',
    relatedPort: 50,
    usernameFragment: 'u',
    relayProtocol: 'tls',
    url: 'turns:t.example',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(candidate[name], value, name);
  assert.deepEqual(candidate.toJSON(), {
    candidate: text,
    sdpMid: 'm',
    sdpMLineIndex: null,
    usernameFragment: 'u',
  });
});

// Trickle C19: bindings/node/ts/RTCIceCandidate.ts: `if (init.sdpMid === null && init.sdpMLineIndex === null) {` => `if (false) {`
// Trickle C19: bindings/node/ts/RTCIceCandidate.ts: `this.#attribute = parseCandidateAttribute(init.candidate);`
test('RTCIceCandidate needs a section and keeps text that it does not understand', () => {
  for (const init of [undefined, {}, { candidate: '' }, { sdpMid: null, sdpMLineIndex: null }]) {
    assert.throws(() => new RTCIceCandidate(init), TypeError);
  }
  assert.throws(() => new RTCIceCandidate('x'), TypeError);
  assert.throws(() => new RTCIceCandidate({ sdpMid: '', relayProtocol: 'x' }), TypeError);
  assert.equal(new RTCIceCandidate({ sdpMLineIndex: 0 }).candidate, '');
  const bad = [
    '',
    'nonsense',
    'a=candidate:1 1 udp 2 192.0.2.1 5 typ host',
    'candidate:1 3 udp 2 192.0.2.1 5 typ host',
    'candidate:1 1 sctp 2 192.0.2.1 5 typ host',
    'candidate:1 1 udp 4294967296 192.0.2.1 5 typ host',
    'candidate:1 1 udp 2 192.0.2.1 65536 typ host',
    'candidate:1 1 udp 2 192.0.2.1 5 typ other',
    'candidate:1 1 tcp 2 192.0.2.1 5 typ host tcptype other',
    'candidate:1 1 udp 2 192.0.2.1 5 typ host\r\n',
  ];
  for (const text of bad) {
    const candidate = new RTCIceCandidate({ candidate: text, sdpMid: '0' });
    assert.equal(candidate.candidate, text);
    for (const name of ['foundation', 'component', 'protocol', 'port', 'type', 'address']) {
      assert.equal(candidate[name], null, `${name} of ${text}`);
    }
  }
});

test('event constructors convert their dictionaries', () => {
  const { RTCPeerConnectionIceEvent, RTCPeerConnectionIceErrorEvent, RTCDataChannelEvent } = rill;
  assert.throws(() => new RTCPeerConnectionIceEvent(), TypeError);
  assert.equal(new RTCPeerConnectionIceEvent('x').candidate, null);
  assert.throws(() => new RTCPeerConnectionIceEvent('x', { candidate: {} }), TypeError);
  const event = new RTCPeerConnectionIceEvent('x', { bubbles: true, url: 'u' });
  assert.equal(event.bubbles, true);
  assert.equal(event.url, 'u');
  assert.throws(() => new RTCPeerConnectionIceErrorEvent('x'), TypeError);
  assert.throws(() => new RTCPeerConnectionIceErrorEvent('x', {}), TypeError);
  assert.equal(new RTCPeerConnectionIceErrorEvent('x', { errorCode: 701 }).url, '');
  assert.throws(() => new RTCDataChannelEvent('x', { channel: {} }), TypeError);
  assert.throws(() => new rill.RTCErrorEvent('x', { error: new Error() }), TypeError);
  const error = new rill.RTCError({ errorDetail: 'sctp-failure', sctpCauseCode: 12 }, 'gone');
  assert.equal(new rill.RTCErrorEvent('x', { error }).error, error);
  assert.ok(error instanceof DOMException);
  assert.equal(error.name, 'OperationError');
  assert.equal(error.message, 'gone');
  assert.equal(error.sctpCauseCode, 12);
  assert.equal(error.sentAlert, null);
  assert.throws(() => new rill.RTCError({ errorDetail: 'x' }), TypeError);
});
