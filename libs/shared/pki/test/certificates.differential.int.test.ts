/**
 * Every certificate of the list, for clusters and hosts made by chance and every kind of key: our writer writes what
 * @peculiar/x509 writes, octet for octet; and @peculiar/x509, OpenSSL and our reader read in it what the list says.
 */

import assert from 'node:assert/strict';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { type CertificateSpec, type KeyAlgorithm, keyAlgorithms, roles } from '@easycerts/cluster';
import { chanceOf } from '@easycerts/testing/fuzz';
import { type Authority, createAuthority, issueCertificate } from '../src/authority.ts';
import { parseCertificate } from '../src/certificate-facts.ts';
import { leafKeyUsages } from '../src/certificate-template.ts';
import { readDer } from '../src/der.ts';
import { generateKeyPair, type KeyPair } from '../src/key-pair.ts';
import { encodePem } from '../src/pem.ts';
import { spkiOf } from '../src/public-key.ts';
import { newSerial } from '../src/serial.ts';
import { writeCertificate } from '../src/x509-engine.ts';
import { hasOpenssl, opensslCertificates } from './openssl-text.ts';
import { peculiarCertificate } from './peculiar.ts';
import { specsByChance } from './specs-by-chance.ts';

const clusters = 30;
const notBefore = new Date('2026-01-01T12:00:00Z');
const keys = new Map<KeyAlgorithm, { readonly pair: KeyPair; readonly authority: Authority }>();
const keyOf = (name: KeyAlgorithm) => keys.get(name) ?? assert.fail(name);

interface Issued {
  readonly spec: CertificateSpec;
  readonly algorithm: KeyAlgorithm;
  readonly signer: KeyAlgorithm;
  readonly serial: string;
  readonly notAfter: Date;
  readonly der: Uint8Array;
}

describe('every certificate of the list', () => {
  const issued: Issued[] = [];
  before(async () => {
    for (const keyAlgorithm of keyAlgorithms) {
      const request = { commonName: `CA of ${keyAlgorithm}`, keyAlgorithm, serial: newSerial(randomBytes) };
      const authority = await createAuthority({ ...request, notBefore, notAfter: new Date('2056-01-01T00:00:00Z') });
      keys.set(keyAlgorithm, { pair: await generateKeyPair(keyAlgorithm), authority });
    }
    const chance = chanceOf('every certificate of the list');
    for (let cluster = 0; cluster < clusters; cluster++) {
      for (const spec of specsByChance(chance, cluster === 0 ? 'master' : chance.oneOf(roles))) {
        // Signing by RSA takes ten times as long: each kind signs the first cluster, P-256 the others.
        for (const signer of cluster === 0 ? keyAlgorithms : (['ecdsa-p256'] as const)) {
          const algorithm = chance.oneOf(keyAlgorithms);
          const serial = newSerial((size) => chance.bytes(size));
          const notAfter = new Date(notBefore.getTime() + (1 + chance.below(900_000_000)) * 1_000);
          const der = await issue({ spec, algorithm, signer, serial, notAfter });
          issued.push({ spec, algorithm, signer, serial, notAfter, der });
        }
      }
    }
  });

  it('is what @peculiar/x509 writes, but for the signature, which is good', async () => {
    for (const one of issued) {
      const { spec, algorithm, signer, serial, notAfter, der } = one;
      const { authority } = keyOf(signer);
      const spkiDer = spkiOf(keyOf(algorithm).pair.publicKey);
      const reference = await writeCertificate({
        serial,
        subject: spec.subject,
        issuerDer: authority.certificate.subjectDer,
        notBefore,
        notAfter,
        spkiDer,
        signer: authority.keyPair,
        isCa: false,
        keyUsages: leafKeyUsages(algorithm, spec.usages),
        usages: [...spec.usages].sort(),
        alternativeNames: spec.alternativeNames,
        subjectKeyId: keyIdOf(spkiDer),
        authorityKeyId: authority.certificate.subjectKeyId,
      });
      assert.equal(signedPart(der), signedPart(reference), spec.name);
      if (signer.startsWith('rsa-')) assert.deepEqual(der, reference, spec.name);
      assert.equal(new X509Certificate(der).verify(authority.keyPair.publicKey), true, spec.name);
    }
    assert.ok(issued.length > 300, `only ${issued.length}`);
  });

  it('says to @peculiar/x509 and to us what the list says', () => {
    for (const { spec, serial, notAfter, der } of issued) {
      const { dns, ip } = spec.alternativeNames;
      assert.deepEqual(peculiarCertificate(der), {
        serial,
        commonNames: [spec.subject.commonName],
        organizations: spec.subject.organizations,
        names: [...dns.map((name) => `dns:${name}`), ...ip.map((address) => `ip:${address}`)].sort(),
        usages: spec.usages.map((usage) => usageOids[usage]).sort(),
        isCa: false,
        notBefore,
        notAfter,
        extensionOids: [...fixedExtensions, ...(dns.length + ip.length > 0 ? ['2.5.29.17'] : [])],
      });
      const ours = parseCertificate(der);
      assert.equal(ours.serial, serial);
      assert.deepEqual(ours.subject, spec.subject);
      assert.deepEqual(ours.alternativeNames, spec.alternativeNames);
      assert.deepEqual(ours.usages, [...spec.usages].sort());
      assert.deepEqual([ours.isCa, ours.notBefore, ours.notAfter], [false, notBefore, notAfter]);
    }
  });

  it('says to OpenSSL what the list says, and nothing else', { skip: !hasOpenssl && 'needs openssl' }, async () => {
    const read = await opensslCertificates(issued.map(({ der }) => encodePem('CERTIFICATE', der)).join(''));
    assert.equal(read.length, issued.length);
    for (const [at, one] of issued.entries()) {
      const { spec, algorithm, signer, serial, notAfter, der } = one;
      assert.deepEqual(read[at], {
        serial,
        signatureAlgorithm: signatureNames[signer],
        issuer: `CN=CA of ${signer}`,
        subject: [...spec.subject.organizations.map((name) => `O=${name}`), `CN=${spec.subject.commonName}`].join(', '),
        notBefore,
        notAfter,
        keyAlgorithm: algorithm.startsWith('rsa-') ? 'rsaEncryption' : 'id-ecPublicKey',
        keySize: `(${/\d+$/.exec(algorithm)?.[0]} bit)`,
        extensions: expectedExtensions(one, parseCertificate(der).subjectKeyId),
      });
    }
  });
});

const usageOids = { 'server auth': '1.3.6.1.5.5.7.3.1', 'client auth': '1.3.6.1.5.5.7.3.2' };
const fixedExtensions = ['2.5.29.15', '2.5.29.37', '2.5.29.19', '2.5.29.14', '2.5.29.35'];

const signatureNames: Readonly<Record<KeyAlgorithm, string>> = {
  'ecdsa-p256': 'ecdsa-with-SHA256',
  'ecdsa-p384': 'ecdsa-with-SHA384',
  'rsa-2048': 'sha256WithRSAEncryption',
  'rsa-3072': 'sha256WithRSAEncryption',
  'rsa-4096': 'sha256WithRSAEncryption',
};

function expectedExtensions({ spec, algorithm, signer }: Issued, subjectKeyId: string) {
  const { dns, ip } = spec.alternativeNames;
  const names = [...dns.map((name) => `DNS:${name}`), ...ip.map((address) => `IP Address:${opensslAddress(address)}`)];
  const usageNames = { 'server auth': 'TLS Web Server Authentication', 'client auth': 'TLS Web Client Authentication' };
  const transportsKeys = algorithm.startsWith('rsa-') && spec.usages.includes('server auth');
  return {
    'X509v3 Key Usage: critical': transportsKeys ? 'Digital Signature, Key Encipherment' : 'Digital Signature',
    'X509v3 Extended Key Usage': [...spec.usages]
      .sort()
      .map((usage) => usageNames[usage])
      .join(', '),
    'X509v3 Basic Constraints: critical': 'CA:FALSE',
    'X509v3 Subject Key Identifier': colons(subjectKeyId),
    'X509v3 Authority Key Identifier': colons(keyOf(signer).authority.certificate.subjectKeyId),
    ...(names.length === 0 ? {} : { 'X509v3 Subject Alternative Name': names.join(', ') }),
  };
}

function issue({ spec, algorithm, signer, serial, notAfter }: Omit<Issued, 'der'>): Uint8Array {
  const { subject, alternativeNames, usages } = spec;
  const spkiDer = spkiOf(keyOf(algorithm).pair.publicKey);
  const template = { serial, subject, alternativeNames, usages, notBefore, notAfter, spkiDer };
  return issueCertificate({ authority: keyOf(signer).authority, template });
}

function signedPart(der: Uint8Array): string {
  return Buffer.from(readDer(der).children[0]?.raw ?? []).toString('hex');
}

/** RFC 7093 §2 method 1. */
function keyIdOf(spkiDer: Uint8Array): string {
  const bits = readDer(spkiDer).children[1]?.content.subarray(1) ?? assert.fail();
  return createHash('sha256').update(bits).digest('hex').slice(0, 40);
}

function colons(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(':');
}

/** OpenSSL shortens no IPv6 address. */
function opensslAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const parts = (text: string) => (text === '' ? [] : text.split(':'));
  const [first, last] = [parts(head), parts(tail ?? '')];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].join(':').toUpperCase();
}
