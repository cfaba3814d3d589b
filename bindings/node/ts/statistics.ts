import { createHash, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { RTCDataChannel } from './RTCDataChannel';
import type { RTCDtlsTransport } from './RTCDtlsTransport';
import type { RTCIceCandidate } from './RTCIceCandidate';

/** A dictionary derived from RTCStats (webrtc-pc §8.4). */
export interface Stats {
  id: string;
  timestamp: number;
  type: string;
  [member: string]: unknown;
}

/** What a report tells of. */
export interface Monitored {
  readonly opened: number;
  readonly closed: number;
  readonly channels: readonly RTCDataChannel[];
  readonly transports: readonly RTCDtlsTransport[];
}

/**
 * Gathers what the objects of a connection know of themselves: states, candidates and the selected
 * pair. What counts packets and bytes is in the native half, which does not tell it yet.
 */
export class Statistics {
  /** Makes ids unpredictable, as webrtc-pc §8.4 asks for. */
  readonly #salt = randomBytes(16);
  /** A number for every monitored object, for its id. */
  readonly #numbers = new WeakMap<object, number>();
  #objects = 0;

  gather({ opened, closed, channels, transports }: Monitored): Stats[] {
    const timestamp = performance.timeOrigin + performance.now();
    const stats = (type: string, monitored: object, members: object): Stats => ({
      id: this.#id(type, monitored),
      timestamp,
      type,
      ...members,
    });
    const counts = { dataChannelsOpened: opened, dataChannelsClosed: closed };
    return [
      stats('peer-connection', this, counts),
      ...channels.map((channel) => stats('data-channel', channel, channelMembers(channel))),
      ...transports.flatMap((transport) => this.#transport(transport, stats)),
    ];
  }

  #transport(
    transport: RTCDtlsTransport,
    stats: (type: string, monitored: object, members: object) => Stats,
  ): Stats[] {
    const { iceTransport } = transport;
    const transportId = this.#id('transport', transport);
    const pair = iceTransport.getSelectedCandidatePair();
    const candidates = (type: string, list: RTCIceCandidate[]): Stats[] =>
      list.map((candidate) => stats(type, candidate, { transportId, ...candidateMembers(candidate) }));
    const local = new Set(iceTransport.getLocalCandidates());
    const remote = new Set(iceTransport.getRemoteCandidates());
    const result: Stats[] = [];
    if (pair !== null) {
      local.add(pair.local);
      remote.add(pair.remote);
      const members = {
        transportId,
        localCandidateId: this.#id('local-candidate', pair.local),
        remoteCandidateId: this.#id('remote-candidate', pair.remote),
        state: 'succeeded',
        nominated: true,
      };
      result.push(stats('candidate-pair', pair, members));
    }
    const selected = pair === null ? {} : { selectedCandidatePairId: result[0]?.id };
    return [
      stats('transport', transport, { ...transportMembers(transport), ...selected }),
      ...result,
      ...candidates('local-candidate', [...local]),
      ...candidates('remote-candidate', [...remote]),
    ];
  }

  #id(type: string, monitored: object): string {
    let number = this.#numbers.get(monitored);
    if (number === undefined) this.#numbers.set(monitored, (number = this.#objects += 1));
    const hash = createHash('sha256').update(this.#salt).update(`${type} ${number}`);
    return hash.digest('base64url').slice(0, 16);
  }
}

function channelMembers({ label, protocol, id, readyState }: RTCDataChannel): object {
  const identifier = id === null ? {} : { dataChannelIdentifier: id };
  return { label, protocol, ...identifier, state: readyState };
}

function transportMembers({ state, iceTransport }: RTCDtlsTransport): object {
  const usernameFragment = iceTransport.getLocalParameters()?.usernameFragment;
  const fragment =
    usernameFragment === undefined ? {} : { iceLocalUsernameFragment: usernameFragment };
  return { dtlsState: state, iceState: iceTransport.state, iceRole: iceTransport.role, ...fragment };
}

/** Members of RTCIceCandidateStats; those that are null here are not contained, but for the address. */
function candidateMembers(candidate: RTCIceCandidate): object {
  const { port, protocol, type, priority, url, foundation, usernameFragment } = candidate;
  const { relatedAddress, relatedPort, tcpType, relayProtocol } = candidate;
  const nullable = {
    port,
    protocol,
    candidateType: type,
    priority,
    url,
    relayProtocol,
    foundation,
    relatedAddress,
    relatedPort,
    usernameFragment,
    tcpType,
  };
  const known = Object.entries(nullable).filter(([, value]) => value !== null);
  // Null is an address that the page is not to know: the peer-reflexive candidate's of a peer.
  return { address: candidate.address, ...Object.fromEntries(known) };
}
