// The page's code, unchanged but for the import, with a peer that can trickle and one that cannot.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { next, opened, until } from './peers.mjs';

function page(remoteOffer, { sendAnswerToPeer, sendCandidateToPeer, handleError }) {
  const pc = new RTCPeerConnection();
  pc.setRemoteDescription(remoteOffer)                    // from a peer of whom we don't know whether it can trickle
    .then(_ => pc.createAnswer())
    .then(answer => pc.setLocalDescription(answer))
    .then(_ => {
      if (pc.canTrickleIceCandidates) return pc.localDescription;      // true: answer now, candidates follow
      return new Promise(r => {                                        // false: answer only when gathering is complete
        pc.addEventListener('icegatheringstatechange', e => {
          if (e.target.iceGatheringState === 'complete') r(pc.localDescription);
        });
      });
    })
    .then(answer => sendAnswerToPeer(answer))
    .catch(e => handleError(e));
  pc.addEventListener('icecandidate', e => {
    if (pc.canTrickleIceCandidates) sendCandidateToPeer(e.candidate);
  });
  return pc;
}

function withoutTrickle({ type, sdp }) {
  const stripped = sdp.replace(/a=ice-options:.*\r\n/g, '');
  assert.notEqual(stripped, sdp);
  return { type, sdp: stripped };
}

async function gathered(pc) {
  await until(pc, 'icegatheringstatechange', () => pc.iceGatheringState === 'complete');
  return pc.localDescription;
}

function count(text, pattern) {
  return (text.match(pattern) ?? []).length;
}

// Trickle H1: bindings/node/ts/RTCPeerConnection.ts: `return this.#native.canTrickleIceCandidates;`
test('the peer can trickle: the answer leaves at once, candidates follow, null is last', async () => {
  const peer = new RTCPeerConnection();
  const channel = peer.createDataChannel('page');
  await peer.setLocalDescription();
  const sent = [];
  const pc = page(peer.localDescription, {
    sendAnswerToPeer: async (answer) => {
      sent.push(answer);
      await peer.setRemoteDescription(answer);
    },
    sendCandidateToPeer: (candidate) => {
      sent.push(candidate);
      void peer.addIceCandidate(candidate);
    },
    handleError: (error) => sent.push(error),
  });
  peer.addEventListener('icecandidate', ({ candidate }) => pc.addIceCandidate(candidate));
  pc.addEventListener('datachannel', ({ channel: echo }) => {
    echo.onmessage = ({ data }) => echo.send(`echo of ${data}`);
  });
  await opened(channel);
  channel.send('hello');
  assert.equal((await next(channel, 'message')).data, 'echo of hello');
  await gathered(pc);
  await until(pc, 'icecandidate', () => sent.at(-1) === null);

  const [answer, ...candidates] = sent;
  assert.equal(answer.type, 'answer');
  assert.match(answer.sdp, /^a=ice-options:(.* )?trickle( .*)?\r$/m);
  assert.doesNotMatch(answer.sdp, /a=candidate|a=end-of-candidates/);
  assert.equal(pc.canTrickleIceCandidates, true);
  assert.equal(peer.canTrickleIceCandidates, true);
  assert.equal(candidates.at(-1), null);
  assert.equal(candidates.at(-2).candidate, '');
  const gatheredOnes = candidates.slice(0, -2);
  assert.ok(gatheredOnes.length > 0);
  assert.ok(gatheredOnes.every(({ candidate }) => candidate.startsWith('candidate:')));
  assert.equal(candidates.filter((candidate) => candidate === null).length, 1);
  pc.close();
  peer.close();
});

// Trickle H2: crates/rill-peer/src/view/candidates.rs: `let Some((mid, index)) = self.insert_local(&found.ufrag, &line) else {`
test('the peer cannot trickle: the answer carries every candidate and one end', async () => {
  const peer = new RTCPeerConnection();
  const channel = peer.createDataChannel('page');
  await peer.setLocalDescription();
  const candidates = [];
  const answers = [];
  const pc = page(withoutTrickle(await gathered(peer)), {
    sendAnswerToPeer: async (answer) => {
      answers.push(answer);
      await peer.setRemoteDescription(answer);
    },
    sendCandidateToPeer: (candidate) => candidates.push(candidate),
    handleError: (error) => assert.fail(error),
  });
  await opened(channel);
  assert.equal(pc.canTrickleIceCandidates, false);
  assert.equal(pc.iceGatheringState, 'complete');
  assert.equal(answers.length, 1);
  const [{ sdp }] = answers;
  assert.ok(count(sdp, /^a=candidate:/gm) > 0);
  assert.equal(count(sdp, /^a=end-of-candidates\r$/gm), 1);
  assert.ok(sdp.lastIndexOf('a=candidate') < sdp.indexOf('a=end-of-candidates'));
  assert.deepEqual(candidates, []);
  pc.close();
  peer.close();
});

// Trickle H3: crates/rill-ice/src/config.rs: `server_deadline: Duration::from_millis(1800),`
test('one dead STUN server delays the answer by less than two seconds', async () => {
  const addresses = Object.values(networkInterfaces()).flat();
  const { address } =
    addresses.find(({ family, internal }) => family === 'IPv4' && !internal) ?? addresses[0];
  const dead = createSocket('udp4').bind(0, address);
  await once(dead, 'listening');
  const peer = new RTCPeerConnection();
  peer.createDataChannel('page');
  await peer.setLocalDescription();
  const iceServers = [{ urls: `stun:${address}:${dead.address().port}` }];
  const pc = new RTCPeerConnection({ iceServers });
  const errors = [];
  pc.onicecandidateerror = (error) => errors.push(error);
  const started = performance.now();
  await pc.setRemoteDescription(withoutTrickle(await gathered(peer)));
  await pc.setLocalDescription(await pc.createAnswer());
  const { sdp } = await gathered(pc);
  const elapsed = performance.now() - started;
  assert.ok(elapsed < 4000, `${elapsed} ms`);
  assert.ok(elapsed > 500, `the server was not waited for: ${elapsed} ms`);
  assert.match(sdp, /a=candidate/);
  assert.equal(errors.length, 1);
  assert.equal(errors[0].errorCode, 701);
  assert.equal(errors[0].url, iceServers[0].urls);
  dead.close();
  pc.close();
  peer.close();
});
