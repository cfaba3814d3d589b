import { isIP } from 'node:net';
import { ownDictionary, present } from './own_dictionary';
import { domString, enforcedUnsignedShort, enumeration, sequence } from './webidl';
import type { Convert } from './webidl';

export type RillFamily = 'any' | 'ipv4' | 'ipv6';

/** Ports, both ends included. */
export interface RillPortRange {
  max: number;
  min: number;
}

/** An address of a NAT in front of this machine that maps one to one, port for port. */
export interface RillExternalAddress {
  /** How it is seen from outside. */
  address: string;
  /** The machine's own address; every one of the same family if it is not said. */
  internal?: string;
}

/** What of the machine is used, and how it is seen from outside. */
export interface RillReach {
  /** No interface of these names. */
  excludedInterfaces?: string[];
  /** Each gives a server-reflexive candidate without a server. */
  external?: RillExternalAddress[];
  /** Only addresses of this family; by default of any. */
  family?: RillFamily;
  /** Only interfaces of these names; all if there are none. */
  interfaces?: string[];
  /** Where sockets are bound: by default wherever the system likes. */
  ports?: RillPortRange;
}

/** With every member but `ports`, which has no default. */
export type Reach = Required<Omit<RillReach, 'ports'>> & Pick<RillReach, 'ports'>;

const family = enumeration('RillFamily', ['any', 'ipv4', 'ipv6']);
const names = sequence(domString);

export const reach: Convert<Reach> = (value, what) => {
  const known = ['excludedInterfaces', 'external', 'family', 'interfaces', 'ports'];
  const member = ownDictionary(value, what, known);
  const excludedInterfaces = member('excludedInterfaces', names, [] as string[]);
  const external = member('external', sequence(externalAddress), [] as RillExternalAddress[]);
  const wanted = member('family', family, 'any');
  const interfaces = member('interfaces', names, [] as string[]);
  const ports = member('ports', portRange);
  return {
    excludedInterfaces,
    external,
    family: wanted,
    interfaces,
    ...(ports === undefined ? {} : { ports }),
  };
};

export function copyReach(original: Reach): Reach {
  return {
    ...original,
    excludedInterfaces: [...original.excludedInterfaces],
    external: original.external.map((address) => ({ ...address })),
    interfaces: [...original.interfaces],
    ...(original.ports === undefined ? {} : { ports: { ...original.ports } }),
  };
}

const port: Convert<number> = (value, what) => {
  const number = enforcedUnsignedShort(value, what);
  if (number === 0) throw new RangeError(`${what}: 0 is not a port; they are from 1 to 65535.`);
  return number;
};

function portRange(value: unknown, what: string): RillPortRange {
  const member = ownDictionary(value, what, ['max', 'min']);
  const max = present(member('max', port), `${what}.max`);
  const min = present(member('min', port), `${what}.min`);
  if (min > max) {
    throw new RangeError(`${what}: there is no port from ${min} up to ${max}; exchange min and max.`);
  }
  return { max, min };
}

function externalAddress(value: unknown, what: string): RillExternalAddress {
  const member = ownDictionary(value, what, ['address', 'internal']);
  const outside = present(member('address', address), `${what}.address`);
  const internal = member('internal', address);
  if (isNobody(outside)) {
    throw new RangeError(`${what}.address: no machine has the address ${outside}.`);
  }
  if (internal === undefined) return { address: outside };
  if (isIP(internal) !== isIP(outside)) {
    throw new RangeError(`${what}: ${internal} and ${outside} are not of one family.`);
  }
  return { address: outside, internal };
}

const address: Convert<string> = (value, what) => {
  const text = domString(value, what);
  // A zone has its meaning on this machine alone.
  if (isIP(text) === 0 || text.includes('%')) {
    throw new TypeError(`${what}: '${text}' is not an IP address.`);
  }
  return text;
};

/** Unspecified addresses and those of multicast. */
function isNobody(text: string): boolean {
  if (isIP(text) === 6) return /^(0*:)*:?0*$/.test(text) || /^ff/i.test(text);
  const first = Number(text.split('.', 1)[0]);
  return text === '0.0.0.0' || (first >= 224 && first <= 239);
}
