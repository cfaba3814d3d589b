// rill and a browser with a section for audio, which is negotiated although no media flows.

import assert from 'node:assert/strict';
import { withPeers } from './peer.js';
import { withoutBundle } from './sdp.js';
import { Signalling } from './signalling.js';
import { greet } from './traffic.js';

/**
 * Who offers, whether there is a data channel too, the browser's bundle policy, and whether the
 * offer keeps its group of sections: without it each section has a transport of its own.
 */
export const MEDIA = {
  'audio and data offered, balanced': { offers: 'them', data: true, policy: 'balanced' },
  'audio and data offered, max-compat': { offers: 'them', data: true, policy: 'max-compat' },
  'audio and data offered, max-bundle': { offers: 'them', data: true, policy: 'max-bundle' },
  'audio and data offered, unbundled': {
    offers: 'them', data: true, policy: 'max-compat', bundled: false,
  },
  'audio alone offered, balanced': { offers: 'them', policy: 'balanced' },
  'audio alone offered, max-compat': { offers: 'them', policy: 'max-compat' },
  'audio alone offered, max-bundle': { offers: 'them', policy: 'max-bundle' },
  'audio and data answered, balanced': { offers: 'us', data: true, policy: 'balanced' },
  'audio and data answered, max-compat': { offers: 'us', data: true, policy: 'max-compat' },
  'audio and data answered, max-bundle': { offers: 'us', data: true, policy: 'max-bundle' },
  'audio alone answered, balanced': { offers: 'us', policy: 'balanced' },
};

/** Connects the two; how many milliseconds it took until both were connected. */
export function meetWithAudio({ us, them }, { offers, data = false, policy, bundled = true }) {
  const configurations = { them: { bundlePolicy: policy } };
  return withPeers({ us, them }, configurations, async ends => {
    const signalling = new Signalling(ends.us, ends.them);
    const [offerer, answerer] = offers === 'us' ? [ends.us, ends.them] : [ends.them, ends.us];
    const talk = async () => {
      const start = performance.now();
      const direction = offers === 'us' ? 'sendrecv' : 'recvonly';
      await offerer.perform('transceiver', { kind: 'audio', direction });
      if (data) await offerer.perform('channel', { label: 'ordered', ordered: true });
      const edit = bundled ? undefined : withoutBundle;
      const session = await signalling.negotiate(offerer, answerer, { edit });
      await Promise.all([ends.us.connected(), ends.them.connected()]);
      const took = performance.now() - start;
      readSections(session, data ? 2 : 1);
      await readDirections(offerer, answerer, offers);
      if (data) await greet(offerer, answerer);
      return took;
    };
    try {
      return await signalling.during(talk());
    } finally {
      signalling.hold();
    }
  });
}

/** Nobody has refused a section. */
function readSections({ answer }, count) {
  const ports = [...answer.sdp.matchAll(/^m=\w+ (\d+) /gm)].map(([, port]) => port);
  assert.equal(ports.length, count);
  assert.ok(!ports.includes('0'), 'a section is refused');
}

/** Who only listens to one that has nothing to send has agreed on nothing (RFC 9429 §5.3.1). */
async function readDirections(offerer, answerer, offers) {
  const agreed = offers === 'us' ? ['sendonly', 'recvonly'] : ['inactive', 'inactive'];
  for (const [index, end] of [offerer, answerer].entries()) {
    const { transceivers } = await end.perform('state');
    assert.deepEqual(
      transceivers.map(({ currentDirection }) => currentDirection),
      [agreed[index]],
      `currentDirection at ${end.name}`,
    );
  }
}
