import { boolean, dictionary, enforcedUnsignedShort, optional, usvString } from './webidl';
import type { NativeChannelInit } from './native';

/** Converts an RTCDataChannelInit. */
export function channelInit(value: unknown): NativeChannelInit {
  const members = dictionary(value, 'dataChannelDict');
  return {
    id: optional(members, 'id', enforcedUnsignedShort) ?? null,
    maxPacketLifeTime: optional(members, 'maxPacketLifeTime', enforcedUnsignedShort) ?? null,
    maxRetransmits: optional(members, 'maxRetransmits', enforcedUnsignedShort) ?? null,
    negotiated: optional(members, 'negotiated', boolean, false),
    ordered: optional(members, 'ordered', boolean, true),
    protocol: optional(members, 'protocol', usvString, ''),
  };
}
