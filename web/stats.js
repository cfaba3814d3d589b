// The candidate pairs of this browser's peer connection, from its statistics (webrtc-stats §8.11),
// in the shape in which rill tells of its own:
// `{ key, local, remote, state, selected, nominated, priority, rtt, ufrag, … }`. A number is null
// where the browser keeps none.

import { endpoint } from './candidate.js';

/** Every pair that the browser knows of. */
export function readPairs(stats) {
  const all = [...stats.values()];
  const selected = selectedPair(all);
  return all
    .filter(({ type }) => type === 'candidate-pair')
    .map((pair) => row(pair, stats, pair.id === selected));
}

function selectedPair(all) {
  const transport = all.find(({ type }) => type === 'transport');
  if (transport?.selectedCandidatePairId) return transport.selectedCandidatePairId;
  return all.find(({ type, selected }) => type === 'candidate-pair' && selected)?.id;
}

function row(pair, stats, selected) {
  const local = stats.get(pair.localCandidateId);
  const remote = stats.get(pair.remoteCandidateId);
  return {
    key: pair.id,
    local: end(local),
    remote: end(remote),
    ufrag: local?.usernameFragment ?? null,
    // Firefox writes it in one word.
    state: pair.state === 'inprogress' ? 'in-progress' : pair.state,
    selected,
    nominated: pair.nominated === true,
    priority: pair.priority ?? 0,
    rtt: pair.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
    requestsSent: pair.requestsSent ?? null,
    requestsReceived: pair.requestsReceived ?? null,
    responsesSent: pair.responsesSent ?? null,
    responsesReceived: pair.responsesReceived ?? null,
  };
}

function end(candidate) {
  if (!candidate) return { kind: 'unknown', address: '' };
  const { candidateType, address, ip, port } = candidate;
  return { kind: candidateType, address: endpoint(address || ip, port) };
}
