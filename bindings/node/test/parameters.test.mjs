// Parameters and capabilities of senders and receivers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCPeerConnection, RTCRtpReceiver, RTCRtpSender } from 'rill-rtc';
import { FakePeerConnection, codecs, installFake, turn, turns } from './fake_native.mjs';

installFake();

const named = (name) => ({ name });
const opus = { ...codecs.audio[0], payloadType: 111 };
const mid = { id: 3, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' };

function sender(kind = 'audio', init) {
  const pc = new RTCPeerConnection();
  const transceiver = pc.addTransceiver(kind, init);
  const native = FakePeerConnection.last;
  return { pc, native, transceiver, sender: transceiver.sender };
}

test('capabilities have no member for what a codec does not have', () => {
  for (const type of [RTCRtpSender, RTCRtpReceiver]) {
    assert.deepEqual(type.getCapabilities('audio'), {
      codecs: [codecs.audio[0], { mimeType: 'audio/PCMU', clockRate: 8000, channels: 1 }],
      headerExtensions: [{ uri: mid.uri }],
    });
    assert.deepEqual(type.getCapabilities('video').codecs, [{ mimeType: 'video/VP8', clockRate: 90000 }]);
    assert.equal(type.getCapabilities('data'), null);
    assert.throws(() => type.getCapabilities(), TypeError);
  }
});

test('parameters are what was negotiated', () => {
  const { native, sender: audio, transceiver } = sender();
  Object.assign(native.media.get(1), {
    sendCodecs: [opus],
    receiveCodecs: [{ ...opus, sdpFmtpLine: null, channels: null }],
    headerExtensions: [mid],
  });
  const sent = audio.getParameters();
  assert.deepEqual(sent.codecs, [opus]);
  assert.deepEqual(sent.headerExtensions, [{ ...mid, encrypted: false }]);
  assert.deepEqual(sent.encodings, [{ active: true }]);
  assert.equal(sent.rtcp.reducedSize, false);
  assert.ok(sent.rtcp.cname.length > 8);
  const { encodings, ...received } = transceiver.receiver.getParameters();
  assert.equal(encodings, undefined);
  assert.deepEqual(received, {
    codecs: [{ payloadType: 111, mimeType: 'audio/opus', clockRate: 48000 }],
    headerExtensions: [{ ...mid, encrypted: false }],
    rtcp: { reducedSize: false },
  });
});

test('getParameters gives the same transaction for the rest of a task', async () => {
  const { sender: audio } = sender();
  const first = audio.getParameters();
  const again = audio.getParameters();
  assert.notEqual(again, first, 'a dictionary is converted each time');
  assert.deepEqual(again, first);
  await turn();
  assert.notEqual(audio.getParameters().transactionId, first.transactionId);
});

test('setParameters needs parameters of the same task, and takes them once', async () => {
  const { sender: audio } = sender();
  const parameters = audio.getParameters();
  await turn();
  await assert.rejects(audio.setParameters(parameters), named('InvalidStateError'));
  const fresh = audio.getParameters();
  fresh.encodings[0].maxBitrate = 1000;
  assert.equal(await audio.setParameters(fresh), undefined);
  await assert.rejects(audio.setParameters(fresh), named('InvalidStateError'));
  assert.deepEqual(audio.getParameters().encodings, [{ active: true, maxBitrate: 1000 }]);
});

test('what is read-only stays as it was', async () => {
  const { native, sender: audio, transceiver } = sender();
  Object.assign(native.media.get(1), { sendCodecs: [opus], headerExtensions: [mid] });
  const changes = [
    (given) => (given.transactionId += 'x'),
    (given) => (given.codecs[0].payloadType += 1),
    (given) => (given.codecs[0].channels = 1),
    (given) => delete given.codecs[0].sdpFmtpLine,
    (given) => given.codecs.push(opus),
    (given) => (given.headerExtensions = []),
    (given) => (given.headerExtensions[0].encrypted = true),
    (given) => (given.rtcp.cname = 'x'),
    (given) => (given.rtcp.reducedSize = true),
    (given) => given.encodings.push({}),
    (given) => (given.encodings = []),
    (given) => (given.encodings[0].rid = 'a'),
    (given) => (given.encodings[0].codec = codecs.audio[1]),
  ];
  for (const change of changes) {
    const given = audio.getParameters();
    change(given);
    const refused = audio.setParameters(given);
    await assert.rejects(refused, named('InvalidModificationError'), change.toString());
  }
  for (const name of ['transactionId', 'encodings', 'codecs', 'headerExtensions', 'rtcp']) {
    const given = audio.getParameters();
    given[name] = undefined;
    await assert.rejects(audio.setParameters(given), TypeError, name);
  }
  await assert.rejects(audio.setParameters(), TypeError);
  await assert.rejects(audio.setParameters(audio.getParameters(), 5), TypeError);
  const chosen = audio.getParameters();
  chosen.encodings[0].codec = opus;
  await assert.rejects(audio.setParameters(chosen), named('OperationError'));
  const late = audio.getParameters();
  transceiver.stop();
  await assert.rejects(audio.setParameters(late), named('InvalidStateError'));
});

test('video is scaled and audio is not', async () => {
  const change = async (kind, encoding) => {
    const { sender: changed } = sender(kind);
    const parameters = changed.getParameters();
    Object.assign(parameters.encodings[0], encoding);
    await changed.setParameters(parameters);
    return changed.getParameters().encodings[0];
  };
  const half = { scaleResolutionDownBy: 2, maxFramerate: 0 };
  assert.deepEqual(await change('video', half), { active: true, ...half });
  assert.deepEqual(await change('audio', { ...half, active: false }), { active: false });
  assert.deepEqual(await change('audio', { scaleResolutionDownBy: 0.5 }), { active: true });
  const none = await change('video', { scaleResolutionDownBy: undefined });
  assert.deepEqual(none, { active: true, scaleResolutionDownBy: 1 });
  for (const wrong of [{ scaleResolutionDownBy: 0.5 }, { maxFramerate: -1 }]) {
    await assert.rejects(change('video', wrong), RangeError);
  }
  for (const wrong of [{ scaleResolutionDownBy: NaN }, { maxFramerate: 'fast' }]) {
    await assert.rejects(change('video', wrong), TypeError);
  }
});

test('sendEncodings are validated, and one is sent', () => {
  const encodings = (kind, sendEncodings) => sender(kind, { sendEncodings }).sender.getParameters().encodings;
  const rid = (name) => ({ rid: name });
  assert.deepEqual(encodings('audio', []), [{ active: true }]);
  assert.deepEqual(encodings('video', []), [{ active: true, scaleResolutionDownBy: 1 }]);
  const given = [{ rid: 'a', active: false, maxBitrate: 8, maxFramerate: 5 }, { rid: 'b' }];
  const first = { active: false, maxBitrate: 8, maxFramerate: 5, scaleResolutionDownBy: 1 };
  assert.deepEqual(encodings('video', given), [first]);
  assert.deepEqual(encodings('audio', given), [{ active: false, maxBitrate: 8 }]);
  const bad = [[rid('')], [rid('@')], [rid('a'.repeat(17))], [rid('a'), {}], [rid('a'), rid('a')]];
  for (const wrong of bad) assert.throws(() => encodings('video', wrong), TypeError);
  const codec = codecs.video[0];
  const withCodec = [{ codec: { mimeType: codec.mimeType, clockRate: codec.clockRate } }];
  assert.throws(() => encodings('video', withCodec), named('OperationError'));
  assert.throws(() => encodings('video', [{ scaleResolutionDownBy: 0.9 }]), RangeError);
  assert.throws(() => encodings('video', [{ maxFramerate: 0 }]), RangeError);
  assert.deepEqual(encodings('audio', [{ scaleResolutionDownBy: 0.9 }]), [{ active: true }]);
});

test('receivers: sources and the target of the jitter buffer', async () => {
  const { transceiver } = sender();
  const { receiver } = transceiver;
  assert.deepEqual(receiver.getContributingSources(), []);
  assert.deepEqual(receiver.getSynchronizationSources(), []);
  assert.equal(receiver.jitterBufferTarget, null);
  receiver.jitterBufferTarget = 4000;
  assert.equal(receiver.jitterBufferTarget, 4000);
  for (const wrong of [-1, 4001]) {
    assert.throws(() => (receiver.jitterBufferTarget = wrong), RangeError);
  }
  assert.throws(() => (receiver.jitterBufferTarget = 'soon'), TypeError);
  assert.equal(receiver.jitterBufferTarget, 4000);
  receiver.jitterBufferTarget = undefined;
  assert.equal(receiver.jitterBufferTarget, null);
  await turns();
});
