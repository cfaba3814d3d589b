// A certificate for a server of the tests, signed by itself (RFC 5280 §4.1), which Node cannot make.

import { generateKeyPairSync, sign } from 'node:crypto';

/** One value in DER (X.690 §8.1). */
function der(tag, ...contents) {
  const content = Buffer.concat(contents);
  const { length } = content;
  const long = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...long]), content]);
}

const sequence = (...values) => der(0x30, ...values);
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');

/** For 127.0.0.1, from yesterday until tomorrow: `{ cert, key }`, both in PEM. */
export function loopbackCertificate() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('rill test')))));
  const time = (days) => {
    const when = new Date(Date.now() + days * 86_400_000).toISOString();
    return der(0x18, Buffer.from(`${when.slice(0, 19).replace(/[-:T]/g, '')}Z`));
  };
  const address = der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1]))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(-1), time(1)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, address))),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const base64 = sequence(body, ECDSA_WITH_SHA256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}
