import assert from 'node:assert/strict';
import { randomBytes, verify, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { type AlternativeNames, type KeyAlgorithm, keyAlgorithms, type SubjectName } from '@easycerts/cluster';
import { chanceOf } from '@easycerts/testing/fuzz';
import { parseCertificate } from './certificate-facts.ts';
import type { LeafFields } from './certificate-fields.ts';
import { leafKeyUsages } from './certificate-template.ts';
import { readDer } from './der.ts';
import { generateKeyPair, type KeyPair } from './key-pair.ts';
import { writeLeaf } from './leaf-writer.ts';
import { spkiOf } from './public-key.ts';
import { newSerial } from './serial.ts';
import { writeCertificate } from './x509-engine.ts';

const keys = new Map<KeyAlgorithm, KeyPair>(
  await Promise.all(
    keyAlgorithms.map(async (name): Promise<[KeyAlgorithm, KeyPair]> => [name, await generateKeyPair(name)]),
  ),
);
const keyOf = (name: KeyAlgorithm): KeyPair => keys.get(name) ?? assert.fail(name);

const valid: LeafFields = {
  serial: '6b1f20c4a97d3e58',
  subject: { commonName: 'system:node:n1', organizations: ['system:nodes'] },
  issuerDer: Buffer.from('300f310d300b06035504030c0474657374', 'hex'),
  notBefore: new Date('2020-01-01T12:00:00Z'),
  notAfter: new Date('2020-01-31T12:00:00Z'),
  spkiDer: spkiOf(keyOf('ecdsa-p256').publicKey),
  signer: keyOf('ecdsa-p256'),
  keyUsages: ['digitalSignature'],
  usages: ['server auth'],
  alternativeNames: { dns: ['n1'], ip: ['192.0.2.11'] },
  subjectKeyId: 'ab'.repeat(20),
  authorityKeyId: 'cd'.repeat(20),
};

/** What is signed, by each of the two writers. */
async function bothOf(fields: LeafFields): Promise<readonly [Uint8Array, Uint8Array]> {
  return [writeLeaf(fields), await writeCertificate({ ...fields, isCa: false })];
}

function signedPart(der: Uint8Array): string {
  return Buffer.from(readDer(der).children[0]?.raw ?? []).toString('hex');
}

describe('writeLeaf writes what @peculiar/x509 writes, octet by octet', () => {
  const rows: readonly [string, Partial<LeafFields>][] = [
    ['a server of a node', {}],
    ['a client without names', { alternativeNames: { dns: [], ip: [] }, usages: ['client auth'] }],
    ['both usages', { usages: ['client auth', 'server auth'] }],
    ['no organization', { subject: { commonName: 'etcd-server', organizations: [] } }],
    ['organizations in DER order', { subject: { commonName: 'x', organizations: ['zz', 'a', 'bbb', 'ab'] } }],
    [
      'a text outside PrintableString',
      { subject: { commonName: 'Knotenpünktchen', organizations: ['ä', 'b_c', '@'] } },
    ],
    ['the longest common name', { subject: { commonName: 'x'.repeat(253), organizations: [] } }],
    ['a serial number of one octet', { serial: '7f' }],
    ['a serial number whose first bit is one', { serial: '80' }],
    ['a serial number of an odd count of digits', { serial: 'f00' }],
    ['the longest serial number', { serial: `7${'f'.repeat(38)}` }],
    ['the last second of UTCTime', { notAfter: new Date('2049-12-31T23:59:59Z') }],
    ['the first second of GeneralizedTime', { notAfter: new Date('2050-01-01T00:00:00Z') }],
    ['IPv6', { alternativeNames: { dns: [], ip: ['2001:db8::1', '::1'] } }],
    ['the lowest and highest IPv4', { alternativeNames: { dns: [], ip: ['0.0.0.1', '255.255.255.255'] } }],
    [
      'names beyond 64 KiB',
      {
        alternativeNames: {
          dns: Array.from({ length: 400 }, (_, at) => `${'n'.repeat(60)}.${at}.${'d'.repeat(60)}`),
          ip: [],
        },
      },
    ],
    [
      'usages of an RSA key',
      { keyUsages: leafKeyUsages('rsa-2048', ['server auth']), spkiDer: spkiOf(keyOf('rsa-2048').publicKey) },
    ],
  ];
  for (const [what, change] of rows) {
    it(what, async () => {
      const [ours, theirs] = await bothOf({ ...valid, ...change });
      assert.equal(signedPart(ours), signedPart(theirs));
    });
  }

  for (const algorithm of keyAlgorithms) {
    it(`signed by ${algorithm}, and the signature is good`, async () => {
      const signer = keyOf(algorithm);
      const [ours, theirs] = await bothOf({ ...valid, signer });
      assert.equal(signedPart(ours), signedPart(theirs));
      // RSA (PKCS #1) signatures are always the same: then nothing may differ at all.
      if (algorithm.startsWith('rsa-')) assert.deepEqual(ours, theirs);
      assert.equal(new X509Certificate(ours).verify(signer.publicKey), true);
    });
  }

  it('for a thousand certificates made by chance', async () => {
    const random = chanceOf('leaf-writer').below;
    for (let round = 0; round < 1_000; round++) {
      const fields = fieldsBy(random);
      const [ours, theirs] = await bothOf(fields);
      assert.equal(
        signedPart(ours),
        signedPart(theirs),
        JSON.stringify({ ...fields, signer: undefined, spkiDer: undefined }),
      );
    }
  });
});

describe('writeLeaf', () => {
  it('gives what our own reader reads back', async () => {
    const facts = parseCertificate(writeLeaf(valid));
    assert.deepEqual(facts.subject, valid.subject);
    assert.deepEqual(facts.alternativeNames, valid.alternativeNames);
    assert.equal(facts.serial, valid.serial);
    assert.equal(facts.isCa, false);
  });

  it('signs what it shows: another octet anywhere breaks the signature', async () => {
    const der = writeLeaf(valid);
    const [toBeSigned, , bits] = readDer(der).children;
    const signature = bits?.content.subarray(1) ?? assert.fail();
    const { publicKey } = keyOf('ecdsa-p256');
    const text = toBeSigned?.raw ?? assert.fail();
    assert.equal(verify('sha256', text, publicKey, signature), true);
    const changed = Uint8Array.from(text);
    for (const at of [10, 60, text.length - 1]) {
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(verify('sha256', changed, publicKey, signature), false);
    }
  });

  it('refuses an alternative name that is no address', () => {
    const alternativeNames = { dns: [], ip: ['n1'] };
    assert.throws(() => writeLeaf({ ...valid, alternativeNames }), { code: 'INVALID_INPUT' });
  });
});

function fieldsBy(random: (below: number) => number): LeafFields {
  const word = (): string => {
    const letters = random(8) === 0 ? 'aé€𝄞_@*' : 'abc:-./ 012XYZ';
    const symbols = [...letters];
    return Array.from({ length: 1 + random(40) }, () => symbols[random(symbols.length)] ?? 'a').join('');
  };
  const organizations = [...new Set(Array.from({ length: random(4) }, word))];
  const subject: SubjectName = { commonName: word(), organizations };
  const dns = Array.from({ length: random(6) }, (_, at) => `h${at}-${random(1_000)}.example`);
  const ip = Array.from({ length: random(4) }, () => `192.0.${random(256)}.${random(256)}`);
  const alternativeNames: AlternativeNames = { dns, ip };
  const notBefore = new Date(random(2_000_000_000) * 1_000);
  return {
    ...valid,
    subject,
    alternativeNames,
    serial: newSerial(randomBytes),
    notBefore,
    notAfter: new Date(notBefore.getTime() + random(2_000_000_000) * 1_000),
    usages: [['server auth'], ['client auth'], ['client auth', 'server auth']][random(3)] as LeafFields['usages'],
  };
}
