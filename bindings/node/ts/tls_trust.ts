import { X509Certificate } from 'node:crypto';
import { isAnyArrayBuffer } from 'node:util/types';
import { ownDictionary, present } from './own_dictionary';
import { domString, isIterable, isObject, sequence } from './webidl';
import type { Convert } from './webidl';

/** Certificates as text in PEM, any number in one, or one as bytes in DER; bytes may hold PEM as well. */
export type RillCertificates = string | ArrayBuffer | ArrayBufferView;

/** Those that these certificates vouch for, and that show the server's name. */
export interface RillTlsRoots {
  roots: RillCertificates | RillCertificates[];
}

/**
 * Whose certificates are taken from TURN servers over TLS: of those that the platform trusts, of those
 * that one's own roots vouch for and no others, or anyone's. The last is for tests: who is on the way
 * learns who speaks with whom.
 */
export type RillTlsTrust = 'anyone' | 'platform' | RillTlsRoots;

/** With the roots in DER. */
export type TlsTrust = 'anyone' | 'platform' | { roots: Uint8Array[] };

export const tlsTrust: Convert<TlsTrust> = (value, what) => {
  if (isObject(value)) {
    const member = ownDictionary(value, what, ['roots']);
    return { roots: present(member('roots', roots), `${what}.roots`) };
  }
  const text = domString(value, what);
  if (text !== 'anyone' && text !== 'platform') {
    throw new TypeError(`${what} is neither 'platform' nor 'anyone', nor of the form { roots }.`);
  }
  return text;
};

export function copyTlsTrust(original: TlsTrust): TlsTrust {
  if (typeof original === 'string') return original;
  return { roots: original.roots.map((root) => root.slice()) };
}

const roots: Convert<Uint8Array[]> = (value, what) => {
  const isOne = bytesOf(value) !== undefined || !isIterable(value);
  const all = isOne ? certificates(value, what) : sequence(certificates)(value, what).flat();
  if (all.length === 0) throw unusable(what, 'nobody can be trusted without a certificate');
  return all;
};

/** The certificates of one text, or the one of bytes. */
function certificates(value: unknown, what: string): Uint8Array[] {
  const bytes = bytesOf(value);
  // DER begins with a SEQUENCE (X.690 §8.9), which no text does that has certificates in it.
  if (bytes?.[0] === 0x30) return [certificate(bytes, what)];
  const text = bytes?.toString('latin1') ?? domString(value, what);
  const found = text.match(PEM) ?? [];
  if (found.length === 0) throw unusable(what, reasonForNone(text));
  return found.map((block, index) =>
    certificate(block, found.length === 1 ? what : `${what}, certificate ${index + 1}`),
  );
}

const PEM = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;

function certificate(given: string | Buffer, what: string): Uint8Array {
  try {
    return new Uint8Array(new X509Certificate(given).raw);
  } catch {
    throw unusable(what, 'the certificate cannot be read: it is cut off or damaged');
  }
}

/** Why a text has no certificate; it may be a secret, so nothing is repeated of it. */
function reasonForNone(text: string): string {
  const other = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
  if (other?.endsWith('CERTIFICATE')) return "a certificate's '-----END CERTIFICATE-----' is missing";
  if (other !== undefined) return `it holds no certificate, but what PEM calls ${other}`;
  const isName = text !== '' && !text.includes('\n') && /^[^\0]{1,255}\.\w{1,6}$/.test(text);
  if (isName) return "it is a file's name rather than what the file holds";
  return "it holds no certificate; in PEM one begins with '-----BEGIN CERTIFICATE-----'";
}

function bytesOf(value: unknown): Buffer | undefined {
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
}

function unusable(what: string, reason: string): DOMException {
  return new DOMException(`${what}: ${reason}.`, 'InvalidAccessError');
}
