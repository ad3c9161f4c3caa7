import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { bits, int, nul, oidDer, seq } from '../testing/der-writer.ts';
import { ecKey, modulusOf, rsaKey, rsaSpki } from '../testing/hostile-csr.ts';
import { readDer } from './der.ts';
import { publicKeyOfSpki, readPublicKey, spkiFingerprint, spkiOf } from './public-key.ts';

const read = (spki: Uint8Array) => readPublicKey(readDer(spki), 'test');
const ofKey = (publicKey: KeyObject) => read(spkiOf(publicKey));
const p256 = oidDer('1.2.840.10045.3.1.7');
const ecAlgorithm = oidDer('1.2.840.10045.2.1');
const modulus = modulusOf(rsaKey(2048).privateKey);

test('every algorithm that we accept is recognised', () => {
  assert.equal(ofKey(ecKey('P-256').publicKey).keyAlgorithm, 'ecdsa-p256');
  assert.equal(ofKey(ecKey('P-384').publicKey).keyAlgorithm, 'ecdsa-p384');
  for (const size of [2048, 3072, 4096] as const) {
    assert.equal(ofKey(rsaKey(size).publicKey).keyAlgorithm, `rsa-${size}`);
  }
});

test('the fingerprint is the one of the key object', () => {
  const { publicKey } = ecKey();
  assert.equal(ofKey(publicKey).spkiFingerprint, spkiFingerprint(publicKey));
  assert.match(ofKey(publicKey).keyId, /^[0-9a-f]{40}$/);
});

function compressed(publicKey: KeyObject): Uint8Array {
  const point = spkiOf(publicKey).subarray(-65);
  const short = Buffer.concat([Buffer.from([2 + ((point.at(-1) ?? 0) & 1)]), point.subarray(1, 33)]);
  return seq(seq(ecAlgorithm, p256), bits(short));
}

const weak: Readonly<Record<string, () => Uint8Array>> = {
  'RSA of 1024 bits': () => spkiOf(rsaKey(1024).publicKey),
  'RSA of 2047 bits': () => rsaSpki(modulus >> 1n, 65_537n),
  'RSA of 2056 bits': () => rsaSpki((modulus << 8n) | 1n, 65_537n),
  'RSA of 8192 bits': () => rsaSpki((1n << 8191n) | 1n, 65_537n),
  'RSA with exponent 1': () => rsaSpki(modulus, 1n),
  'RSA with exponent 3': () => spkiOf(rsaKey(2048, 3).publicKey),
  'RSA with an even exponent': () => rsaSpki(modulus, 65_536n),
  'RSA with a huge exponent': () => rsaSpki(modulus, modulus - 2n),
  'RSA with an even modulus': () => rsaSpki(modulus - 1n, 65_537n),
  'RSA with the small factor 3': () => rsaSpki(modulus - (modulus % 3n), 65_537n),
  'RSA with equal factors': () => rsaSpki(((3n << 1022n) | 1n) ** 2n, 65_537n),
  'RSA-PSS': () => spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey),
  'RSA without parameters': () => {
    const [, key] = readDer(rsaSpki(modulus, 65_537n)).children;
    return seq(seq(oidDer('1.2.840.113549.1.1.1')), key?.raw ?? nul);
  },
  'P-192': () => spkiOf(ecKey('prime192v1').publicKey),
  secp224r1: () => spkiOf(ecKey('secp224r1').publicKey),
  'P-521': () => spkiOf(ecKey('P-521').publicKey),
  secp256k1: () => spkiOf(ecKey('secp256k1').publicKey),
  brainpoolP256r1: () => spkiOf(ecKey('brainpoolP256r1').publicKey),
  'P-256 with explicit parameters': () =>
    spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey),
  'P-256 with a compressed point': () => compressed(ecKey().publicKey),
  'P-256 with a point of P-384 length': () => seq(seq(ecAlgorithm, p256), bits(new Uint8Array(97).fill(4))),
  'the point at infinity': () => seq(seq(ecAlgorithm, p256), bits(new Uint8Array(1))),
  Ed25519: () => spkiOf(generateKeyPairSync('ed25519').publicKey),
  X25519: () => spkiOf(generateKeyPairSync('x25519').publicKey),
  DSA: () => spkiOf(generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey),
};

for (const [name, spki] of Object.entries(weak)) {
  test(`not accepted: ${name}`, () => {
    const facts = read(spki());
    assert.equal(facts.keyAlgorithm, undefined);
    assert.notEqual(facts.keyDescription, '');
  });
}

const malformed: Readonly<Record<string, Uint8Array>> = {
  'a key without bits': seq(seq(ecAlgorithm, p256)),
  'a key with more': seq(seq(ecAlgorithm, p256), bits(new Uint8Array(65)), nul),
  'an algorithm with more': seq(seq(ecAlgorithm, p256, nul), bits(new Uint8Array(65))),
  'bits that are not whole octets': seq(seq(ecAlgorithm, p256), bits(new Uint8Array([0x80]), 7)),
  'RSA bits that are no key': seq(seq(oidDer('1.2.840.113549.1.1.1'), nul), bits(new Uint8Array([1, 2, 3]))),
  'RSA bits with a third number': seq(
    seq(oidDer('1.2.840.113549.1.1.1'), nul),
    bits(seq(int(5), int(1, 0, 1), int(1))),
  ),
  'a negative RSA modulus': seq(seq(oidDer('1.2.840.113549.1.1.1'), nul), bits(seq(int(0x85), int(1, 0, 1)))),
};

for (const [name, spki] of Object.entries(malformed)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => read(spki),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}

test('a point that is not on its curve is refused when the key is made', () => {
  const offCurve = new Uint8Array(65).fill(1);
  offCurve[0] = 4;
  const spki = seq(seq(ecAlgorithm, p256), bits(offCurve));
  assert.throws(
    () => publicKeyOfSpki(spki, 'test'),
    (error) => isAppError(error, 'INVALID_INPUT'),
  );
});

test('a compressed point would be the same key, which is why it is refused', () => {
  const { publicKey } = ecKey();
  const same = createPublicKey({ key: Buffer.from(compressed(publicKey)), format: 'der', type: 'spki' });
  assert.equal(same.export({ format: 'jwk' }).x, publicKey.export({ format: 'jwk' }).x);
  assert.notEqual(read(compressed(publicKey)).spkiFingerprint, spkiFingerprint(publicKey));
});
