import { ownDictionary } from './own_dictionary';
import { copyReach, reach } from './reach';
import { copyTlsTrust, tlsTrust } from './tls_trust';
import { enumeration } from './webidl';
import type { NativeRillConfiguration } from './native';
import type { Reach, RillReach } from './reach';
import type { RillTlsTrust, TlsTrust } from './tls_trust';

export type RillHostAddresses = 'mdns' | 'plain';
export type RillLoopback = 'always' | 'never' | 'when-alone';

/**
 * What is rill's own of a configuration, and not of the W3C. All of it stands in one member, so that no
 * name can come to mean something else in a browser.
 */
export interface RillConfiguration {
  /**
   * Whether host candidates show addresses, or names of multicast DNS, as browsers have it: a page may
   * not know the addresses of whoever looks at it. A program of one's own has nothing to hide from
   * itself, and names fail where multicast does, so addresses are the default.
   */
  hostAddresses?: RillHostAddresses;
  /** Whether loopback addresses are offered; by default when the machine has no others. */
  loopback?: RillLoopback;
  /** What of the machine is used; by default all of it. */
  reach?: RillReach;
  /** Whose certificates are taken from TURN servers over TLS; by default whom the platform trusts. */
  tlsTrust?: RillTlsTrust;
}

/** The same with every member. */
export interface OwnConfiguration {
  hostAddresses: RillHostAddresses;
  loopback: RillLoopback;
  reach: Reach;
  tlsTrust: TlsTrust;
}

const hostAddresses = enumeration('RillHostAddresses', ['mdns', 'plain']);
const loopback = enumeration('RillLoopback', ['always', 'never', 'when-alone']);

/** What a connection has that was not told otherwise. */
const usual: OwnConfiguration = {
  hostAddresses: 'plain',
  loopback: 'when-alone',
  reach: reach({}, 'reach'),
  tlsTrust: 'platform',
};

/** Converts ours. A page knows nothing of it, so that a member which is not there stays as it was. */
export function rillConfiguration(value: unknown, before = usual): OwnConfiguration {
  const known = ['hostAddresses', 'loopback', 'reach', 'tlsTrust'];
  const member = ownDictionary(value, 'rill', known);
  return {
    hostAddresses: member('hostAddresses', hostAddresses, before.hostAddresses),
    loopback: member('loopback', loopback, before.loopback),
    reach: member('reach', reach, before.reach),
    tlsTrust: member('tlsTrust', tlsTrust, before.tlsTrust),
  };
}

export function copyRillConfiguration(original: OwnConfiguration): OwnConfiguration {
  return {
    ...original,
    reach: copyReach(original.reach),
    tlsTrust: copyTlsTrust(original.tlsTrust),
  };
}

/** A member that differs, of those that hold from the beginning. */
export function changedForever(old: OwnConfiguration, next: OwnConfiguration): string | undefined {
  const members = ['hostAddresses', 'loopback', 'reach'] as const;
  const text = (member: unknown): string => JSON.stringify(member);
  return members.find((name) => text(old[name]) !== text(next[name]));
}

/** The form that the native half takes. */
export function nativeRillConfiguration(own: OwnConfiguration): NativeRillConfiguration {
  const { excludedInterfaces, external, family, interfaces, ports } = own.reach;
  return {
    hostAddresses: own.hostAddresses,
    loopback: own.loopback,
    excludedInterfaces,
    external,
    family,
    interfaces,
    ...(ports === undefined ? {} : { ports: [ports.min, ports.max] }),
    tlsTrust: typeof own.tlsTrust === 'string' ? own.tlsTrust : 'roots',
    tlsRoots: typeof own.tlsTrust === 'string' ? [] : own.tlsTrust.roots,
  };
}
