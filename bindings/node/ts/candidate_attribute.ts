import type {
  RTCIceCandidateType,
  RTCIceComponent,
  RTCIceProtocol,
  RTCIceTcpCandidateType,
} from './dictionaries';

/** What RTCIceCandidate shows of a `candidate:` line, which a peer-reflexive candidate does not have. */
export interface CandidateAttribute {
  foundation: string | null;
  component: RTCIceComponent;
  protocol: RTCIceProtocol;
  priority: number | null;
  address: string | null;
  port: number | null;
  type: RTCIceCandidateType;
  relatedAddress: string | null;
  relatedPort: number | null;
  tcpType: RTCIceTcpCandidateType | null;
}

/** RFC 8839 §5.1; the names of fields are literals of ABNF, which have no case. */
const grammar =
  /^candidate:(?<foundation>[A-Za-z0-9+/]{1,32}) (?<component>\d{1,5}) (?<protocol>[!-~]+) (?<priority>\d{1,10}) (?<address>[!-~]+) (?<port>\d{1,5}) typ (?<type>[!-~]+)(?: raddr (?<relatedAddress>[!-~]+))?(?: rport (?<relatedPort>\d{1,5}))?(?<extensions>(?: [!-~]+ [!-~]*)*)$/i;

/**
 * A candidate of the peer that its checks have shown (webrtc-pc §4.8.1): it has no line, and a page is
 * not told an address that was not signalled to it.
 */
export const peerReflexive: CandidateAttribute = {
  foundation: null,
  component: 'rtp',
  protocol: 'udp',
  priority: null,
  address: null,
  port: null,
  type: 'prflx',
  relatedAddress: null,
  relatedPort: null,
  tcpType: null,
};

const components: Readonly<Record<string, RTCIceComponent>> = { 1: 'rtp', 2: 'rtcp' };
const protocols: readonly string[] = ['udp', 'tcp'];
const types: readonly string[] = ['host', 'srflx', 'prflx', 'relay'];
const tcpTypes: readonly string[] = ['active', 'passive', 'so'];

/**
 * Parses a candidate; null if it does not follow the grammar or a field has a value that the
 * attribute of RTCIceCandidate cannot have (webrtc-pc §4.8.1.1).
 */
export function parseCandidateAttribute(text: string): CandidateAttribute | null {
  const fields = grammar.exec(text)?.groups;
  if (fields === undefined) return null;
  const { foundation, address, relatedAddress, relatedPort } = fields;
  const component = components[Number(fields['component'])];
  const protocol = fields['protocol']?.toLowerCase() ?? '';
  const type = fields['type']?.toLowerCase() ?? '';
  const priority = Number(fields['priority']);
  const ports = [Number(fields['port']), Number(relatedPort ?? 0)] as const;
  const tcpType = protocol === 'tcp' ? tcpTypeOf(fields['extensions'] ?? '') : null;
  const valid =
    foundation !== undefined &&
    address !== undefined &&
    component !== undefined &&
    protocols.includes(protocol) &&
    types.includes(type) &&
    priority < 2 ** 32 &&
    ports.every((port) => port < 2 ** 16) &&
    (tcpType === null || tcpTypes.includes(tcpType));
  if (!valid) return null;
  return {
    foundation,
    component,
    protocol: protocol as RTCIceProtocol,
    priority,
    address,
    port: ports[0],
    type: type as RTCIceCandidateType,
    relatedAddress: relatedAddress ?? null,
    relatedPort: relatedPort === undefined ? null : ports[1],
    tcpType: tcpType as RTCIceTcpCandidateType | null,
  };
}

/** The value of the extension `tcptype` (RFC 6544 §4.5). */
function tcpTypeOf(extensions: string): string | null {
  const words = extensions.split(' ').slice(1);
  for (let name = 0; name < words.length; name += 2) {
    if (words[name]?.toLowerCase() === 'tcptype') return words[name + 1]?.toLowerCase() ?? '';
  }
  return null;
}
