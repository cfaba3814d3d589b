// Two connections of one process, and how tests wait for them.

import { RTCPeerConnection } from 'rill-rtc';

/** The next event of a type; rejects when it has not come in time. */
export function next(target, type, milliseconds = 10_000) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${type} event`)), milliseconds);
    const listener = (event) => {
      clearTimeout(late);
      resolve(event);
    };
    target.addEventListener(type, listener, { once: true });
  });
}

/** Waits until `holds` does, looking after each event of a type. */
export async function until(target, type, holds) {
  while (!holds()) await next(target, type);
}

/** Lets time pass that no callback runs in. */
export function block(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

export async function opened(channel) {
  await until(channel, 'open', () => channel.readyState === 'open');
  return channel;
}

/** Hands the candidates of each to the other. */
export function trickle(one, other) {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ]) {
    from.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate !== null && to.signalingState !== 'closed') void to.addIceCandidate(candidate);
    });
  }
}

/** An exchange of offer and answer. */
export async function negotiate(offerer, answerer) {
  await offerer.setLocalDescription();
  await answerer.setRemoteDescription(offerer.localDescription);
  await answerer.setLocalDescription();
  await offerer.setRemoteDescription(answerer.localDescription);
}

/** Two connected peers and both ends of a channel between them. */
export async function connected(init) {
  const offerer = new RTCPeerConnection();
  const answerer = new RTCPeerConnection();
  trickle(offerer, answerer);
  const near = offerer.createDataChannel('test', init);
  const announced = init?.negotiated
    ? { channel: answerer.createDataChannel('test', init) }
    : next(answerer, 'datachannel');
  await negotiate(offerer, answerer);
  const { channel: far } = await announced;
  await Promise.all([opened(near), opened(far)]);
  const close = () => {
    offerer.close();
    answerer.close();
  };
  return { offerer, answerer, near, far, close };
}

/** A connected channel to a peer elsewhere, which speaks by `post` and the target's messages. */
export async function channelTo(elsewhere, post) {
  const pc = new RTCPeerConnection();
  const channel = pc.createDataChannel('x');
  elsewhere.on('message', ({ description, candidate }) => {
    // A short connection is closed before the last candidate of the peer has come.
    if (pc.signalingState === 'closed') return;
    if (description === undefined) void pc.addIceCandidate(candidate);
    else void pc.setRemoteDescription(description);
  });
  pc.onicecandidate = ({ candidate }) => candidate && post({ candidate: candidate.toJSON() });
  await pc.setLocalDescription();
  post({ description: pc.localDescription.toJSON() });
  await opened(channel);
  return { pc, channel };
}
