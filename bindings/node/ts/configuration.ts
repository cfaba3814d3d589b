import { RTCCertificate } from './RTCCertificate';
import {
  changedForever,
  copyRillConfiguration,
  nativeRillConfiguration,
  rillConfiguration,
} from './rill_configuration';
import {
  dictionary,
  domString,
  enforcedOctet,
  enumeration,
  isIterable,
  optional,
  platformObject,
  required,
  sequence,
  usvString,
} from './webidl';
import type { RTCConfiguration, RTCIceServer } from './dictionaries';
import type { NativeConfiguration, NativeIceServer } from './native';
import type { OwnConfiguration } from './rill_configuration';
import type { Convert } from './webidl';

/** A configuration whose members are all present and ours alone. */
export type Configuration = Required<Omit<RTCConfiguration, 'rill'>> & { rill: OwnConfiguration };

const bundlePolicy = enumeration('RTCBundlePolicy', ['balanced', 'max-compat', 'max-bundle']);
const iceTransportPolicy = enumeration('RTCIceTransportPolicy', ['relay', 'all']);
const rtcpMuxPolicy = enumeration('RTCRtcpMuxPolicy', ['require']);
const urlSequence = sequence(usvString);

const iceServer: Convert<RTCIceServer> = (value, what) => {
  const members = dictionary(value, what);
  const credential = optional(members, 'credential', domString);
  const urls = required(members, 'urls', (given, name) =>
    isIterable(given) ? urlSequence(given, name) : usvString(given, name),
  );
  const username = optional(members, 'username', domString);
  return {
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  };
};

/** Converts an RTCConfiguration (webrtc-pc §4.2.1), perhaps one that is to replace another. */
export function convertConfiguration(value: unknown, before?: Configuration): Configuration {
  const members = dictionary(value, 'configuration');
  return {
    bundlePolicy: optional(members, 'bundlePolicy', bundlePolicy, 'balanced'),
    certificates: optional(
      members,
      'certificates',
      sequence(platformObject(RTCCertificate)),
      [] as RTCCertificate[],
    ),
    iceCandidatePoolSize: optional(members, 'iceCandidatePoolSize', enforcedOctet, 0),
    iceServers: optional(members, 'iceServers', sequence(iceServer), [] as RTCIceServer[]),
    iceTransportPolicy: optional(members, 'iceTransportPolicy', iceTransportPolicy, 'all'),
    rill: rillConfiguration(members['rill'], before?.rill),
    rtcpMuxPolicy: optional(members, 'rtcpMuxPolicy', rtcpMuxPolicy, 'require'),
  };
}

/** The copy that a page gets and may change. */
export function copyConfiguration(configuration: Configuration): Configuration {
  return {
    ...configuration,
    certificates: [...configuration.certificates],
    iceServers: configuration.iceServers.map((server) => ({
      ...server,
      urls: typeof server.urls === 'string' ? server.urls : [...server.urls],
    })),
    rill: copyRillConfiguration(configuration.rill),
  };
}

/** The checks of the constructor (webrtc-pc §4.4.1.1): no certificate may have expired. */
export function requireValidCertificates({ certificates }: Configuration): void {
  const now = Date.now();
  if (certificates.some(({ expires }) => expires < now)) {
    throw new DOMException('A certificate has expired.', 'InvalidAccessError');
  }
}

/** What `setConfiguration` may not change (webrtc-pc §4.4.1.6). */
export function requireModifiable(
  old: Configuration,
  next: Configuration,
  localDescriptionWasSet: boolean,
): void {
  const own = changedForever(old.rill, next.rill);
  const changed = [
    ['certificates', !sameItems(old.certificates, next.certificates)],
    ['bundlePolicy', old.bundlePolicy !== next.bundlePolicy],
    ['rtcpMuxPolicy', old.rtcpMuxPolicy !== next.rtcpMuxPolicy],
    [
      'iceCandidatePoolSize',
      localDescriptionWasSet && old.iceCandidatePoolSize !== next.iceCandidatePoolSize,
    ],
    [`rill.${own}`, own !== undefined],
  ] as const;
  const refused = changed.find(([, differs]) => differs);
  if (refused !== undefined) {
    throw new DOMException(`${refused[0]} cannot change any more.`, 'InvalidModificationError');
  }
}

function sameItems(old: readonly unknown[], next: readonly unknown[]): boolean {
  return old.length === next.length && old.every((item, index) => item === next[index]);
}

/** The form that the native half takes. */
export function nativeConfiguration(configuration: Configuration): NativeConfiguration {
  return {
    iceServers: configuration.iceServers.map(nativeIceServer),
    iceTransportPolicy: configuration.iceTransportPolicy,
    bundlePolicy: configuration.bundlePolicy,
    iceCandidatePoolSize: configuration.iceCandidatePoolSize,
    rill: nativeRillConfiguration(configuration.rill),
  };
}

function nativeIceServer({ urls, ...credentials }: RTCIceServer): NativeIceServer {
  return { urls: typeof urls === 'string' ? [urls] : urls, ...credentials };
}
