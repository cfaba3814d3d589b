// What a page can see of a connection, in the words of the traces.

/** The attributes by name, in order. A name with a star is about connectivity. */
export function stateOf(pc, objects) {
  const state = [
    ['signaling', pc.signalingState],
    ['gathering', pc.iceGatheringState],
    ['canTrickle', `${pc.canTrickleIceCandidates}`],
    ['currentLocal', description(pc.currentLocalDescription)],
    ['pendingLocal', description(pc.pendingLocalDescription)],
    ['currentRemote', description(pc.currentRemoteDescription)],
    ['pendingRemote', description(pc.pendingRemoteDescription)],
  ];
  objects.transports.forEach((dtls, place) => state.push(...transport(`T${place + 1}`, dtls)));
  const { sctp } = pc;
  state.push(['sctp', sctp === null ? 'null' : objects.name(sctp.transport)]);
  state.push(['*ice', pc.iceConnectionState], ['*connection', pc.connectionState]);
  if (sctp !== null) state.push(['*sctp', sctp.state]);
  if (objects.channel !== null) state.push(['*channel', objects.channel.readyState]);
  return state;
}

function transport(name, dtls) {
  const ice = dtls.iceTransport;
  if (ice.state === 'closed') return [[`*${name}`, 'closed'], [`*${name} dtls`, dtls.state]];
  const ufrag = (parameters) =>
    parameters === null ? 'null' : `‹${parameters.usernameFragment}›`;
  return [
    [`${name} gathering`, ice.gatheringState],
    [`${name} role`, ice.role],
    [`${name} local`, ufrag(ice.getLocalParameters())],
    [`${name} remote`, ufrag(ice.getRemoteParameters())],
    [`*${name}`, ice.state],
    [`*${name} dtls`, dtls.state],
    [`*${name} pair`, selectedPair(ice)],
  ];
}

/** The generations of both candidates of the selected pair. */
export function selectedPair(ice) {
  const pair = ice?.getSelectedCandidatePair() ?? null;
  if (pair === null) return 'null';
  return `‹${pair.local.usernameFragment}›-‹${pair.remote.usernameFragment}›`;
}

/**
 * `offer(0 ‹ufrag› host end)`: of each section its mid, its ufrag, the kinds of its candidates, and
 * whether they have an end.
 */
function description(given) {
  if (given === null) return 'null';
  const sections = given.sdp.split(/^m=/m).slice(1);
  return `${given.type}(${sections.map(section).join(', ')})`;
}

function section(text) {
  const lines = text.split('\r\n');
  const value = (name) => lines.find((line) => line.startsWith(`a=${name}:`))?.split(':')[1];
  const port = lines[0].split(' ')[1];
  const words = [value('mid')];
  if (port === '0' && !lines.includes('a=bundle-only')) return [...words, 'rejected'].join(' ');
  const ufrag = value('ice-ufrag');
  words.push(ufrag === undefined ? '-' : `‹${ufrag}›`);
  const candidates = lines.filter((line) => line.startsWith('a=candidate:'));
  words.push(...new Set(candidates.map(kindOf).sort()));
  if (lines.includes('a=end-of-candidates')) words.push('end');
  return words.join(' ');
}

function kindOf(line) {
  return / typ (\S+)/.exec(line)[1];
}

/** An event of the connection: the name by which steps wait for it, and the event in words. */
export function words(event) {
  switch (event.type) {
    case 'icecandidate': {
      const { candidate } = event;
      if (candidate === null) return ['icecandidate null', 'icecandidate null'];
      const place = `${candidate.sdpMid} ‹${candidate.usernameFragment}›`;
      const kind = candidate.candidate === '' ? 'end' : kindOf(candidate.candidate);
      const url = (candidate.url ?? null) === null ? '' : ' with a url';
      return ['icecandidate', `icecandidate ${place} ${kind}${url}`];
    }
    case 'icecandidateerror': {
      const from = event.address === null ? 'null' : 'an address';
      return ['icecandidateerror', `icecandidateerror ${event.errorCode} from ${from}`];
    }
    default:
      return [event.type, event.type];
  }
}
