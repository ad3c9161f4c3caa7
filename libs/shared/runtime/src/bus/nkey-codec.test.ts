import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import test from 'node:test';
import { isAppError } from '@easycerts/core';
import { createAccount, createServer, createUser, fromPublic, fromSeed } from '@nats-io/nkeys';
import {
  encodeBase32,
  encodePublicNkey,
  encodeSeed,
  privateKeyOfSeed,
  publicKeyOfNkey,
  publicNkeyOf,
} from './nkey-codec.ts';

const makers = { user: createUser, account: createAccount, server: createServer } as const;

for (const role of ['user', 'account', 'server'] as const) {
  test(`a ${role} key of the official library is read, and signs and verifies the same`, () => {
    const official = makers[role]();
    const seed = Buffer.from(official.getSeed()).toString();
    const privateKey = privateKeyOfSeed(role, seed);
    assert.equal(publicNkeyOf(role, privateKey), official.getPublicKey());
    const message = randomBytes(40);
    const signature = sign(null, message, privateKey);
    assert.equal(fromPublic(official.getPublicKey()).verify(message, signature), true);
    assert.equal(verify(null, message, publicKeyOfNkey(role, official.getPublicKey()), official.sign(message)), true);
  });

  test(`a ${role} seed of ours is read by the official library`, () => {
    const raw = randomBytes(32);
    const seed = encodeSeed(role, raw);
    const publicKey = publicNkeyOf(role, privateKeyOfSeed(role, seed));
    assert.equal(fromSeed(Buffer.from(seed)).getPublicKey(), publicKey);
  });
}

test('a public key goes to text and back', () => {
  const privateKey = privateKeyOfSeed('user', encodeSeed('user', Buffer.alloc(32, 7)));
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  const text = encodePublicNkey('user', raw);
  assert.match(text, /^U[A-Z2-7]{55}$/);
  assert.equal(publicKeyOfNkey('user', text).equals(createPublicKey(privateKey)), true);
});

test('base32 follows RFC 4648 test vectors', () => {
  const vectors = {
    f: 'MY',
    fo: 'MZXQ',
    foo: 'MZXW6',
    foob: 'MZXW6YQ',
    fooba: 'MZXW6YTB',
    foobar: 'MZXW6YTBOI',
    '': '',
  };
  for (const [text, encoded] of Object.entries(vectors)) assert.equal(encodeBase32(Buffer.from(text)), encoded);
});

const userSeed = encodeSeed('user', Buffer.alloc(32, 1));
const userPublic = publicNkeyOf('user', privateKeyOfSeed('user', userSeed));
const accountSeed = encodeSeed('account', Buffer.alloc(32, 1));

const wrongSeeds: Readonly<Record<string, string>> = {
  empty: '',
  'a seed of another role': accountSeed,
  'a public key in the place of a seed': userPublic,
  'one letter changed': `${userSeed.slice(0, 20)}${userSeed[20] === 'A' ? 'B' : 'A'}${userSeed.slice(21)}`,
  'cut short': userSeed.slice(0, -4),
  'too long': `${userSeed}AAAA`,
  'lower case': userSeed.toLowerCase(),
  'white space inside': `${userSeed.slice(0, 10)} ${userSeed.slice(10)}`,
  'not base32': userSeed.replace(/.$/, '!'),
};
for (const [name, seed] of Object.entries(wrongSeeds)) {
  test(`refuses as seed, without quoting it: ${name}`, () => {
    assert.throws(
      () => privateKeyOfSeed('user', seed),
      (error) =>
        isAppError(error, 'INVALID_INPUT') &&
        (seed === '' || !JSON.stringify([error.message, error.details]).includes(seed)),
    );
  });
}

const wrongPublic: Readonly<Record<string, string>> = {
  empty: '',
  'a seed in the place of a public key': userSeed,
  'a public key of another role': publicNkeyOf('account', privateKeyOfSeed('account', accountSeed)),
  'one letter changed': `${userPublic.slice(0, 20)}${userPublic[20] === 'A' ? 'B' : 'A'}${userPublic.slice(21)}`,
  'cut short': userPublic.slice(0, -2),
};
for (const [name, text] of Object.entries(wrongPublic)) {
  test(`refuses as public key of a user: ${name}`, () => {
    assert.throws(
      () => publicKeyOfNkey('user', text),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}
