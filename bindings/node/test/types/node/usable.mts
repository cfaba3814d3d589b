// Without the DOM library everything has a type as well, the global names included.

import { RTCPeerConnection } from 'rill-rtc';
import type {
  RillConfiguration,
  RTCConfiguration,
  RTCGatheringResult,
  RTCIceCandidateInit,
  RTCSessionDescriptionInit,
} from 'rill-rtc';
import 'rill-rtc/globals';

const configuration: RTCConfiguration = { iceServers: [{ urls: ['stun:stun.example'] }] };
const pc = new RTCPeerConnection(configuration);
pc.addEventListener('icecandidate', ({ candidate }) => {
  const init: RTCIceCandidateInit | undefined = candidate?.toJSON();
  return init;
});
const answer: RTCSessionDescriptionInit = await pc.createAnswer();
answer.sdp = '';
const own: RillConfiguration = {
  hostAddresses: 'mdns',
  reach: { family: 'ipv4', ports: { min: 50_000, max: 50_100 }, external: [{ address: '203.0.113.7' }] },
  tlsTrust: { roots: ['-----BEGIN CERTIFICATE-----', Buffer.of(0x30)] },
};
pc.setConfiguration({ ...pc.getConfiguration(), rill: own });
// @ts-expect-error: a slip of the pen
pc.setConfiguration({ rill: { hostAdresses: 'mdns' } });
const { outcome, servers }: RTCGatheringResult = await pc.gatheringComplete({
  deadline: 2000,
  goodEnough: 'public',
  grace: 100,
  progress: ([first]) => first?.outcomes.map(({ outcome, text }) => `${outcome}: ${text}`),
});
// @ts-expect-error: there is no such outcome
if (outcome === 'failed') servers.pop();
const channel = pc.createDataChannel('x', { maxRetransmits: 0 });
channel.onmessage = function ({ data }) {
  this.send(data);
};
channel.send(Buffer.from('x'));
pc.ontrack = ({ track, streams: [stream] }) => {
  const { sender } = pc.addTransceiver(track, { streams: stream ? [stream] : [] });
  void sender.replaceTrack(track.clone());
};
pc.sctp?.transport.iceTransport.addEventListener('statechange', function () {
  this.getSelectedCandidatePair()?.local.candidate;
});
new globalThis.MediaStream([...pc.getReceivers().map(({ track }) => track)]);
const same: globalThis.RTCPeerConnection = new globalThis.RTCPeerConnection();
// @ts-expect-error: an event of a known name has its own type
pc.addEventListener('icecandidate', (event: { nothing: true }) => event.nothing);
export { same };
