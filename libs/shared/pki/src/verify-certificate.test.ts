import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import { bits, bool, int, nul, oidDer, seq, tlv, utf8 } from '../testing/der-writer.ts';
import { ecKey, extension, nameDer } from '../testing/hostile-csr.ts';
import { type Authority, createAuthority, issueCertificate } from './authority.ts';
import { type CertificateFacts, parseCertificate } from './certificate-facts.ts';
import { generateKeyPair } from './key-pair.ts';
import { spkiOf } from './public-key.ts';
import {
  issuerOf,
  type Verification,
  type VerifyReason,
  verifyCertificate,
  verifyReasons,
} from './verify-certificate.ts';

const notBefore = new Date('2020-01-01T12:00:00Z');
const notAfter = new Date('2021-01-01T12:00:00Z');
const at = new Date('2020-06-01T12:00:00Z');
const caOf = (commonName: string, end = new Date('2030-01-01T12:00:00Z')): Promise<Authority> =>
  createAuthority({ commonName, keyAlgorithm: 'ecdsa-p256', notBefore, notAfter: end, serial: 'abc' });

const authority = await caOf('kubernetes');
const sameName = await caOf('kubernetes');
const etcd = await caOf('etcd');
const shortLived = await caOf('short', new Date('2020-03-01T12:00:00Z'));
const leafOf = async (issuer: Authority): Promise<CertificateFacts> => {
  const keyPair = await generateKeyPair('ecdsa-p256');
  const template = {
    serial: '1',
    subject: { commonName: 'n1', organizations: [] },
    alternativeNames: { dns: ['n1'], ip: [] },
    usages: ['client auth'],
    notBefore,
    notAfter,
    spkiDer: spkiOf(keyPair.publicKey),
  } as const;
  return parseCertificate(issueCertificate({ authority: issuer, template }));
};
const certificate = await leafOf(authority);
const good: Verification = { certificate, bundle: [authority.certificate], usage: 'client auth', at };

/** A certificate that only its signer says to be good: any key, any extensions, really signed. */
function forged(
  signer: Authority,
  options: { spki?: Uint8Array; extensions?: readonly Uint8Array[]; hash?: string } = {},
) {
  const { spki = spkiOf(ecKey().publicKey), extensions = [], hash = 'sha256' } = options;
  const algorithm = seq(oidDer(hash === 'sha1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'));
  const validity = seq(tlv(0x17, Buffer.from('200101120000Z')), tlv(0x17, Buffer.from('210101120000Z')));
  const name = nameDer(['2.5.4.3', utf8('n1')]);
  const issuer = signer.certificate.subjectDer;
  const usage = extension('2.5.29.37', seq(oidDer('1.3.6.1.5.5.7.3.2')));
  const all = tlv(0xa3, seq(usage, ...extensions));
  const toBeSigned = seq(tlv(0xa0, int(2)), int(7), algorithm, issuer, validity, name, spki, all);
  return parseCertificate(seq(toBeSigned, algorithm, bits(sign(hash, toBeSigned, signer.keyPair.privateKey))));
}

test('a good certificate has no finding, whatever else the bundle trusts', () => {
  assert.equal(verifyCertificate(good), undefined);
  assert.equal(
    verifyCertificate({ certificate, bundle: [etcd.certificate, sameName.certificate, authority.certificate], at }),
    undefined,
  );
  assert.equal(verifyCertificate({ ...good, at: notBefore }), undefined);
  assert.equal(verifyCertificate({ ...good, at: notAfter }), undefined);
  assert.equal(verifyCertificate({ ...good, certificate: forged(authority) }), undefined);
});

const rsa1024 = () => spkiOf(ecKey('secp224r1').publicKey);
const rows: readonly [string, VerifyReason, Partial<Verification> | (() => Promise<Partial<Verification>>)][] = [
  ['an empty bundle trusts nothing', 'unknown-issuer', { bundle: [] }],
  ['another CA does not vouch', 'unknown-issuer', { bundle: [etcd.certificate] }],
  ['a CA of the same name and another key does not vouch', 'unknown-issuer', { bundle: [sameName.certificate] }],
  ['a leaf in the bundle is no CA', 'unknown-issuer', { bundle: [certificate] }],
  ['a certificate that names no key of the CA is still checked', 'bad-signature', { certificate: forgedByStranger() }],
  ['SHA-1 is no signature', 'bad-signature', { certificate: forged(authority, { hash: 'sha1' }) }],
  [
    'a weak key is refused although the CA signed it',
    'weak-key',
    { certificate: forged(authority, { spki: rsa1024() }) },
  ],
  [
    'an expired CA does not vouch',
    'issuer-not-valid',
    async () => ({ certificate: await leafOf(shortLived), bundle: [shortLived.certificate] }),
  ],
  ['before its time', 'not-yet-valid', { at: new Date(notBefore.getTime() - 1), bundle: [lasting(authority)] }],
  ['after its time', 'expired', { at: new Date(notAfter.getTime() + 1) }],
  [
    'a CA certificate is no leaf',
    'is-ca',
    { certificate: forged(authority, { extensions: [extension('2.5.29.19', seq(bool(true)), true)] }) },
  ],
  [
    'the key usage of a CA is no leaf',
    'is-ca',
    { certificate: forged(authority, { extensions: [extension('2.5.29.15', bits(new Uint8Array([4]), 2), true)] }) },
  ],
  [
    'a critical extension that we do not know',
    'critical-extension',
    { certificate: forged(authority, { extensions: [extension('1.3.6.1.4.1.99999.1', nul, true)] }) },
  ],
  ['another usage', 'usages', { usage: 'server auth' }],
];

/** Names the CA as issuer, without key identifier, but another key signed. */
function forgedByStranger(): CertificateFacts {
  return forged({ certificate: authority.certificate, keyPair: sameName.keyPair });
}

/** The same CA, valid since ever: so that only the leaf is too young. */
function lasting({ certificate: ca }: Authority): CertificateFacts {
  return { ...ca, notBefore: new Date(0) };
}

for (const [name, reason, change] of rows) {
  test(`${reason}: ${name}`, async () => {
    const part = typeof change === 'function' ? await change() : change;
    assert.equal(verifyCertificate({ ...good, ...part })?.reason, reason);
  });
}

test('every reason has its row', () => {
  assert.deepEqual(new Set(rows.map(([, reason]) => reason)), new Set(verifyReasons));
});

test('who is not trusted is told first, before dates and usages', () => {
  const stranger = { ...good, bundle: [etcd.certificate], at: new Date(0), usage: 'server auth' } as const;
  assert.equal(verifyCertificate(stranger)?.reason, 'unknown-issuer');
});

test('without a usage every usage is accepted', () => {
  assert.equal(verifyCertificate({ certificate, bundle: [authority.certificate], at }), undefined);
});

test('the issuer is the CA that signed, not the one with its name', () => {
  assert.equal(issuerOf(certificate, [sameName.certificate, authority.certificate]), authority.certificate);
  assert.equal(issuerOf(certificate, [sameName.certificate]), undefined);
});

test('a CA does not vouch when its key usage forbids it', () => {
  const mute: CertificateFacts = { ...authority.certificate, keyUsages: ['digitalSignature'] };
  assert.equal(verifyCertificate({ ...good, bundle: [mute] })?.reason, 'unknown-issuer');
});
