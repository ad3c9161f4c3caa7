import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { ecKey, rsaKey } from '../testing/hostile-csr.ts';
import { authorityOf, createAuthority, issueCertificate } from './authority.ts';
import { parseCertificate } from './certificate-facts.ts';
import type { CertificateTemplate } from './certificate-template.ts';
import { generateKeyPair } from './key-pair.ts';
import { spkiOf } from './public-key.ts';
import { newSerial } from './serial.ts';
import { verifyCertificate } from './verify-certificate.ts';

const notBefore = new Date('2020-01-01T12:00:00Z');
const request = {
  commonName: 'easycerts kubernetes CA',
  keyAlgorithm: 'ecdsa-p256',
  notBefore,
  notAfter: new Date('2030-01-01T12:00:00Z'),
  serial: 'abc',
} as const;
const authority = await createAuthority(request);
const keyPair = await generateKeyPair('ecdsa-p256');
const template: CertificateTemplate = {
  serial: '1f',
  subject: { commonName: 'n1', organizations: ['easycerts:nodes'] },
  alternativeNames: { dns: ['n1'], ip: ['10.0.0.1'] },
  usages: ['client auth'],
  notBefore,
  notAfter: new Date('2020-02-01T12:00:00Z'),
  spkiDer: spkiOf(keyPair.publicKey),
};

test('an authority is a self-signed CA for leaves only', () => {
  const { certificate } = authority;
  assert.equal(certificate.serial, 'abc');
  assert.equal(certificate.isCa, true);
  assert.equal(certificate.pathLength, 0);
  assert.deepEqual(certificate.keyUsages, ['digitalSignature', 'keyCertSign', 'cRLSign']);
  assert.deepEqual(certificate.usages, []);
  assert.deepEqual(certificate.subject, { commonName: 'easycerts kubernetes CA', organizations: [] });
  assert.deepEqual(Buffer.from(certificate.subjectDer), Buffer.from(certificate.issuerDer));
  assert.deepEqual([certificate.notBefore, certificate.notAfter], [request.notBefore, request.notAfter]);
  const critical = certificate.extensions.filter((extension) => extension.isCritical).map((extension) => extension.oid);
  assert.deepEqual(critical.sort(), ['2.5.29.15', '2.5.29.19']);
});

test('a leaf says exactly what the template says', async () => {
  const facts = parseCertificate(issueCertificate({ authority, template }));
  const { serial, subject, alternativeNames, usages, notAfter } = facts;
  assert.deepEqual(
    { serial, subject, alternativeNames, usages, notBefore: facts.notBefore, notAfter, spkiDer: facts.spkiDer },
    template,
  );
  assert.equal(facts.isCa, false);
  assert.deepEqual(facts.extensions.map((extension) => [extension.oid, extension.isCritical]).sort(), [
    ['2.5.29.14', false],
    ['2.5.29.15', true],
    ['2.5.29.17', false],
    ['2.5.29.19', true],
    ['2.5.29.35', false],
    ['2.5.29.37', false],
  ]);
  assert.equal(
    verifyCertificate({ certificate: facts, bundle: [authority.certificate], usage: 'client auth', at: notBefore }),
    undefined,
  );
});

test('without alternative names there is no such extension', async () => {
  const der = issueCertificate({ authority, template: { ...template, alternativeNames: { dns: [], ip: [] } } });
  assert.ok(!parseCertificate(der).extensions.some((extension) => extension.oid === '2.5.29.17'));
});

test('the RSA key of a server may also transport keys, that of a client may not', async () => {
  const spkiDer = spkiOf(rsaKey(2048).publicKey);
  const rows = [
    [['server auth'], ['digitalSignature', 'keyEncipherment']],
    [
      ['server auth', 'client auth'],
      ['digitalSignature', 'keyEncipherment'],
    ],
    [['client auth'], ['digitalSignature']],
  ] as const;
  for (const [usages, keyUsages] of rows) {
    const der = issueCertificate({ authority, template: { ...template, spkiDer, usages } });
    assert.deepEqual(parseCertificate(der).keyUsages, keyUsages);
  }
});

test('fractions of a second are cut off, and years from 2050 on are written', async () => {
  const long = await createAuthority({ ...request, notAfter: new Date('2060-06-30T23:59:59.999Z') });
  assert.equal(long.certificate.notAfter.toISOString(), '2060-06-30T23:59:59.000Z');
  const der = issueCertificate({
    authority: long,
    template: { ...template, notAfter: new Date('2050-01-01T00:00:00Z') },
  });
  assert.equal(parseCertificate(der).notAfter.toISOString(), '2050-01-01T00:00:00.000Z');
});

test('two certificates of one template differ in nothing but the signature', async () => {
  const [one, other] = [issueCertificate({ authority, template }), issueCertificate({ authority, template })];
  assert.deepEqual(parseCertificate(one).signed.toBeSigned.raw, parseCertificate(other).signed.toBeSigned.raw);
});

test('names are written canonical', async () => {
  const alternativeNames = { dns: ['b', 'a', 'b'], ip: ['FD00::0:1', '10.0.0.1'] };
  const facts = parseCertificate(issueCertificate({ authority, template: { ...template, alternativeNames } }));
  assert.deepEqual(facts.alternativeNames, { dns: ['a', 'b'], ip: ['10.0.0.1', 'fd00::1'] });
});

const unsound: Readonly<Record<string, Partial<CertificateTemplate>>> = {
  'serial number zero': { serial: '0' },
  'an empty serial number': { serial: '' },
  'a serial number with leading zero': { serial: '01' },
  'a serial number above 20 octets': { serial: 'f'.repeat(40) },
  'a serial number that is not hexadecimal': { serial: 'xyz' },
  'an empty common name': { subject: { commonName: '', organizations: ['o'] } },
  'a NUL in the common name': { subject: { commonName: 'n1\0', organizations: [] } },
  'half a surrogate pair': { subject: { commonName: 'n\ud800', organizations: [] } },
  'an empty organization': { subject: { commonName: 'n1', organizations: [''] } },
  'an organization twice': { subject: { commonName: 'n1', organizations: ['o', 'o'] } },
  'a common name of 254 characters': { subject: { commonName: 'a'.repeat(254), organizations: [] } },
  'a wildcard': { alternativeNames: { dns: ['*.example'], ip: [] } },
  'a DNS name with NUL': { alternativeNames: { dns: ['a\0b'], ip: [] } },
  'an empty DNS name': { alternativeNames: { dns: [''], ip: [] } },
  'an address among the DNS names': { alternativeNames: { dns: ['10.0.0.1'], ip: [] } },
  'a DNS name among the addresses': { alternativeNames: { dns: [], ip: ['n1'] } },
  'no usage': { usages: [] },
  'a usage twice': { usages: ['client auth', 'client auth'] },
  'an end before the beginning': { notAfter: new Date('2019-01-01T00:00:00Z') },
  'no time between beginning and end': { notAfter: notBefore },
  'an invalid date': { notAfter: new Date(Number.NaN) },
  'a weak key': { spkiDer: spkiOf(rsaKey(1024).publicKey) },
  'a curve that we do not accept': { spkiDer: spkiOf(ecKey('secp224r1').publicKey) },
  'a key that is none': { spkiDer: new Uint8Array([1, 2, 3]) },
};

for (const [name, part] of Object.entries(unsound)) {
  test(`never signed: ${name}`, () => {
    assert.throws(
      () => issueCertificate({ authority, template: { ...template, ...part } }),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}

test('an authority without a name or with a bad serial number is not made', async () => {
  for (const part of [{ commonName: '' }, { commonName: 'a\0' }, { serial: '0' }]) {
    await assert.rejects(createAuthority({ ...request, ...part }), (error) => isAppError(error, 'INVALID_INPUT'));
  }
});

test('a certificate and the key of another do not make an authority', async () => {
  const other = await createAuthority({ ...request, serial: newSerial(randomBytes) });
  assert.equal(authorityOf(authority.certificate, authority.keyPair).certificate.serial, 'abc');
  assert.throws(
    () => authorityOf(authority.certificate, other.keyPair),
    (error) => isAppError(error, 'DAMAGED'),
  );
  const leaf = parseCertificate(issueCertificate({ authority, template }));
  assert.throws(
    () => authorityOf(leaf, keyPair),
    (error) => isAppError(error, 'DAMAGED'),
  );
});
