// A peer that is gone without a word: its consent expires (RFC 7675 §5.1), after half a minute.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { test } from 'node:test';
import { channelTo, next } from './peers.mjs';

test('a pair without consent is selected no more, and the page is told', async () => {
  const child = fork(new URL('answering_process.mjs', import.meta.url));
  const { pc } = await channelTo(child, (message) => child.send(message));
  const { iceTransport } = pc.sctp.transport;
  assert.notEqual(iceTransport.getSelectedCandidatePair(), null);
  const seen = [];
  const note = (name) => () => {
    seen.push(`${name}: ${iceTransport.getSelectedCandidatePair()} ${iceTransport.state}`);
  };
  const lost = next(iceTransport, 'selectedcandidatepairchange', 45_000);
  iceTransport.onselectedcandidatepairchange = note('pair');
  child.kill('SIGKILL');
  await lost.finally(() => pc.close());
  assert.equal(seen.length, 1);
  assert.match(seen[0], /^pair: null (disconnected|failed)$/);
});
