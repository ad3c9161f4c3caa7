import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { hostIdentitySubject, parseNodeDocument } from '@easycerts/cluster';
import type { EnrolRequest } from '@easycerts/contracts';
import { AppError, type DenyReason, isAppError } from '@easycerts/core';
import { createCsr, generateKeyPair, parseBundle, parseCertificate, verifyCertificate } from '@easycerts/pki';
import type { CallContext, OpenCallContext } from '@easycerts/runtime';
import { enrolRequest, hostCsr, tokenRequest } from '../../../test/enrolling.ts';
import { callOf, testEnvironment } from '../../../test/environment.ts';
import { config, master, node, requestFor } from '../../../test/fixture.ts';
import { createSign } from '../sign.ts';
import { createTokenHandlers } from '../tokens/token-handlers.ts';
import { confirmingFirstUse } from './confirm-first-use.ts';
import { createEnrol } from './enrol.ts';

type Ca = Awaited<ReturnType<typeof testEnvironment>>;

const isDenied = (reason: DenyReason) => (error: unknown) => isAppError(error) && error.details.reason === reason;
const from = (peer: string, signal: AbortSignal = new AbortController().signal): OpenCallContext => ({ peer, signal });
const fromN9 = from('192.0.2.19:40000');
/** The configuration of a cluster of several machines. */
const several = { ...config, masterAddress: 'api.kube.example' };

async function setUp() {
  const ca = await testEnvironment({ source: { load: async () => ({ config: several, ownHost: master }) } });
  const tokens = createTokenHandlers(ca.environment, 7445);
  const makeToken = async (part: Partial<typeof tokenRequest> = {}): Promise<string> =>
    (await tokens.createToken({ ...tokenRequest, ...part }, callOf(master))).token;
  return { ca, tokens, makeToken, enrol: createEnrol(ca.environment) };
}

const enrolmentOf = (ca: Ca, host: string) => ca.register.find(host)?.enrolment;
/** n9 with the identity that it enrolled for. */
const asN9 = (serial: string): CallContext => {
  const call = callOf({ ...node, name: 'n9' });
  return { ...call, caller: { ...call.caller, serial } };
};

test('a machine with a token becomes a host: identity, record, what it has to know, events in order', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken({ note: 'rack 4' }), 'n9', ca.clock.now());
  const answer = await enrol(request, fromN9);
  const certificate = parseCertificate(answer.certificateDer);
  const bundle = parseBundle(answer.trustBundlePem);
  assert.equal(verifyCertificate({ certificate, bundle, usage: 'client auth', at: ca.clock.now() }), undefined);
  assert.equal(certificate.subjectText, 'CN=n9,O=easycerts:nodes');
  assert.equal(certificate.serial, answer.serial);
  const record = { name: 'n9', roles: ['node'], addresses: ['192.0.2.19'] };
  assert.deepEqual(ca.register.find('n9')?.record, record);
  assert.equal(enrolmentOf(ca, 'n9')?.serial, answer.serial);
  assert.equal(enrolmentOf(ca, 'n9')?.isConfirmed, false);
  const document = parseNodeDocument(answer.nodeDocument, 'n9');
  assert.deepEqual(document.host, record);
  assert.match(document.cluster, /masterAddress: api\.kube\.example/);
  assert.deepEqual(
    ca.events.events.map(({ type }) => type),
    ['token.created', 'token.used', 'certificate.issued', 'host.joined'].map((type) => `easycerts.${type}`),
  );
  const [joined] = ca.events.ofType('host.joined');
  assert.deepEqual(joined?.data.addresses, ['192.0.2.19']);
  assert.equal(joined?.data.serial, answer.serial);
  assert.equal(ca.events.ofType('token.used')[0]?.data.usesLeft, 0);
  assert.ok((await ca.ledger.find(answer.serial)) !== undefined);
  await ca.close();
});

test('neither the secret nor its hash is in any event, nor the secret in the bucket', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken(), 'n9', ca.clock.now());
  await enrol(request, fromN9);
  await assert.rejects(enrol({ ...request, requestId: randomUUID() }, fromN9));
  const stored = (await (await ca.bus.bucket('tokens')).entries()).map(({ value }) => Buffer.from(value).toString());
  const told = JSON.stringify(ca.events.events);
  for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
    const secret = Buffer.from(request.tokenSecret).toString(encoding);
    assert.ok(!told.includes(secret));
    assert.ok(stored.every((text) => !text.includes(secret)));
  }
  const hash = ca.tokens.find(request.tokenId)?.secretHash ?? assert.fail();
  assert.ok(!told.includes(hash));
  await ca.close();
});

test('the same request again gives the same certificate, and nothing twice', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken(), 'n9', ca.clock.now());
  const first = await enrol(request, fromN9);
  ca.clock.advance(60_000);
  // From another address, later: DHCP has given it another lease.
  const again = await enrol({ ...request, requestedAtMs: ca.clock.now().getTime() }, from('192.0.2.77:1'));
  assert.deepEqual(again, first);
  assert.equal(ca.ledger.size, 1);
  assert.equal(ca.tokens.find(request.tokenId)?.usedBy.length, 1);
  assert.deepEqual(ca.events.ofType('token.refused'), []);
  const ids = new Set(ca.events.events.map(({ id }) => id));
  assert.equal(ids.size, 4, 'what is told again is the same fact');
  await ca.close();
});

test('once the host has used its identity, the same request gives it to nobody', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken(), 'n9', ca.clock.now());
  const { serial } = await enrol(request, fromN9);
  const handlers = confirmingFirstUse(ca.environment, { sign: createSign(ca.environment) });
  const record = ca.register.find('n9')?.record ?? assert.fail();
  await handlers.sign(await requestFor(record, 'kubelet'), asN9(serial));
  assert.equal(enrolmentOf(ca, 'n9')?.isConfirmed, true);
  await assert.rejects(enrol(request, fromN9), isDenied('replayed'));
  assert.equal(ca.events.ofType('token.refused')[0]?.data.reason, 'replayed');
  await ca.close();
});

test('a call with another certificate of that name confirms nothing', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken(), 'n9', ca.clock.now());
  const first = await enrol(request, fromN9);
  const handlers = confirmingFirstUse(ca.environment, { sign: createSign(ca.environment) });
  const record = ca.register.find('n9')?.record ?? assert.fail();
  await handlers.sign(await requestFor(record, 'kubelet'), asN9('abc'));
  assert.equal(enrolmentOf(ca, 'n9')?.isConfirmed, false);
  assert.deepEqual(await enrol(request, fromN9), first);
  await ca.close();
});

test('a host that has left does not come back with its old request', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken(), 'n9', ca.clock.now());
  await enrol(request, fromN9);
  await ca.bucket.delete('n9.record');
  await assert.rejects(enrol(request, fromN9), isDenied('replayed'));
  assert.equal(ca.register.find('n9'), undefined);
  await ca.close();
});

type Attack = (given: EnrolRequest, ca: Ca) => EnrolRequest | Promise<EnrolRequest>;

const attacks: readonly [string, DenyReason, Attack, Partial<typeof tokenRequest>?][] = [
  ['an id that no token has', 'token-unknown', (given) => ({ ...given, tokenId: '000000000000' })],
  ['a wrong secret', 'token-unknown', (given) => ({ ...given, tokenSecret: new Uint8Array(32) })],
  ['half a secret', 'malformed', (given) => ({ ...given, tokenSecret: given.tokenSecret.subarray(0, 16) })],
  ['a name with a dot', 'malformed', (given) => ({ ...given, host: 'n9.example' })],
  ['a wildcard as name', 'malformed', (given) => ({ ...given, host: '*' })],
  ['a role that is none', 'malformed', (given) => ({ ...given, role: 'admin' })],
  ['a request id that is none', 'malformed', (given) => ({ ...given, requestId: '1' })],
  ['a request of an hour ago', 'stale', (given) => ({ ...given, requestedAtMs: given.requestedAtMs - 3_600_000 })],
  ['a CSR of 17 KiB', 'too-large', (given) => ({ ...given, csrDer: new Uint8Array(17 * 1024) })],
  ['no CSR', 'malformed', (given) => ({ ...given, csrDer: new Uint8Array() })],
  ['the role master', 'token-role', (given) => ({ ...given, role: 'master' })],
  ['a name that the token is not for', 'token-name', (given) => ({ ...given, host: 'n8' }), { host: 'n9' }],
  ['the name of a node', 'name-taken', async (given) => ({ ...given, host: 'n1', csrDer: await hostCsr('n1') })],
  ["the master's name", 'name-taken', async (given) => ({ ...given, host: 'm1', csrDer: await hostCsr('m1') })],
  ["a master's subject", 'subject', async (given) => ({ ...given, csrDer: await hostCsr('n9', 'master') })],
  ["another host's subject", 'subject', async (given) => ({ ...given, csrDer: await hostCsr('n1') })],
  [
    'a token that was revoked',
    'token-revoked',
    async (given, ca) => {
      const { revokeToken } = createTokenHandlers(ca.environment, 1);
      await revokeToken({ id: given.tokenId }, callOf(master));
      return given;
    },
  ],
  [
    'a token that has expired',
    'token-expired',
    (given, ca) => {
      ca.clock.advance(3_600_000);
      return { ...given, requestedAtMs: ca.clock.now().getTime() };
    },
  ],
  [
    'a token that another host has used',
    'token-used',
    async (given, ca) => {
      const other = { ...given, host: 'n7', csrDer: await hostCsr('n7'), requestId: randomUUID() };
      await createEnrol(ca.environment)(other, fromN9);
      return given;
    },
  ],
];

for (const [name, reason, attack, token] of attacks) {
  test(`${name}: refused as ${reason}, told, nothing issued, nothing used`, async () => {
    const { ca, makeToken, enrol } = await setUp();
    const good = await enrolRequest(await makeToken(token), 'n9', ca.clock.now());
    const request = await attack(good, ca);
    const [size, uses] = [ca.ledger.size, ca.tokens.find(good.tokenId)?.usedBy.length];
    await assert.rejects(enrol(request, fromN9), isDenied(reason));
    const told = ca.events.ofType('token.refused');
    assert.deepEqual(
      told.map(({ data }) => [data.reason, data.peer]),
      [[reason, fromN9.peer]],
    );
    assert.equal(ca.ledger.size, size);
    assert.equal(ca.tokens.find(good.tokenId)?.usedBy.length, uses);
    assert.equal(ca.register.find('n9'), undefined);
    assert.match(await ca.metrics.registry.metrics(), new RegExp(`calls_refused_total\\{reason="${reason}"\\} 1`));
    await ca.close();
  });
}

test('an unknown token and a wrong secret are answered alike', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const good = await enrolRequest(await makeToken(), 'n9', ca.clock.now());
  const errorOf = (part: Partial<EnrolRequest>) => enrol({ ...good, ...part }, fromN9).catch((error: unknown) => error);
  const unknown = await errorOf({ tokenId: '000000000000' });
  const wrong = await errorOf({ tokenSecret: new Uint8Array(32) });
  assert.ok(isAppError(unknown) && isAppError(wrong));
  assert.deepEqual([unknown.code, unknown.message, unknown.details], [wrong.code, wrong.message, wrong.details]);
  await ca.close();
});

test('a machine that was set up anew takes its name over with a token for it, a master never', async () => {
  const { ca, makeToken, enrol, tokens } = await setUp();
  const request = await enrolRequest(await makeToken({ host: 'n1' }), 'n1', ca.clock.now());
  const { serial } = await enrol(request, from('192.0.2.99:1'));
  assert.deepEqual(ca.register.find('n1')?.record.addresses, ['192.0.2.99']);
  assert.equal(enrolmentOf(ca, 'n1')?.serial, serial);
  await assert.rejects(tokens.createToken({ ...tokenRequest, host: 'm1' }, callOf(master)), /m1 is a master/);
  await ca.close();
});

test('a revoked host stays out, whatever its token says', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken({ host: 'n1' }), 'n1', ca.clock.now());
  await ca.putHost(node, true);
  await assert.rejects(enrol(request, fromN9), isDenied('host-revoked'));
  assert.equal(ca.ledger.size, 0);
  await ca.close();
});

test('addresses are those that the CA sees and that the token names; loopback is none, and the master’s are nobody else’s', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const addresses = ['10.9.0.9', '2001:DB8::9'];
  const named = await enrolRequest(await makeToken({ addresses }), 'n9', ca.clock.now());
  await enrol(named, from('::ffff:192.0.2.19:40000'));
  assert.deepEqual(ca.register.find('n9')?.record.addresses, ['192.0.2.19', '10.9.0.9', '2001:db8::9']);
  const local = await enrolRequest(await makeToken(), 'n8', ca.clock.now());
  await assert.rejects(enrol(local, from('127.0.0.1:40000')), isDenied('not-permitted'));
  await enrol(local, from(`${master.addresses[0]}:40000`));
  assert.deepEqual(ca.register.find('n8')?.record.addresses, []);
  await ca.close();
});

test('hosts that come at once with one token: as many as it has uses, each its own', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const line = await makeToken({ uses: 5 });
  const requests = await Promise.all(Array.from({ length: 12 }, (_, i) => enrolRequest(line, `b${i}`, ca.clock.now())));
  const results = await Promise.allSettled(requests.map((request) => enrol(request, fromN9)));
  const granted = results.filter(({ status }) => status === 'fulfilled');
  assert.equal(granted.length, 5);
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason.details.reason : 'granted'));
  assert.equal(reasons.filter((reason) => reason === 'token-used').length, 7);
  assert.equal(ca.ledger.size, 5);
  await ca.close();
});

test('one request that comes ten times at once: one use, one certificate, ten answers', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken({ uses: 3 }), 'n9', ca.clock.now());
  const answers = await Promise.all(Array.from({ length: 10 }, () => enrol(request, fromN9)));
  assert.equal(new Set(answers.map(({ serial }) => serial)).size, 1);
  assert.equal(ca.ledger.size, 1);
  assert.equal(ca.tokens.find(request.tokenId)?.usedBy.length, 1);
  await ca.close();
});

test('two machines that want one name at once: one gets it, with two tokens too', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const shared = await makeToken({ uses: 2 });
  const twins = [await enrolRequest(shared, 'n9', ca.clock.now()), await enrolRequest(shared, 'n9', ca.clock.now())];
  const others = [
    await enrolRequest(await makeToken(), 'n8', ca.clock.now()),
    await enrolRequest(await makeToken(), 'n8', ca.clock.now()),
  ];
  for (const pair of [twins, others]) {
    const results = await Promise.allSettled(pair.map((request) => enrol(request, fromN9)));
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }
  assert.deepEqual(
    ca.events.ofType('token.refused').map(({ data }) => data.reason),
    ['name-taken', 'name-taken'],
  );
  assert.equal(ca.ledger.size, 2);
  await ca.close();
});

test('guesses are throttled by their source, also at once; the throttle does not hit others, nor success', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const line = await makeToken({ uses: 200 });
  const good = await enrolRequest(line, 'n9', ca.clock.now());
  const guess = { ...good, tokenSecret: new Uint8Array(32) };
  const results = await Promise.allSettled(Array.from({ length: 100 }, () => enrol(guess, from('203.0.113.5:1'))));
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason.details.reason : 'granted'));
  assert.equal(reasons.filter((reason) => reason === 'token-unknown').length, 30);
  assert.equal(reasons.filter((reason) => reason === 'rate-limited').length, 70);
  assert.equal(ca.events.ofType('token.refused').filter(({ data }) => data.reason === 'rate-limited').length, 1);
  // Also with the right secret: what has guessed that often is not believed.
  await assert.rejects(enrol(good, from('203.0.113.5:2')), isDenied('rate-limited'));
  await enrol(good, fromN9);
  const many = await Promise.all(Array.from({ length: 100 }, (_, i) => enrolRequest(line, `b${i}`, ca.clock.now())));
  await Promise.all(many.map((request) => enrol(request, fromN9)));
  ca.clock.advance(10_000);
  const late = await enrolRequest(line, 'n8', ca.clock.now());
  await enrol(late, from('203.0.113.5:3'));
  await ca.close();
});

test('a caller who has gone before the token is used costs nothing', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const request = await enrolRequest(await makeToken(), 'n9', ca.clock.now());
  const gone = AbortSignal.abort(new AppError('CANCELLED', 'gone'));
  await assert.rejects(enrol(request, from('192.0.2.19:1', gone)), (error) => isAppError(error, 'CANCELLED'));
  assert.equal(ca.tokens.find(request.tokenId)?.usedBy.length, 0);
  await enrol(request, fromN9);
  await ca.close();
});

test('a key of another kind than the list wants: the answer says which, and it is no guess that counts', async () => {
  const { ca, makeToken, enrol } = await setUp();
  const token = await makeToken();
  const keyPair = await generateKeyPair('ecdsa-p384');
  const subject = hostIdentitySubject('n9', ['node']);
  const csrDer = await createCsr({ keyPair, subject, alternativeNames: { dns: [], ip: [] } });
  for (let count = 0; count < 50; count += 1) {
    const request = { ...(await enrolRequest(token, 'n9', ca.clock.now())), csrDer };
    await assert.rejects(
      enrol(request, fromN9),
      (error) => isDenied('weak-key')(error) && isAppError(error) && error.details.keyAlgorithm === 'ecdsa-p256',
    );
  }
  const { serial } = await enrol(await enrolRequest(token, 'n9', ca.clock.now()), fromN9);
  assert.equal(enrolmentOf(ca, 'n9')?.serial, serial);
  await ca.close();
});
