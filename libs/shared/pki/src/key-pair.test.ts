import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { ecKey, rsaKey } from '../testing/hostile-csr.ts';
import { generateKeyPair, keyMatches, parsePrivateKeyPem, privateKeyToPem } from './key-pair.ts';
import { spkiFingerprint } from './public-key.ts';

test('a key is made, written as PKCS #8 and read back', async () => {
  for (const algorithm of ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048'] as const) {
    const keyPair = await generateKeyPair(algorithm);
    const pem = privateKeyToPem(keyPair.privateKey);
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
    const read = parsePrivateKeyPem(pem);
    assert.equal(read.algorithm, algorithm);
    assert.ok(read.privateKey.equals(keyPair.privateKey));
    assert.ok(read.publicKey.equals(keyPair.publicKey));
  }
});

test('the older formats of OpenSSL are read too', () => {
  const ec = ecKey().privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const rsa = rsaKey(2048).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  assert.equal(parsePrivateKeyPem(ec).algorithm, 'ecdsa-p256');
  assert.equal(parsePrivateKeyPem(rsa).algorithm, 'rsa-2048');
});

test('two keys are never the same, and a certificate matches only its own', async () => {
  const [one, other] = [await generateKeyPair('ecdsa-p256'), await generateKeyPair('ecdsa-p256')];
  const certificate = { spkiFingerprint: spkiFingerprint(one.publicKey) };
  assert.equal(keyMatches(certificate, one), true);
  assert.equal(keyMatches(certificate, other), false);
});

const pkcs8 = (key: ReturnType<typeof ecKey>['privateKey']) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const good = pkcs8(ecKey().privateKey);
const damaged: Readonly<Record<string, string>> = {
  'an empty file': '',
  'half a file': good.slice(0, good.length / 2),
  'a changed character': good.replace(/\n(.{20})./, '\n$1!'),
  'a public key': ecKey().publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  'an encrypted key': ecKey()
    .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString(),
  'a weak key': pkcs8(rsaKey(1024).privateKey),
  'a curve that we do not accept': pkcs8(ecKey('secp256k1').privateKey),
  'an Ed25519 key': pkcs8(generateKeyPairSync('ed25519').privateKey),
};

for (const [name, pem] of Object.entries(damaged)) {
  test(`damaged: ${name}`, () => {
    assert.throws(
      () => parsePrivateKeyPem(pem),
      (error) => isAppError(error, 'DAMAGED'),
    );
  });
}

test('an error never quotes the key', () => {
  const secret = good.split('\n')[1] ?? '';
  try {
    parsePrivateKeyPem(good.replace('-----END', '-----END X'));
    assert.fail('read');
  } catch (error) {
    assert.ok(isAppError(error, 'DAMAGED'));
    assert.ok(!JSON.stringify([error.message, error.details, String(error.cause), error.stack]).includes(secret));
  }
});
