import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import test from 'node:test';
import { isAppError } from '@easycerts/core';
import { createAccount, createServer, createUser, fromPublic } from '@nats-io/nkeys';
import type { JwtIssuer } from './fast-jwt.ts';
import { encodeJwt, verifyJwt } from './fast-jwt.ts';
import { privateKeyOfSeed } from './nkey-codec.ts';

const now = new Date('2020-01-01T12:00:00Z');
const iat = now.getTime() / 1_000;

function issuerOf(keyPair: ReturnType<typeof createAccount>, role: 'account' | 'server' | 'user'): JwtIssuer {
  const seed = Buffer.from(keyPair.getSeed()).toString();
  return { publicKey: keyPair.getPublicKey(), privateKey: privateKeyOfSeed(role, seed) };
}

const account = issuerOf(createAccount(), 'account');
const server = issuerOf(createServer(), 'server');
const claims = { sub: 'U1', aud: 'CORE', name: 'nodes/n1', iat, exp: iat + 60, nats: { type: 'user', version: 2 } };
const token = encodeJwt(claims, account);
const parts = token.split('.') as [string, string, string];

function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token with these parts that the account has truly signed. */
function signed(header: unknown, body: unknown): string {
  const text = `${part(header)}.${part(body)}`;
  return `${text}.${sign(null, Buffer.from(text), account.privateKey).toString('base64url')}`;
}

const header = { typ: 'JWT', alg: 'ed25519-nkey' };
const body = { ...claims, iss: account.publicKey };

test('a token goes there and back, with issuer and number filled in', () => {
  const read = verifyJwt(token, 'account', now);
  assert.equal(read.iss, account.publicKey);
  assert.match(read.jti ?? '', /^[A-Z2-7]{52}$/);
  const { iss, jti, ...rest } = read;
  assert.deepEqual(rest, claims);
});

test('the official library accepts the signature, over header and claims as nats-server reads them', () => {
  const [head, claimsPart, signature] = parts;
  assert.deepEqual(JSON.parse(Buffer.from(head, 'base64url').toString()), header);
  const valid = fromPublic(account.publicKey).verify(
    Buffer.from(`${head}.${claimsPart}`),
    Buffer.from(signature, 'base64url'),
  );
  assert.equal(valid, true);
});

test('a token without an end is accepted at any time', () => {
  const { exp, ...endless } = claims;
  assert.equal(verifyJwt(encodeJwt(endless, account), 'account', new Date('2120-01-01')).sub, 'U1');
});

const other = issuerOf(createAccount(), 'account');
const refused: Readonly<Record<string, string>> = {
  'an empty text': '',
  'one part': parts[0],
  'two parts': `${parts[0]}.${parts[1]}`,
  'four parts': `${token}.${parts[2]}`,
  'no signature': `${parts[0]}.${parts[1]}.`,
  'a signature of other bytes': `${parts[0]}.${parts[1]}.${'A'.repeat(86)}`,
  'a signature with something behind it': `${token}AAAA`,
  'the claims of another token': `${parts[0]}.${part({ ...body, sub: 'U2' })}.${parts[2]}`,
  'an issuer that did not sign': `${parts[0]}.${part({ ...body, iss: other.publicKey })}.${parts[2]}`,
  'algorithm none': `${part({ typ: 'JWT', alg: 'none' })}.${parts[1]}.`,
  'algorithm none, signed': signed({ typ: 'JWT', alg: 'none' }, body),
  'another algorithm': signed({ typ: 'JWT', alg: 'HS256' }, body),
  'another type': signed({ typ: 'JWE', alg: 'ed25519-nkey' }, body),
  'a header that is a list': signed([], body),
  'claims that are no JSON': signed(header, '{'),
  'claims that are null': signed(header, 'null'),
  'claims without issuer': signed(header, { ...body, iss: undefined }),
  'claims without subject': signed(header, { ...body, sub: undefined }),
  'claims without time': signed(header, { ...body, iat: undefined }),
  'claims without nats': signed(header, { ...body, nats: undefined }),
  'claims with nats null': signed(header, { ...body, nats: null }),
  'an end that is a text': signed(header, { ...body, exp: '9999999999' }),
  'an end that is now': signed(header, { ...body, exp: iat }),
  'an end in the past': signed(header, { ...body, exp: iat - 1 }),
  'a huge text': `${parts[0]}.${'A'.repeat(300_000)}.${parts[2]}`,
};
for (const [name, text] of Object.entries(refused)) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => verifyJwt(text, 'account', now),
      (error) => isAppError(error, 'UNAUTHENTICATED'),
    );
  });
}

test('refuses an issuer of another role, even with a good signature', () => {
  for (const [issuer, role] of [
    [account, 'server'],
    [server, 'account'],
    [issuerOf(createUser(), 'user'), 'server'],
  ] as const) {
    assert.throws(
      () => verifyJwt(encodeJwt(claims, issuer), role, now),
      (error) => isAppError(error, 'UNAUTHENTICATED'),
    );
  }
});

test('every single changed letter is noticed', () => {
  for (let at = 0; at < token.length; at += 7) {
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    // The last letter of a signature carries unused bits.
    if (changed === token || at === token.length - 1) continue;
    assert.throws(() => verifyJwt(changed, 'account', now), `letter ${at}`);
  }
});
