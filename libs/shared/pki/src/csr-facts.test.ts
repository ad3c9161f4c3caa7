import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { bits, int, nul, octets, oidDer, printable, seq, set, tlv, utf8 } from '../testing/der-writer.ts';
import {
  type CsrParts,
  caExtension,
  dirName,
  dnsName,
  ecKey,
  emailName,
  extension,
  extensionRequest,
  ipName,
  nameDer,
  otherName,
  rsaKey,
  rsaSpki,
  sanExtension,
  uriName,
  writeHostileCsr,
} from '../testing/hostile-csr.ts';
import { createCsr } from './create-csr.ts';
import { type CsrFacts, maxCsrBytes, parseCsr } from './csr-facts.ts';
import { readDer } from './der.ts';
import { generateKeyPair } from './key-pair.ts';
import { spkiFingerprint } from './public-key.ts';

const key = ecKey();
const rsa = rsaKey(2048);
const parse = (parts: CsrParts = {}): CsrFacts => parseCsr(writeHostileCsr({ key, ...parts }));
const cn = '2.5.4.3';
const o = '2.5.4.10';

test('a good request is read whole', () => {
  const facts = parse({
    subject: nameDer([o, printable('system:nodes')], [cn, utf8('system:node:n1')]),
    extensions: [sanExtension(dnsName('n1'), ipName(10, 0, 0, 1))],
  });
  assert.deepEqual(facts.subject, { commonName: 'system:node:n1', organizations: ['system:nodes'] });
  assert.deepEqual(facts.alternativeNames, { dns: ['n1'], ip: ['10.0.0.1'] });
  assert.deepEqual(facts.extensionOids, ['2.5.29.17']);
  assert.equal(facts.keyAlgorithm, 'ecdsa-p256');
  assert.equal(facts.spkiFingerprint, spkiFingerprint(key.publicKey));
  assert.equal(facts.signatureValid, true);
  assert.equal(facts.requestsCa, false);
  for (const empty of [
    'otherNames',
    'otherAttributes',
    'otherSubjectAttributes',
    'otherUsages',
    'usages',
    'keyUsages',
  ] as const) {
    assert.deepEqual(facts[empty], [], empty);
  }
});

test('a request of our own is read back', async () => {
  for (const algorithm of ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048'] as const) {
    const keyPair = await generateKeyPair(algorithm);
    const subject = { commonName: 'n1', organizations: ['easycerts:nodes'] };
    const facts = parseCsr(await createCsr({ keyPair, subject, alternativeNames: { dns: ['n1'], ip: ['::1'] } }));
    assert.equal(facts.keyAlgorithm, algorithm);
    assert.equal(facts.signatureValid, true);
    assert.deepEqual(facts.subject, subject);
    assert.deepEqual(facts.alternativeNames, { dns: ['n1'], ip: ['::1'] });
  }
});

test('SHA-384 and SHA-512 are accepted', () => {
  assert.equal(parse({ hash: 'sha384' }).signatureValid, true);
  assert.equal(parse({ hash: 'sha512' }).signatureValid, true);
  assert.equal(parse({ key: rsa, hash: 'sha512' }).signatureValid, true);
});

const ecdsaSha256 = oidDer('1.2.840.10045.4.3.2');
const badSignatures: Readonly<Record<string, CsrParts>> = {
  'SHA-1 with ECDSA': { hash: 'sha1' },
  'SHA-1 with RSA': { key: rsa, hash: 'sha1' },
  'MD5 with RSA': { key: rsa, hash: 'md5' },
  'another hash than it names': { hash: 'sha512', signatureAlgorithm: seq(ecdsaSha256) },
  'the algorithm of another kind of key': {
    signatureAlgorithm: seq(oidDer('1.2.840.113549.1.1.11'), nul),
  },
  'ECDSA with parameters': { signatureAlgorithm: seq(ecdsaSha256, nul) },
  'RSA without parameters': { key: rsa, signatureAlgorithm: seq(oidDer('1.2.840.113549.1.1.11')) },
  'RSA-PSS': { key: rsa, signatureAlgorithm: seq(oidDer('1.2.840.113549.1.1.10'), nul) },
  'an algorithm nobody knows': { signatureAlgorithm: seq(oidDer('1.3.6.1.4.1.99999.1')) },
  'an algorithm with two parameters': { key: rsa, signatureAlgorithm: seq(oidDer('1.2.840.113549.1.1.11'), nul, nul) },
  'no signature at all': { signature: bits(new Uint8Array()) },
  zeros: { signature: bits(seq(int(0), int(0))) },
  'random bytes': { signature: bits(new Uint8Array(70).fill(0x5a)) },
  "another key's signature": { spki: ecKey().publicKey.export({ type: 'spki', format: 'der' }) },
};

for (const [name, parts] of Object.entries(badSignatures)) {
  test(`the signature is not valid: ${name}`, () => {
    assert.equal(parse(parts).signatureValid, false);
  });
}

test('a change of any signed byte is refused or breaks the signature', () => {
  const good = writeHostileCsr({ key });
  const signed = readDer(good).children[0]?.raw ?? new Uint8Array();
  const start = signed.byteOffset - good.byteOffset;
  for (let index = start; index < start + signed.length; index++) {
    const changed = Uint8Array.from(good);
    changed[index] = (changed[index] ?? 0) ^ 0x01;
    assertRefusedOrInvalid(changed);
  }
});

test('every truncation is refused with an AppError', () => {
  for (const good of [writeHostileCsr({ key }), writeHostileCsr({ key: rsa })]) {
    for (let length = 0; length < good.length; length++) {
      assert.throws(
        () => parseCsr(good.subarray(0, length)),
        (error) => isAppError(error, 'INVALID_INPUT') && error.details.reason === 'malformed',
      );
    }
  }
});

test('every single-byte change is refused or read, never a crash', () => {
  const good = writeHostileCsr({ key });
  for (let index = 0; index < good.length; index++) {
    for (const value of [0x00, 0x01, 0x30, 0x7f, 0x80, 0xa0, 0xff]) {
      const changed = Uint8Array.from(good);
      changed[index] = value;
      if (value !== good[index]) assertRefusedOrRead(changed);
    }
  }
});

function assertRefusedOrInvalid(der: Uint8Array): void {
  try {
    assert.equal(parseCsr(der).signatureValid, false);
  } catch (error) {
    assert.ok(isAppError(error, 'INVALID_INPUT'), String(error));
  }
}

function assertRefusedOrRead(der: Uint8Array): void {
  try {
    parseCsr(der);
  } catch (error) {
    assert.ok(isAppError(error, 'INVALID_INPUT'), String(error));
  }
}

const malformed: Readonly<Record<string, () => Uint8Array>> = {
  'bytes after the end': () => Buffer.concat([writeHostileCsr({ key }), Buffer.from([0])]),
  'two requests': () => Buffer.concat([writeHostileCsr({ key }), writeHostileCsr({ key })]),
  'a fourth member': () => seq(...readDer(writeHostileCsr({ key })).children.map((child) => child.raw), nul),
  'PEM instead of DER': () => Buffer.from('-----BEGIN CERTIFICATE REQUEST-----'),
  'version 2': () => writeHostileCsr({ key, version: int(1) }),
  'a version that is no number': () => writeHostileCsr({ key, version: utf8('1') }),
  'an extension twice': () =>
    writeHostileCsr({ key, extensions: [sanExtension(dnsName('n1')), sanExtension(dnsName('evil'))] }),
  'two extension requests': () =>
    writeHostileCsr({
      key,
      attributes: [extensionRequest(sanExtension(dnsName('n1'))), extensionRequest(sanExtension(dnsName('evil')))],
    }),
  'an extension request with two values': () =>
    writeHostileCsr({ key, attributes: [seq(oidDer('1.2.840.113549.1.9.14'), set(seq(), seq()))] }),
  'an extension request without value': () =>
    writeHostileCsr({ key, attributes: [seq(oidDer('1.2.840.113549.1.9.14'), set())] }),
  'an attribute with a third member': () =>
    writeHostileCsr({ key, attributes: [seq(oidDer('1.2.840.113549.1.9.7'), set(utf8('x')), nul)] }),
  'an extension with bytes after its value': () =>
    writeHostileCsr({ key, extensions: [extension('2.5.29.17', Buffer.concat([seq(dnsName('n1')), nul]))] }),
  'an extension that says critical FALSE': () =>
    writeHostileCsr({ key, extensions: [seq(oidDer('2.5.29.19'), tlv(0x01, Buffer.from([0])), octets(seq()))] }),
  'an empty list of usages': () => writeHostileCsr({ key, extensions: [extension('2.5.29.37', seq())] }),
  'a key usage that does not exist': () =>
    writeHostileCsr({ key, extensions: [extension('2.5.29.15', bits(new Uint8Array([0, 0x40]), 6))] }),
  'a path length of 128': () =>
    writeHostileCsr({ key, extensions: [extension('2.5.29.19', seq(tlv(0x01, Buffer.from([0xff])), int(0, 128)))] }),
  'a NUL in the common name': () => writeHostileCsr({ key, subject: nameDer([cn, utf8('n1\0.evil')]) }),
  'a NUL in a DNS name': () => writeHostileCsr({ key, extensions: [sanExtension(dnsName('n1\0.evil'))] }),
  'an empty list of names': () => writeHostileCsr({ key, extensions: [sanExtension()] }),
  'a key that is not on its curve': () => {
    const point = Buffer.alloc(65, 1);
    point[0] = 4;
    return writeHostileCsr({
      key,
      spki: seq(seq(oidDer('1.2.840.10045.2.1'), oidDer('1.2.840.10045.3.1.7')), bits(point)),
    });
  },
};

for (const [name, der] of Object.entries(malformed)) {
  test(`malformed: ${name}`, () => {
    assert.throws(
      () => parseCsr(der()),
      (error) => isAppError(error, 'INVALID_INPUT') && error.details.reason === 'malformed',
    );
  });
}

test('a request above 16 KiB is refused before it is read', () => {
  assert.throws(
    () => parseCsr(new Uint8Array(maxCsrBytes + 1)),
    (error) => isAppError(error, 'INVALID_INPUT') && error.details.reason === 'too-large',
  );
});

test('asking to be a CA is seen, by constraints and by key usage', () => {
  assert.equal(parse({ extensions: [caExtension()] }).requestsCa, true);
  assert.equal(parse({ extensions: [extension('2.5.29.15', bits(new Uint8Array([0x04]), 2))] }).requestsCa, true);
  assert.equal(parse({ extensions: [extension('2.5.29.15', bits(new Uint8Array([0x02]), 1))] }).requestsCa, true);
  assert.equal(parse({ extensions: [extension('2.5.29.19', seq())] }).requestsCa, false);
});

test('names of every other kind, foreign usages, extensions and attributes are reported', () => {
  const facts = parse({
    subject: nameDer(['2.5.4.11', utf8('unit')], [cn, utf8('n1')]),
    attributes: [
      seq(oidDer('1.2.840.113549.1.9.7'), set(utf8('challenge'))),
      extensionRequest(
        sanExtension(dnsName('*.n1'), emailName('a@b'), uriName('https://x'), otherName(), dirName()),
        extension('2.5.29.37', seq(oidDer('1.3.6.1.5.5.7.3.2'), oidDer('1.3.6.1.5.5.7.3.3'), oidDer('2.5.29.37.0'))),
        extension('1.3.6.1.4.1.99999.1', nul, true),
      ),
    ],
  });
  assert.deepEqual(facts.otherSubjectAttributes, ['2.5.4.11']);
  assert.deepEqual(facts.alternativeNames.dns, ['*.n1']);
  assert.deepEqual(facts.otherNames, ['URI:https://x', 'dirName', 'email:a@b', 'otherName']);
  assert.deepEqual(facts.usages, ['client auth']);
  assert.deepEqual(facts.otherUsages, ['1.3.6.1.5.5.7.3.3', '2.5.29.37.0']);
  assert.deepEqual(facts.extensionOids, ['2.5.29.17', '2.5.29.37', '1.3.6.1.4.1.99999.1']);
  assert.deepEqual(facts.otherAttributes, ['1.2.840.113549.1.9.7']);
});

test('an empty subject and no attributes are facts, not errors', () => {
  const facts = parse({ subject: seq(), attributes: [] });
  assert.deepEqual(facts.subject, { commonName: '', organizations: [] });
  assert.deepEqual(facts.extensionOids, []);
  assert.equal(facts.signatureValid, true);
});

test('a weak key is a fact, and its signature is not even looked at', () => {
  const weak = rsaKey(1024);
  const facts = parse({ key: weak });
  assert.deepEqual([facts.keyAlgorithm, facts.keyDescription, facts.signatureValid], [undefined, 'rsa-1024', false]);
  const exponentOne = parse({ spki: rsaSpki((1n << 2047n) | 1n, 1n) });
  assert.deepEqual([exponentOne.keyAlgorithm, exponentOne.signatureValid], [undefined, false]);
});

test('an RSA modulus of 100,000 bits costs nothing', () => {
  const started = performance.now();
  const facts = parse({ spki: rsaSpki((1n << 99_999n) | 1n, 65_537n) });
  assert.equal(facts.keyAlgorithm, undefined);
  assert.ok(performance.now() - started < 1_000);
});

test('the key that is read is the key that was sent', () => {
  const { spkiDer } = parse();
  const read = createPublicKey({ key: Buffer.from(spkiDer), format: 'der', type: 'spki' });
  assert.ok(read.equals(key.publicKey));
});
