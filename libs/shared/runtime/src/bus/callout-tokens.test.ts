import assert from 'node:assert/strict';
import test from 'node:test';
import { isAppError } from '@easycerts/core';
import { createAccount, createServer, createUser } from '@nats-io/nkeys';
import type { CalloutRequest } from './callout-tokens.ts';
import { allowToken, denyToken, parseCalloutRequest } from './callout-tokens.ts';
import type { JwtIssuer } from './fast-jwt.ts';
import { encodeJwt, verifyJwt } from './fast-jwt.ts';
import { privateKeyOfSeed } from './nkey-codec.ts';
import { accessOf } from './permissions.ts';

const now = new Date('2020-01-01T12:00:00Z');
const iat = now.getTime() / 1_000;
const serverKey = createServer();
const server: JwtIssuer = {
  publicKey: serverKey.getPublicKey(),
  privateKey: privateKeyOfSeed('server', Buffer.from(serverKey.getSeed()).toString()),
};
const accountKey = createAccount();
const issuer: JwtIssuer = {
  publicKey: accountKey.getPublicKey(),
  privateKey: privateKeyOfSeed('account', Buffer.from(accountKey.getSeed()).toString()),
};
const userKey = createUser().getPublicKey();
const context = { issuer, now };

const nats = {
  type: 'authorization_request',
  version: 2,
  server_id: { id: server.publicKey, name: 'm1' },
  user_nkey: userKey,
  client_info: { host: '10.0.0.5', kind: 'Client', type: 'nats', id: 9 },
  connect_opts: { name: 'x' },
  client_tls: { verified_chains: [['leaf', 'ca']] },
};
const claims = { aud: 'nats-authorization-request', sub: issuer.publicKey, iat, exp: iat + 3, nats };

function question(changes: Partial<typeof claims> = {}, natsChanges: Record<string, unknown> = {}): string {
  return encodeJwt({ ...claims, ...changes, nats: { ...nats, ...changes.nats, ...natsChanges } }, server);
}

test('the question of nats-server is read', () => {
  assert.deepEqual(parseCalloutRequest(question(), issuer.publicKey, now), {
    serverId: server.publicKey,
    userKey,
    peer: '10.0.0.5',
    certificatePem: 'leaf',
  });
});

test('a question without certificate is read as one, whatever form that takes', () => {
  for (const client_tls of [undefined, {}, { verified_chains: [] }, { verified_chains: [[]] }]) {
    assert.equal(parseCalloutRequest(question({}, { client_tls }), issuer.publicKey, now).certificatePem, undefined);
  }
});

test('clocks of masters may differ by a minute', () => {
  assert.doesNotThrow(() => parseCalloutRequest(question(), issuer.publicKey, new Date(now.getTime() + 60_000)));
});

const refused: Readonly<Record<string, string>> = {
  'another audience': question({ aud: 'CORE' }),
  'another issuer than ours': question({ sub: createAccount().getPublicKey() }),
  'another server than the one that signed': question({}, { server_id: { id: createServer().getPublicKey() } }),
  'another type of token': question({}, { type: 'user' }),
  'a leaf node': question({}, { client_info: { host: 'x', kind: 'Leafnode', type: 'nats' } }),
  'a websocket': question({}, { client_info: { host: 'x', kind: 'Client', type: 'websocket' } }),
  'no user key': question({}, { user_nkey: undefined }),
  'a user key that is an account': question({}, { user_nkey: issuer.publicKey }),
  'a user key that is none': question({}, { user_nkey: 'U1' }),
  'certificates that are no texts': question({}, { client_tls: { verified_chains: [[1]] } }),
  'one that ended long ago': question({ exp: iat - 61 }),
  'one signed by an account': encodeJwt(claims, issuer),
  'no token': 'x',
};
for (const [name, token] of Object.entries(refused)) {
  test(`leaves unanswered: ${name}`, () => {
    assert.throws(
      () => parseCalloutRequest(token, issuer.publicKey, now),
      (error) => isAppError(error, 'UNAUTHENTICATED') || isAppError(error, 'INVALID_INPUT'),
    );
  });
}

const request: CalloutRequest = { serverId: server.publicKey, userKey, peer: '10.0.0.5', certificatePem: 'leaf' };
const until = new Date('2020-01-01T13:00:00.900Z');

test('the answer is for this server and this connection only', () => {
  for (const token of [
    denyToken(request, 'no', context),
    allowToken(request, { access: accessOf({ kind: 'node', id: 'n1' }), until }, context),
  ]) {
    const { iss, aud, sub, nats: content } = verifyJwt(token, 'account', now);
    assert.deepEqual([iss, aud, sub], [issuer.publicKey, server.publicKey, userKey]);
    assert.equal(content.type, 'authorization_response');
  }
});

test('a refusal carries no user', () => {
  const { nats: content } = verifyJwt(denyToken(request, 'revoked', context), 'account', now);
  assert.deepEqual(content, { type: 'authorization_response', version: 2, error: 'revoked' });
});

test('the user token says exactly what the access says, and ends with it', () => {
  const access = accessOf({ kind: 'node', id: 'n1' });
  const answer = verifyJwt(allowToken(request, { access, until }, context), 'account', now);
  const user = verifyJwt(String(answer.nats.jwt), 'account', now);
  assert.deepEqual([user.sub, user.aud, user.name], [userKey, 'NODES', 'nodes/n1']);
  assert.equal(user.exp, new Date('2020-01-01T13:00:00Z').getTime() / 1_000);
  assert.deepEqual(user.nats.pub, access.publish);
  assert.deepEqual(user.nats.sub, access.subscribe);
  assert.equal('resp' in user.nats, false);
  assert.equal(user.nats.issuer_account, undefined);
});

test('an empty allow-list never leaves the process', () => {
  const access = accessOf({ kind: 'node', id: 'n1' });
  const empty = { allow: [] as unknown as [string], deny: [] };
  for (const broken of [
    { ...access, publish: empty },
    { ...access, subscribe: empty },
  ]) {
    assert.throws(
      () => allowToken(request, { access: broken, until }, context),
      (error) => isAppError(error, 'INTERNAL'),
    );
  }
});
