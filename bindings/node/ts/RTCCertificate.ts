import { defineInterface, internally, refuseConstruction } from './interface';
import { native } from './exception';
import { nativeBinding } from './native';
import {
  dictionary,
  domString,
  enforcedUnsignedLongLong,
  isObject,
  optional,
  required,
} from './webidl';
import type { AlgorithmIdentifier, RTCDtlsFingerprint } from './dictionaries';
import type { NativeCertificate } from './native';

/** Milliseconds: 30 days (webrtc-pc §4.9.1). */
const DEFAULT_LIFETIME = 2_592_000_000;

/** @internal The native half of a certificate. */
export let nativeCertificate: (certificate: RTCCertificate) => NativeCertificate;

/** A certificate and its key (webrtc-pc §4.9.2), made by `RTCPeerConnection.generateCertificate`. */
export class RTCCertificate {
  readonly #native: NativeCertificate;

  static {
    nativeCertificate = (certificate) => certificate.#native;
  }

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    this.#native = internal[1] as NativeCertificate;
  }

  /** When the certificate becomes invalid, in milliseconds since 1970. */
  get expires(): number {
    return this.#native.expires;
  }

  getFingerprints(): RTCDtlsFingerprint[] {
    return this.#native.fingerprints.map(({ algorithm, value }) => ({ algorithm, value }));
  }
}

defineInterface(RTCCertificate);

/** @internal The steps of `generateCertificate` up to the parallel ones; the result makes the key. */
export function certificateGenerator(keygenAlgorithm: AlgorithmIdentifier): () => RTCCertificate {
  let lifetime = DEFAULT_LIFETIME;
  if (isObject(keygenAlgorithm)) {
    const members = dictionary(keygenAlgorithm, 'keygenAlgorithm');
    lifetime = optional(members, 'expires', enforcedUnsignedLongLong, DEFAULT_LIFETIME);
  }
  requireEcdsa(keygenAlgorithm);
  return () => {
    const { NativeCertificate } = nativeBinding();
    return new RTCCertificate(internally, native(() => NativeCertificate.generate(lifetime)));
  };
}

/** Normalizes the algorithm as Web Cryptography §18.4.4 does; names have no case. */
function requireEcdsa(keygenAlgorithm: unknown): void {
  const members = isObject(keygenAlgorithm)
    ? dictionary(keygenAlgorithm, 'keygenAlgorithm')
    : { name: domString(keygenAlgorithm, 'keygenAlgorithm') };
  const name = required(members, 'name', domString);
  if (name.toUpperCase() !== 'ECDSA') {
    throw unsupported(`certificates with ${name} keys are not made`);
  }
  const curve = required(members, 'namedCurve', domString);
  if (curve !== 'P-256') throw unsupported(`certificates on the curve ${curve} are not made`);
}

function unsupported(what: string): DOMException {
  const hint = "use { name: 'ECDSA', namedCurve: 'P-256' }";
  return new DOMException(`generateCertificate: ${what}; ${hint}.`, 'NotSupportedError');
}
