import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import type { KeyAlgorithm } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { bits, int, octets, oidDer, seq, tlv, utf8 } from '../testing/der-writer.ts';
import { nameDer } from '../testing/hostile-csr.ts';
import { type CertificateFacts, parseCertificate } from './certificate-facts.ts';
import { oid } from './oids.ts';
import { encodePem } from './pem.ts';
import { isPrivateKeyOf } from './private-key-of.ts';

const make = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const makers: Readonly<Record<string, () => { privateKey: KeyObject; publicKey: KeyObject }>> = {
  'ecdsa-p256': () => make('P-256'),
  'ecdsa-p384': () => make('P-384'),
  'ecdsa-p521': () => make('P-521'),
  'rsa-2048': () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const pemOf = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }).toString();

/** Its signature is none: nothing here looks at it. */
function certificateOf({ publicKey }: { readonly publicKey: KeyObject }): CertificateFacts {
  const algorithm = seq(oidDer(oid.ecdsaWithSha256));
  const name = nameDer([oid.commonName, utf8('n1')]);
  const time = tlv(0x17, Buffer.from('260101120000Z'));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const toBeSigned = seq(tlv(0xa0, int(2)), int(1), algorithm, name, seq(time, time), name, spki);
  return parseCertificate(seq(toBeSigned, algorithm, bits(Buffer.alloc(70, 1))));
}

for (const [algorithm, makeKey] of Object.entries(makers)) {
  test(`${algorithm}: a certificate has its own key and no other, in every format`, () => {
    const [own, other] = [makeKey(), makeKey()];
    const certificate = certificateOf(own);
    assert.equal(certificate.keyAlgorithm, algorithm === 'ecdsa-p521' ? undefined : (algorithm as KeyAlgorithm));
    const older = algorithm.startsWith('rsa') ? 'pkcs1' : 'sec1';
    for (const type of ['pkcs8', older] as const) {
      assert.equal(isPrivateKeyOf(pemOf(own.privateKey, type), certificate), true, type);
      assert.equal(isPrivateKeyOf(pemOf(other.privateKey, type), certificate), false, type);
    }
  });
}

test('a key of another kind is another key', () => {
  const certificate = certificateOf(make('P-256'));
  for (const makeKey of Object.values(makers)) {
    assert.equal(isPrivateKeyOf(pemOf(makeKey().privateKey), certificate), false);
  }
});

describe('the public key that stands beside the secret', () => {
  const [own, other] = [make('P-256'), make('P-256')];
  const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' });
  const secretOf = (key: KeyObject) => Buffer.from(jwkOf(key).d ?? '', 'base64url');
  const pointOf = (key: KeyObject) =>
    Buffer.concat([Buffer.of(4), ...[jwkOf(key).x, jwkOf(key).y].map((text) => Buffer.from(text ?? '', 'base64url'))]);
  const keyFile = (secret: Uint8Array, ...beside: readonly Uint8Array[]) =>
    encodePem(
      'PRIVATE KEY',
      seq(int(0), seq(oidDer(oid.ecPublicKey), oidDer(oid.p256)), octets(seq(int(1), octets(secret), ...beside))),
    );
  const written = (key: KeyObject) => tlv(0xa1, bits(pointOf(key)));

  test('proves nothing: that of the certificate beside another secret is another key', () => {
    const certificate = certificateOf(own);
    const forged = keyFile(secretOf(other.privateKey), written(own.publicKey));
    assert.ok(new X509Certificate(certificate.der).checkPrivateKey(createPrivateKey(forged)), 'OpenSSL believes it');
    assert.equal(isPrivateKeyOf(forged, certificate), false);
  });

  test('makes no key of a number that is none', () => {
    const certificate = certificateOf(own);
    for (const octet of [0, 0xff]) {
      assert.equal(isPrivateKeyOf(keyFile(Buffer.alloc(32, octet), written(own.publicKey)), certificate), false);
    }
  });

  test('must be the right one all the same, for others believe it; or absent', () => {
    const certificate = certificateOf(own);
    const secret = secretOf(own.privateKey);
    assert.equal(isPrivateKeyOf(keyFile(secret, written(own.publicKey)), certificate), true);
    assert.equal(isPrivateKeyOf(keyFile(secret), certificate), true);
    assert.equal(isPrivateKeyOf(keyFile(secret, written(other.publicKey)), certificate), false);
  });
});

const good = make('P-256');
const pem = pemOf(good.privateKey);
const noKeys: Readonly<Record<string, string>> = {
  'an empty file': '',
  'half a file': pem.slice(0, pem.length / 2),
  'a public key': good.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  'an encrypted key': good.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString(),
};

for (const [name, text] of Object.entries(noKeys)) {
  test(`${name} is no private key, and the error quotes nothing of it`, () => {
    const certificate = certificateOf(good);
    assert.throws(
      () => isPrivateKeyOf(text, certificate),
      (error) =>
        isAppError(error, 'DAMAGED') &&
        error.message === 'read private key: not an unencrypted private key in PEM' &&
        !error.cause,
    );
  });
}
