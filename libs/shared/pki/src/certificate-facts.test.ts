import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { bits, bool, int, nul, octets, oidDer, seq, tlv, utf8 } from '../testing/der-writer.ts';
import { ecKey, extension, nameDer } from '../testing/hostile-csr.ts';
import { createAuthority, issueCertificate } from './authority.ts';
import { parseBundle, parseCertificate } from './certificate-facts.ts';
import { generateKeyPair } from './key-pair.ts';
import { encodePem } from './pem.ts';
import { spkiFingerprint, spkiOf } from './public-key.ts';
import { newSerial } from './serial.ts';

const notBefore = new Date('2020-01-01T12:00:00Z');
const notAfter = new Date('2030-01-01T12:00:00Z');
const authority = await createAuthority({
  commonName: 'test CA',
  keyAlgorithm: 'ecdsa-p256',
  notBefore,
  notAfter,
  serial: newSerial(randomBytes),
});
const keyPair = await generateKeyPair('ecdsa-p256');
const template = {
  serial: '1f',
  subject: { commonName: 'n1', organizations: ['easycerts:nodes'] },
  alternativeNames: { dns: ['n1'], ip: ['10.0.0.1', 'fd00::1'] },
  usages: ['server auth', 'client auth'],
  notBefore,
  notAfter: new Date('2020-02-01T12:00:00Z'),
  spkiDer: spkiOf(keyPair.publicKey),
} as const;
const der = issueCertificate({ authority, template });

test('every field of a certificate of ours is read', () => {
  const facts = parseCertificate(der);
  assert.equal(facts.serial, '1f');
  assert.deepEqual(facts.subject, template.subject);
  assert.equal(facts.subjectText, 'CN=n1,O=easycerts:nodes');
  assert.deepEqual(facts.issuer, { commonName: 'test CA', organizations: [] });
  assert.deepEqual(facts.alternativeNames, template.alternativeNames);
  assert.deepEqual(facts.usages, ['client auth', 'server auth']);
  assert.deepEqual(facts.keyUsages, ['digitalSignature']);
  assert.equal(facts.isCa, false);
  assert.equal(facts.pathLength, undefined);
  assert.deepEqual([facts.notBefore, facts.notAfter], [template.notBefore, template.notAfter]);
  assert.equal(facts.keyAlgorithm, 'ecdsa-p256');
  assert.equal(facts.spkiFingerprint, spkiFingerprint(keyPair.publicKey));
  assert.equal(facts.authorityKeyId, authority.certificate.subjectKeyId);
  assert.match(facts.subjectKeyId, /^[0-9a-f]{40}$/);
  assert.deepEqual([facts.otherNames, facts.otherUsages, facts.otherSubjectAttributes], [[], [], []]);
});

test('node:crypto reads the same certificate', () => {
  const facts = parseCertificate(der);
  const other = new X509Certificate(der);
  assert.equal(other.fingerprint256.replaceAll(':', '').toLowerCase(), facts.fingerprint);
  assert.equal(other.serialNumber.toLowerCase(), facts.serial);
  assert.equal(other.validToDate.getTime(), facts.notAfter.getTime());
  assert.equal(other.ca, false);
  assert.equal(other.subjectAltName, 'DNS:n1, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1');
});

test('the first certificate of a PEM text is the leaf, a bundle gives all', () => {
  const text = encodePem('CERTIFICATE', der) + encodePem('CERTIFICATE', authority.certificate.der);
  assert.equal(parseCertificate(text).serial, '1f');
  assert.equal(parseCertificate(`${encodePem('PRIVATE KEY', new Uint8Array([1]))}${text}`).serial, '1f');
  assert.deepEqual(
    parseBundle(text).map((facts) => facts.isCa),
    [false, true],
  );
});

test('a bundle that holds anything else is refused', () => {
  const text = encodePem('CERTIFICATE', der) + encodePem('PRIVATE KEY', new Uint8Array([1]));
  assert.throws(
    () => parseBundle(text),
    (error) => isAppError(error, 'INVALID_INPUT'),
  );
  assert.throws(
    () => parseBundle(''),
    (error) => isAppError(error, 'INVALID_INPUT'),
  );
  assert.throws(
    () => parseCertificate(encodePem('PRIVATE KEY', der)),
    (error) => isAppError(error, 'INVALID_INPUT'),
  );
});

test('every truncation is refused with an AppError', () => {
  for (let length = 0; length < der.length; length++) {
    assert.throws(
      () => parseCertificate(der.subarray(0, length)),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  }
});

test('every single-byte change is refused or read, never a crash', () => {
  for (let index = 0; index < der.length; index++) {
    for (const value of [0x00, 0x01, 0x30, 0x7f, 0x80, 0xa0, 0xff]) {
      const changed = Uint8Array.from(der);
      changed[index] = value;
      try {
        parseCertificate(changed);
      } catch (error) {
        assert.ok(isAppError(error, 'INVALID_INPUT'), String(error));
      }
    }
  }
});

const algorithm = seq(oidDer('1.2.840.10045.4.3.2'));
const name = nameDer(['2.5.4.3', utf8('x')]);
const validity = seq(tlv(0x17, Buffer.from('200101120000Z')), tlv(0x17, Buffer.from('300101120000Z')));
const spki = spkiOf(ecKey().publicKey);
const version3 = tlv(0xa0, int(2));
const extensions = (...members: readonly Uint8Array[]) => tlv(0xa3, seq(...members));
const certificate = (...fields: readonly Uint8Array[]) => seq(seq(...fields), algorithm, bits(new Uint8Array([0])));

test('a foreign certificate of version 1 without extensions is read', () => {
  const facts = parseCertificate(certificate(int(1), algorithm, name, validity, name, spki));
  assert.deepEqual([facts.serial, facts.isCa, facts.extensions.length, facts.subjectKeyId], ['1', false, 0, '']);
});

test('an authority key identifier with issuer and serial number beside it is read', () => {
  const keyId = extension(
    '2.5.29.35',
    seq(tlv(0x80, Buffer.from([0xab, 0xcd])), tlv(0xa1), tlv(0x82, Buffer.from([1]))),
  );
  const facts = parseCertificate(
    certificate(version3, int(1), algorithm, name, validity, name, spki, extensions(keyId)),
  );
  assert.equal(facts.authorityKeyId, 'abcd');
});

const basic = extension('2.5.29.19', seq(bool(true)), true);
const refused: Readonly<Record<string, Uint8Array>> = {
  'a negative serial number': certificate(version3, int(0x80), algorithm, name, validity, name, spki),
  'extensions in version 1': certificate(int(1), algorithm, name, validity, name, spki, extensions(basic)),
  'an extension twice': certificate(version3, int(1), algorithm, name, validity, name, spki, extensions(basic, basic)),
  'two signature algorithms': certificate(
    version3,
    int(1),
    seq(oidDer('1.2.840.10045.4.3.3')),
    name,
    validity,
    name,
    spki,
  ),
  'a missing key': certificate(version3, int(1), algorithm, name, validity, name),
  'a field that does not exist': certificate(version3, int(1), algorithm, name, validity, name, spki, nul),
  'a bad date': certificate(version3, int(1), algorithm, name, seq(utf8('x'), utf8('y')), name, spki),
  'bytes after the end': Buffer.concat([der, Buffer.from([0])]),
  'more than 64 KiB': octets(new Uint8Array(70_000)),
};

for (const [name, bytes] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => parseCertificate(bytes),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}
