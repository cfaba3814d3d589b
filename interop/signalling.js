// What lies between two endpoints, in the three ways that RFC 8838 knows.

/** How descriptions and candidates travel. */
export const MODES = {
  /** Descriptions at once, candidates as they come. */
  trickle: { offerComplete: false, answerComplete: false, token: true, relay: true },
  /** The offer carries everything, because nobody knows the answerer; the answer trickles (§16). */
  half: { offerComplete: true, answerComplete: false, token: true, relay: true },
  /** Neither side can: both descriptions carry everything, and none lists the token. */
  none: { offerComplete: true, answerComplete: true, token: false, relay: false },
};

/** Connects two endpoints; hands back what was exchanged. */
export async function connect(offerer, answerer, { offerComplete, answerComplete, token, relay }) {
  const carried = description => (token ? description : withoutToken(description));
  const log = { offered: [], answered: [] };
  const offer = carried(await offerer.offer(offerComplete));
  const answering = answerer.answer(offer, answerComplete).then(carried);
  const relays = [];
  if (relay && !offerComplete) {
    // Before the answerer has the offer a candidate would be refused; the W3C's chain of operations
    // holds those that follow `answer` back, in Node as in a page.
    relays.push(relayCandidates(offerer, answerer, log.offered, answering));
  }
  const answer = await answering;
  await offerer.accept(answer);
  if (relay) relays.push(relayCandidates(answerer, offerer, log.answered));
  await Promise.all([offerer.connected(), answerer.connected(), ...relays]);
  return { offer, answer, ...log };
}

async function relayCandidates(from, to, log, ready) {
  await ready;
  for (;;) {
    const candidate = await from.nextCandidate();
    log.push(candidate);
    await to.addCandidate(candidate);
    if (candidate === null) return;
  }
}

/** The description as one that cannot trickle would have written it. */
function withoutToken({ type, sdp }) {
  const lines = sdp.split('\r\n').flatMap(line => {
    if (!line.startsWith('a=ice-options:')) return [line];
    const options = line.slice('a=ice-options:'.length).split(' ').filter(option => option !== 'trickle');
    return options.length > 0 ? [`a=ice-options:${options.join(' ')}`] : [];
  });
  return { type, sdp: lines.join('\r\n') };
}

/** What the writer of this description accepts in one message, in bytes (RFC 8841 §6.1). */
export function maxMessageSize({ sdp }) {
  const size = Number(/^a=max-message-size:(\d+)/m.exec(sdp)?.[1] ?? 65536);
  return size === 0 ? Infinity : size;
}
