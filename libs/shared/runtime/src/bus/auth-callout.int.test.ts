/** Who may connect to a real nats-server, and who may not. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dayMs, secondMs } from '@easycerts/core';
import type { TestBus } from '@easycerts/testing';
import { createTestAuthority, createTestPki, silentLogger, startTestBus } from '@easycerts/testing';
import { AuthorizationError, connect } from '@nats-io/transport-node';
import { systemClock } from '../clock.ts';
import { startAuthCallout } from './auth-callout.ts';
import type { BusDecision } from './bus-decision.ts';
import { decideByCertificate } from './bus-decision.ts';
import type { BusCertificate } from './bus-identity.ts';
import { nkeyAuthenticator } from './nkey-authenticator.ts';
import { connectRaw } from './testing/raw-client.ts';

let testBus: TestBus;
/** What the next connections get; default by certificate. */
let decide: (certificate: BusCertificate) => BusDecision | Promise<BusDecision>;
const byCertificate = (certificate: BusCertificate): BusDecision => decideByCertificate(certificate, systemClock);

before(async () => {
  decide = byCertificate;
  testBus = await startTestBus({ decide: (certificate) => decide(certificate) });
});
after(() => testBus?.close());

const isRefused = (error: unknown): boolean => error instanceof AuthorizationError;

function folder(name: string): string {
  return join(testBus.server.directory, 'certificates', name);
}

test('a master is let into CORE under its name', async () => {
  const connection = await connectRaw(testBus.servers, await testBus.identity('m1', 'master'));
  const heard = new Promise((resolve) =>
    connection.subscribe('x', { callback: (_, message) => resolve(message.string()) }),
  );
  connection.publish('x', 'to myself');
  assert.equal(await heard, 'to myself');
  await connection.close();
});

test('a node is let into NODES, under its name, with its permissions and not beyond its certificate', async () => {
  const notAfter = new Date(Date.now() + 3_600 * secondMs);
  const directory = await testBus.pki.writeHostIdentity(folder('short'), 'n7', 'node', { notAfter });
  let granted: BusDecision | undefined;
  decide = (certificate) => {
    granted = byCertificate(certificate);
    return granted;
  };
  const connection = await connectRaw(testBus.servers, directory);
  decide = byCertificate;
  await connection.close();
  assert.ok(granted?.kind === 'allow');
  assert.equal(granted.access.account, 'NODES');
  assert.equal(granted.access.user, 'nodes/n7');
  assert.equal(granted.until.getTime(), Math.floor(notAfter.getTime() / 1_000) * 1_000);
});

test('what the callout learns of a certificate is what stands in it', async () => {
  const connection = await connectRaw(testBus.servers, await testBus.identity('n1', 'node'));
  await connection.close();
  const seen = testBus.certificates.at(-1);
  assert.equal(seen?.subject, 'O=easycerts:nodes, CN=n1');
  assert.deepEqual(seen?.identity, { kind: 'node', id: 'n1' });
  assert.match(seen?.serial ?? '', /^[1-9a-f][0-9a-f]*$/);
  assert.match(seen?.fingerprint ?? '', /^[0-9a-f]{64}$/);
});

const strangers: Readonly<Record<string, { commonName: string; organizations?: readonly string[] }>> = {
  'a certificate of ours that is no host identity': { commonName: 'easycerts-bus' },
  'a name without organization': { commonName: 'm1' },
  'another organization': { commonName: 'm1', organizations: ['system:masters'] },
  'two organizations': { commonName: 'm1', organizations: ['easycerts:masters', 'easycerts:nodes'] },
  'organization and name the other way round': { commonName: 'easycerts:masters', organizations: ['m1'] },
  'an organization that only begins alike': { commonName: 'm1', organizations: ['easycerts:masters2'] },
  'upper case': { commonName: 'M1', organizations: ['easycerts:masters'] },
  'a wildcard as name': { commonName: '*', organizations: ['easycerts:nodes'] },
  'the rest of all subjects as name': { commonName: '>', organizations: ['easycerts:nodes'] },
  'a name of two tokens': { commonName: 'n1.n2', organizations: ['easycerts:nodes'] },
  'a name with the subject of another inside': {
    commonName: 'n1,O=easycerts:masters',
    organizations: ['easycerts:nodes'],
  },
};
for (const [name, subject] of Object.entries(strangers)) {
  test(`is refused, and reported with its subject: ${name}`, async () => {
    const directory = await testBus.pki.writeSet(folder(name), subject);
    const before = testBus.refusals.length;
    await assert.rejects(connectRaw(testBus.servers, directory), isRefused);
    const [refusal, ...others] = testBus.refusals.slice(before);
    assert.equal(refusal?.kind, 'connection');
    assert.equal(refusal?.peer, '127.0.0.1');
    assert.ok(refusal?.user.includes(subject.commonName.split(',')[0] ?? ''));
    assert.deepEqual(others, []);
  });
}

test('names in a certificate other than its subject do not count', async () => {
  const directory = await testBus.pki.writeSet(folder('names'), {
    commonName: 'n1',
    organizations: ['easycerts:nodes'],
    alternativeNames: { dns: ['m1', 'localhost'] },
  });
  const connection = await connectRaw(testBus.servers, directory);
  await connection.close();
  assert.deepEqual(testBus.certificates.at(-1)?.identity, { kind: 'node', id: 'n1' });
});

test('no certificate, one of another CA, an expired one, one not yet valid, one for servers only: the handshake fails', async () => {
  const asMaster = { commonName: 'm1', organizations: ['easycerts:masters'] };
  const authority = await createTestAuthority('easycerts');
  const foreign = await testBus.pki.writeSet(folder('foreign'), { ...asMaster, authority });
  const expired = await testBus.pki.writeSet(folder('expired'), {
    ...asMaster,
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() - dayMs),
  });
  const early = await testBus.pki.writeSet(folder('early'), { ...asMaster, notBefore: new Date(Date.now() + dayMs) });
  const forServers = await testBus.pki.writeSet(folder('server'), { ...asMaster, usages: ['server auth'] });
  const asked = testBus.certificates.length;
  for (const directory of [foreign, expired, early, forServers]) {
    await assert.rejects(connectRaw(testBus.servers, directory), (error) => !isRefused(error));
  }
  const tls = { caFile: join(foreign, 'ca.crt'), handshakeFirst: true };
  await assert.rejects(connect({ servers: [...testBus.servers], tls, reconnect: false }));
  assert.equal(testBus.certificates.length, asked);
});

test('a server of another CA is not trusted by clients', async () => {
  const other = await createTestPki();
  const directory = await other.writeHostIdentity(folder('other'), 'm1', 'master');
  await assert.rejects(connectRaw(testBus.servers, directory), /self-signed|unable to verify|signature/i);
});

test('passwords, tokens and unknown keys do not help a stranger, nor change who somebody is', async () => {
  const stranger = await testBus.pki.writeSet(folder('stranger'), { commonName: 'easycerts-bus' });
  for (const credentials of [{ user: 'nodes/n1', pass: 'x' }, { token: 'x' }]) {
    await assert.rejects(connectRaw(testBus.servers, stranger, credentials), isRefused);
  }
  const connection = await connectRaw(testBus.servers, await testBus.identity('n1', 'node'), {
    user: 'masters/m1',
    pass: 'x',
  });
  await assert.rejects(connection.request('$JS.API.INFO', '', { timeout: 500 }));
  await connection.close();
});

test('the key of a user that the server knows lets nobody in without its seed, and nobody without a certificate', async () => {
  const identity = await testBus.identity('n1', 'node');
  const { systemUser, authUser } = testBus.server.keys;
  for (const { publicKey: nkey } of [systemUser, authUser]) {
    const authenticator = () => ({ nkey, sig: Buffer.alloc(64).toString('base64url') });
    await assert.rejects(connectRaw(testBus.servers, identity, { authenticator }), isRefused);
  }
  const tls = { caFile: join(identity, 'ca.crt'), handshakeFirst: true };
  const authenticator = nkeyAuthenticator(systemUser.seed);
  await assert.rejects(
    connect({ servers: [...testBus.servers], tls, authenticator, reconnect: false }),
    (error) => !isRefused(error),
  );
});

test('a decision that fails or is not an access refuses', async () => {
  const identity = await testBus.identity('n1', 'node');
  const failures: (typeof decide)[] = [
    () => {
      throw new Error('database away');
    },
    () => Promise.reject(new Error('database away')),
    () => ({ kind: 'deny', reason: 'revoked' }),
    () => ({ kind: 'other' }) as unknown as BusDecision,
    () => undefined as unknown as BusDecision,
    (certificate) => withoutRules(byCertificate(certificate)),
  ];
  for (const failure of failures) {
    decide = failure;
    const before = testBus.refusals.length;
    await assert.rejects(connectRaw(testBus.servers, identity), isRefused);
    assert.equal(testBus.refusals.length, before + 1);
  }
  decide = byCertificate;
  await (await connectRaw(testBus.servers, identity)).close();
});

/** An empty allow-list, which nats-server would take for "everything". */
function withoutRules(decision: BusDecision): BusDecision {
  if (decision.kind === 'deny') return decision;
  return { ...decision, access: { ...decision.access, publish: { allow: [] as unknown as [string], deny: [] } } };
}

test('a decision that hangs is a refusal in time, and does not hold up others', async () => {
  const slow = await testBus.identity('n1', 'node');
  decide = ({ identity, ...certificate }) =>
    identity?.id === 'n1' ? new Promise<BusDecision>(() => undefined) : byCertificate({ identity, ...certificate });
  const hanging = assert.rejects(connectRaw(testBus.servers, slow), isRefused);
  const begin = performance.now();
  await (await connectRaw(testBus.servers, await testBus.identity('n2', 'node'))).close();
  assert.ok(performance.now() - begin < 1_500);
  await hanging;
  decide = byCertificate;
});

test('an access that ends cuts the connection, to the second', async () => {
  const until = new Date(Date.now() + 2_000);
  decide = (certificate) => ({ ...byCertificate(certificate), until }) as BusDecision;
  const connection = await connectRaw(testBus.servers, await testBus.identity('n1', 'node'));
  decide = byCertificate;
  await connection.closed();
  assert.ok(Math.abs(Date.now() - until.getTime()) < 2_000);
});

test('while the callout is away connections live on, and new ones wait until it is back', async () => {
  const live = await connectRaw(testBus.servers, await testBus.identity('n1', 'node'), { inboxPrefix: '_INBOX_n1' });
  const bus = await testBus.connect('m1', 'master');
  await testBus.stopCallout();
  await live.flush();
  assert.equal(bus.isConnected(), true);
  await assert.rejects(connectRaw(testBus.servers, await testBus.identity('n2', 'node')), isRefused);
  await testBus.startCallout();
  await (await connectRaw(testBus.servers, await testBus.identity('n2', 'node'))).close();
  await live.close();
});

test('answers signed with another key let nobody in', async () => {
  await testBus.stopCallout();
  const { systemUser, authUser } = testBus.server.keys;
  assert.throws(() => startForged(systemUser.seed, authUser.seed), /not a seed of a account|not a seed/);
  const { seed } = (await import('./nkeys.ts')).createBusKeys().issuer;
  const forged = startForged(seed, authUser.seed);
  await forged.whenConnected(15_000);
  await assert.rejects(connectRaw(testBus.servers, await testBus.identity('m1', 'master')), isRefused);
  await forged.close();
  await testBus.startCallout();
});

function startForged(issuerSeed: string, authUserSeed: string): ReturnType<typeof startAuthCallout> {
  return startAuthCallout({
    servers: testBus.servers,
    identityDirectory: join(testBus.server.directory, 'hosts', 'master-m1'),
    authUserSeed,
    issuerSeed,
    decide: byCertificate,
    onRefused: () => undefined,
    clock: systemClock,
    logger: silentLogger(),
  });
}

test('the user of the callout is alone in an account without JetStream', async () => {
  const { authUser } = testBus.server.keys;
  const authenticator = nkeyAuthenticator(authUser.seed);
  const connection = await connectRaw(testBus.servers, await testBus.identity('m1', 'master'), { authenticator });
  const user = (await connection.request('$SYS.REQ.USER.INFO')).json<{ data: { user: string; account: string } }>();
  assert.deepEqual([user.data.user, user.data.account], [authUser.publicKey, 'AUTH']);
  const answer = (await connection.request('$JS.API.STREAM.NAMES')).json<{ error?: { err_code: number } }>();
  assert.equal(answer.error?.err_code, 10_039);
  await connection.close();
});
