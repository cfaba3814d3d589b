// With TypeScript's DOM library loaded, our objects serve where the library's types are asked for.

import * as rill from 'rill-rtc';
import 'rill-rtc/globals';

declare const pc: rill.RTCPeerConnection;
declare const channel: rill.RTCDataChannel;

const dom: RTCDataChannel = channel;
const candidate: RTCIceCandidate = new rill.RTCIceCandidate({ sdpMid: '0' });
const description: RTCSessionDescription | null = pc.localDescription;
const error: RTCError = new rill.RTCError({ errorDetail: 'sctp-failure' });
const offer: RTCSessionDescriptionInit = await pc.createOffer();
const certificates: RTCCertificate[] = [
  await rill.RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' }),
];
const configuration: RTCConfiguration = pc.getConfiguration();
new rill.RTCPeerConnection({ ...configuration, rill: { tlsTrust: { roots: new ArrayBuffer(1) } } });

// The library's objects serve ours as well, where a dictionary is taken.
declare const theirs: { candidate: RTCIceCandidate; description: RTCSessionDescription };
await pc.addIceCandidate(theirs.candidate);
await pc.setRemoteDescription(theirs.description);
await pc.setLocalDescription(offer);

// What the two have in common has the same type. The library's tracks, senders and receivers have
// members of other specifications (constraints, transforms), and its sctp lacks a null of this one.
type Common = Pick<RTCPeerConnection, keyof RTCPeerConnection & keyof rill.RTCPeerConnection>;
type Media = `get${'Senders' | 'Receivers' | 'Transceivers'}` | `add${'Track' | 'Transceiver'}`;
type Own = Omit<
  Common,
  `on${string}` | `${string}EventListener` | 'createDataChannel' | 'removeTrack' | 'sctp' | Media
>;
const common: Own = pc;

declare const transports: { sctp: rill.RTCSctpTransport; ice: rill.RTCIceTransport };
const dtls: RTCDtlsTransport = transports.sctp.transport;
const pair: RTCIceCandidatePair | null = transports.ice.getSelectedCandidatePair();
const parameters: RTCRtpSendParameters = pc.addTransceiver('audio').sender.getParameters();
await pc.getSenders()[0]?.setParameters(parameters);
pc.getTransceivers()[0]?.setCodecPreferences(RTCRtpReceiver.getCapabilities('audio')?.codecs ?? []);
pc.addTransceiver('video', { direction: 'recvonly', sendEncodings: parameters.encodings });

pc.addEventListener('icecandidate', (event) => event.candidate?.candidate);
pc.ondatachannel = ({ channel }) => channel.send('x');
channel.addEventListener('message', ({ data }) => data);
new globalThis.RTCPeerConnection().addTransceiver('audio');

export { dom, candidate, description, error, certificates, configuration, common, dtls, pair };
