// `rill` of a configuration: what is not of the W3C.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { loopbackCertificate } from './certificate.mjs';
import { FakePeerConnection, installFake } from './fake_native.mjs';

installFake();

const { cert, key } = loopbackCertificate();
const raw = new Uint8Array(new X509Certificate(cert).raw);
const construct = (rill) => () => new RTCPeerConnection({ rill });
const reaching = (reach) => construct({ reach });
const native = () => FakePeerConnection.last.configuration.rill;

const usual = {
  hostAddresses: 'plain',
  loopback: 'when-alone',
  reach: { excludedInterfaces: [], external: [], family: 'any', interfaces: [] },
  tlsTrust: 'platform',
};

const everything = {
  hostAddresses: 'mdns',
  loopback: 'always',
  reach: {
    excludedInterfaces: ['docker0'],
    external: [{ address: '203.0.113.7', internal: '10.0.0.7' }, { address: '2001:db8::7' }],
    family: 'ipv4',
    interfaces: ['eth0', 'wlan0'],
    ports: { max: 50_100, min: 50_000 },
  },
  tlsTrust: 'anyone',
};

test('what is not said is as usual, and what is said comes back', () => {
  for (const rill of [undefined, null, {}, { reach: {} }, { reach: { ports: undefined } }]) {
    assert.deepEqual(construct(rill)().getConfiguration().rill, usual);
  }
  const pc = construct(everything)();
  const { rill } = pc.getConfiguration();
  assert.deepEqual(rill, everything);
  rill.reach.interfaces.push('lo');
  rill.reach.external[0].address = '';
  rill.reach.ports.min = 1;
  assert.deepEqual(pc.getConfiguration().rill, everything, 'a copy each time');
  assert.deepEqual(construct(pc.getConfiguration().rill)().getConfiguration().rill, everything);
});

test('it reaches the native half', () => {
  construct(undefined)();
  const { excludedInterfaces, external, family, interfaces } = usual.reach;
  assert.deepEqual(native(), {
    hostAddresses: 'plain',
    loopback: 'when-alone',
    excludedInterfaces,
    external,
    family,
    interfaces,
    tlsTrust: 'platform',
    tlsRoots: [],
  });
  construct(everything)();
  const { reach, tlsTrust, ...rest } = everything;
  const { ports, ...others } = reach;
  assert.deepEqual(native(), { ...rest, ...others, ports: [50_000, 50_100], tlsTrust, tlsRoots: [] });
});

test('a member that there is not is named, with those that there are', () => {
  const has = (message) => ({ name: 'TypeError', message });
  const whole = "rill has no member 'hostAdresses'; it has hostAddresses, loopback, reach, tlsTrust.";
  assert.throws(construct({ hostAdresses: 'mdns' }), has(whole));
  assert.throws(reaching({ port: 1 }), has(/^rill\.reach has no member 'port'; it has .*ports\.$/));
  assert.throws(reaching({ ports: [1, 2] }), has("rill.reach.ports has no member '0'; it has max, min."));
  assert.throws(construct({ tlsTrust: { ca: cert } }), has("rill.tlsTrust has no member 'ca'; it has roots."));
});

test('members are converted, and what is wrong is called by its whole name', () => {
  const wrong = [
    [5, 'rill: 5 is not an object.'],
    [{ hostAddresses: 'hidden' }, /^rill\.hostAddresses: 'hidden' .* RillHostAddresses: mdns, plain\.$/],
    [{ loopback: true }, /^rill\.loopback: 'true' is not/],
    [{ reach: { family: 'v4' } }, /^rill\.reach\.family: 'v4' is not .* any, ipv4, ipv6\.$/],
    [{ reach: { interfaces: 'eth0' } }, /^rill\.reach\.interfaces: .* not a sequence\.$/],
    [{ reach: { excludedInterfaces: [Symbol()] } }, /^rill\.reach\.excludedInterfaces\[0\]: a symbol/],
    [{ reach: { ports: { min: 1 } } }, 'rill.reach.ports.max is missing.'],
    [{ reach: { ports: { max: 1 } } }, 'rill.reach.ports.min is missing.'],
    [{ reach: { ports: { max: 65_536, min: 1 } } }, /^rill\.reach\.ports\.max: 65536 is not between/],
    [{ reach: { external: ['203.0.113.7'] } }, /^rill\.reach\.external\[0\]: .* not an object\.$/],
    [{ reach: { external: [{}] } }, 'rill.reach.external[0].address is missing.'],
    [
      { reach: { external: [{ address: 'nat.example' }] } },
      "rill.reach.external[0].address: 'nat.example' is not an IP address.",
    ],
    [
      { reach: { external: [{ address: '2001:db8::7', internal: 'fe80::1%eth0' }] } },
      "rill.reach.external[0].internal: 'fe80::1%eth0' is not an IP address.",
    ],
    [{ tlsTrust: 'nobody' }, /^rill\.tlsTrust is neither 'platform' nor 'anyone', nor .* \{ roots \}\.$/],
    [{ tlsTrust: {} }, 'rill.tlsTrust.roots is missing.'],
  ];
  for (const [rill, message] of wrong) {
    assert.throws(construct(rill), { name: 'TypeError', message }, String(message));
  }
});

test('numbers and addresses that make no sense are out of range', () => {
  const wrong = [
    [{ ports: { min: 50_100, max: 50_000 } }, /^rill\.reach\.ports: .* from 50100 up to 50000; exchange/],
    [{ ports: { min: 0, max: 1 } }, /^rill\.reach\.ports\.min: 0 is not a port/],
    [{ external: [{ address: '0.0.0.0' }] }, /^rill\.reach\.external\[0\]\.address: no machine/],
    [{ external: [{ address: '::' }] }, /no machine has the address ::\.$/],
    [{ external: [{ address: '224.0.0.251' }] }, /no machine/],
    [{ external: [{ address: 'ff02::fb' }] }, /no machine/],
    [{ external: [{ address: '203.0.113.7', internal: 'fd00::1' }] }, /not of one family\.$/],
  ];
  for (const [reach, message] of wrong) {
    assert.throws(reaching(reach), { name: 'RangeError', message }, String(message));
  }
  reaching({ ports: { min: 1, max: 65_535 }, external: [{ address: '::1' }] })();
});

test('roots are taken as PEM and as DER, one or many, as text or bytes', () => {
  const two = `A comment\n${cert}${cert}`;
  const both = [raw, raw];
  for (const [roots, expected] of [
    [cert, [raw]],
    [Buffer.from(cert), [raw]],
    [raw, [raw]],
    [raw.slice().buffer, [raw]],
    [new DataView(Uint8Array.of(9, ...raw).buffer, 1), [raw]],
    [two, both],
    [[cert, raw], both],
    [new Set([Buffer.from(two)]), both],
  ]) {
    const { rill } = construct({ tlsTrust: { roots } })().getConfiguration();
    assert.deepEqual(rill.tlsTrust, { roots: expected });
    assert.deepEqual([native().tlsTrust, native().tlsRoots], ['roots', expected]);
    rill.tlsTrust.roots[0].fill(0);
    assert.deepEqual(native().tlsRoots, expected, 'the page has a copy');
  }
});

test('roots that are none say what they are, and repeat nothing of it', () => {
  const damaged = Buffer.from(raw);
  damaged[10] ^= 0xff;
  const wrong = [
    [[], /^rill\.tlsTrust\.roots: nobody can be trusted without a certificate\.$/],
    ['/etc/ssl/ca.pem', /^rill\.tlsTrust\.roots: it is a file's name rather than what the file holds\.$/],
    [[cert, key], /^rill\.tlsTrust\.roots\[1\]: it holds no certificate, but what PEM calls PRIVATE KEY\.$/],
    ['hello\nworld', /no certificate; in PEM one begins with '-----BEGIN CERTIFICATE-----'\.$/],
    ['', /no certificate; in PEM/],
    [cert.slice(0, -10), /'-----END CERTIFICATE-----' is missing\.$/],
    [damaged, /^rill\.tlsTrust\.roots: the certificate cannot be read: it is cut off or damaged\.$/],
    [cert + cert.replace('\nMI', '\nAA'), /^rill\.tlsTrust\.roots, certificate 2: .* cannot be read/],
  ];
  for (const [roots, message] of wrong) {
    const refused = { name: 'InvalidAccessError', message };
    assert.throws(construct({ tlsTrust: { roots } }), refused, String(message));
  }
});

test('setConfiguration keeps what it is not given, and changes nothing but whom to trust', () => {
  const pc = construct(everything)();
  pc.setConfiguration({ iceServers: [{ urls: 'stun:s.example' }] });
  assert.deepEqual(pc.getConfiguration().rill, everything, 'a page knows nothing of it');
  assert.equal(native().hostAddresses, 'mdns');
  pc.setConfiguration(pc.getConfiguration());
  const { ports, ...others } = everything.reach;
  const kept = { hostAddresses: 'mdns', loopback: 'always', reach: { ...everything.reach } };
  pc.setConfiguration({ rill: kept });
  for (const [rill, name] of [
    [{ hostAddresses: 'plain' }, 'hostAddresses'],
    [{ loopback: 'never' }, 'loopback'],
    [{ reach: {} }, 'reach'],
    [{ reach: others }, 'reach'],
    [{ reach: { ...everything.reach, ports: { ...ports, max: 50_101 } } }, 'reach'],
  ]) {
    assert.throws(() => pc.setConfiguration({ rill: { ...rill, tlsTrust: 'platform' } }), {
      name: 'InvalidModificationError',
      message: `rill.${name} cannot change any more.`,
    });
  }
  assert.equal(native().tlsTrust, 'anyone', 'what is refused changes nothing');
  pc.setConfiguration({ rill: { tlsTrust: { roots: cert } } });
  assert.deepEqual(native().tlsRoots, [raw]);
  pc.setConfiguration({});
  assert.deepEqual(pc.getConfiguration().rill.tlsTrust, { roots: [raw] });
  assert.equal(native().tlsTrust, 'roots');
});
