// The end of a walk: everything that was begun ends, two that agree connect, and both close.

import { setImmediate as turn, setTimeout as pass } from 'node:timers/promises';
import { LONG, Violation } from './side.mjs';

export async function finish(walk) {
  const { sides, setting } = walk;
  for (const side of sides) Object.assign(side, { ending: true, closeIn: null });
  if (setting.finish === 'drop') return walk.check();
  await rest(walk);
  const closed = sides.some((side) => side.closed);
  if (!closed && setting.finish === 'fair') await comeToTerms(walk);
  for (const side of sides) {
    side.close();
    await turn();
    await turn();
    side.check('the end');
  }
  walk.check();
}

async function rest(walk) {
  for (const side of walk.sides) {
    const left = () => side.unsettled.map(({ name }) => name).join(' ');
    const otherwise = () => new Violation('every operation settles', left());
    await until(walk, () => side.closed || side.idle, otherwise);
  }
}

async function until(walk, holds, otherwise) {
  const end = performance.now() + LONG;
  while (!holds()) {
    await pass(1);
    walk.check();
    if (performance.now() > end) throw otherwise();
  }
}

/** Both go back to where they stood, and if that is the same place they can connect from there. */
async function comeToTerms(walk) {
  for (const side of walk.sides) {
    const { signalingState } = side.pc;
    if (signalingState.endsWith('pranswer')) return;
    if (signalingState !== 'stable') await walk.setLocal(side, { type: 'rollback' });
  }
  const [alice, bob] = walk.sides;
  if (!agree(alice.pc, bob.pc)) return;
  alice.pc.restartIce();
  const channel = alice.pc.createDataChannel('last');
  alice.watchChannel(channel);
  for (const side of walk.sides) side.candidates = [];
  await exchange(walk, alice, bob);
  const connected = () => {
    for (const side of walk.sides) {
      // The null of a generation before would end the newest one.
      side.candidates = side.candidates.filter((candidate) => candidate !== null);
      void walk.deliverCandidates(side, Infinity);
    }
    const both = walk.sides.every(({ pc }) => pc.connectionState === 'connected');
    return both && channel.readyState === 'open';
  };
  const states = () => walk.sides.map(statesOf).join('; ');
  await until(walk, connected, () => new Violation('a fair exchange connects both', states()));
  const before = bob.received;
  channel.send('x');
  await until(walk, () => bob.received > before, () => new Violation('data flows', 'not in time'));
  await rest(walk);
}

async function exchange(walk, offerer, answerer) {
  const must = (done, what) => {
    if (!done) throw new Violation('two that agree can negotiate again', what);
  };
  must(await walk.setLocal(offerer, undefined), 'the offer');
  must(await walk.setRemote(answerer, offerer.pc.localDescription), 'the offer arrives');
  must(await walk.setLocal(answerer, undefined), 'the answer');
  must(await walk.setRemote(offerer, answerer.pc.localDescription), 'the answer arrives');
}

function statesOf({ pc, channels }) {
  const dtls = pc.sctp?.transport;
  const ice = dtls?.iceTransport;
  const counts = [ice?.getLocalCandidates().length, ice?.getRemoteCandidates().length];
  const states = [pc.signalingState, pc.iceGatheringState, pc.connectionState, ice?.state, dtls?.state];
  return [...states, ...counts, channels.at(-1)?.readyState].join(' ');
}

/** Whether the last exchange arrived whole at both. */
function agree(one, other) {
  const same = (local, remote) => essence(local) === essence(remote);
  return (
    same(one.currentLocalDescription, other.currentRemoteDescription) &&
    same(other.currentLocalDescription, one.currentRemoteDescription)
  );
}

/** The text without what candidates change. */
function essence(description) {
  const lines = (description?.sdp ?? '').split('\r\n');
  const changing = /^(a=candidate:|a=end-of-candidates|c=|a=rtcp:)/;
  const kept = lines.filter((line) => !changing.test(line));
  return kept.map((line) => line.replace(/^(m=\S+) [1-9]\d*/, '$1 9')).join('\n');
}
