// diagnose(): why a connection does not form. Rust's simulations have every cause; here is the way to
// JavaScript.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { connected } from './peers.mjs';

test('a connection says what it waits for, from its beginning to its end', async () => {
  const pc = new RTCPeerConnection();
  const cause = () => pc.diagnose().cause;
  assert.equal(cause(), 'nothing-negotiated');
  pc.createDataChannel('chat');
  await pc.setLocalDescription();
  const { sentence, trouble, cause: missing, transports } = pc.diagnose();
  assert.equal(missing, 'answer-missing');
  assert.equal(trouble, true);
  assert.match(sentence, /^Our offer is not answered: .*\.$/);
  assert.equal(transports.length, 1);
  pc.close();
  assert.equal(cause(), 'closed');
  assert.match(pc.diagnose().sentence, /closed on this side/);
});

test('a connection that stands says over what', async () => {
  const { offerer, answerer, close } = await connected();
  for (const pc of [offerer, answerer]) {
    const { sentence, cause, trouble, transports } = pc.diagnose();
    assert.equal(cause, 'connected', sentence);
    assert.equal(trouble, false);
    assert.match(sentence, /^Connected directly, from .* \(host\) to .*\.$/);
    const [{ generations, dtls }] = transports;
    assert.equal(dtls, 'connected');
    assert.ok(generations[0].pairs.some(({ selected }) => selected));
  }
  close();
});
