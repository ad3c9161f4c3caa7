/** Someone tries to get in with a token that is not for them: over real TLS, ledger and audit trail looked at afterwards. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { filesOfSet, parseJoinToken } from '@easycerts/cluster';
import {
  CertificateAuthorityService,
  EnrolmentService,
  type EnrolRequest,
  HostsService,
  MembershipService,
  TokensService,
} from '@easycerts/contracts';
import { type DenyReason, isAppError } from '@easycerts/core';
import { generateKeyPair } from '@easycerts/pki';
import { connectGrpcService, enrolWithToken, systemClock } from '@easycerts/runtime';
import { enrolRequest, hostCsr, tokenRequest } from './enrolling.ts';
import { node, requestFor } from './fixture.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';
import { auditTrail, ledgerSize } from './traces.ts';

let site: CaSite;
let ca: StartedCa;
/** Certificates in the ledger before the attacks: those of `ca init`. */
let recorded: number;

before(async () => {
  site = await startSite();
  const generous = { burst: 10_000, perSecond: 10_000 };
  const limits = { sign: generous, read: generous, refusedEnrolments: { source: generous, all: generous } };
  ca = await site.start({ limits });
  await ca.register(node);
  recorded = await ledgerSize(site, ca);
});
after(() => site?.close());

const isDenied = (reason: DenyReason) => (error: unknown) => isAppError(error) && error.details.reason === reason;

const lineOf = async (part: Partial<typeof tokenRequest> = {}): Promise<string> =>
  (await ca.tokens.createToken({ ...tokenRequest, ...part })).token;
const good = async (part: Partial<typeof tokenRequest> = {}, host = 'x1'): Promise<EnrolRequest> =>
  enrolRequest(await lineOf(part), host);

const attacks: readonly [string, DenyReason, () => Promise<EnrolRequest>][] = [
  ['a token that never was', 'token-unknown', async () => ({ ...(await good()), tokenId: '0123456789ab' })],
  ['a wrong secret', 'token-unknown', async () => ({ ...(await good()), tokenSecret: new Uint8Array(32) })],
  [
    "another token's secret",
    'token-unknown',
    async () => ({ ...(await good()), tokenSecret: (await good()).tokenSecret }),
  ],
  ['half a secret', 'malformed', async () => ({ ...(await good()), tokenSecret: new Uint8Array(31) })],
  [
    'a used token',
    'token-used',
    async () => {
      const line = await lineOf();
      await ca.enrol(await enrolRequest(line, `u${recorded}`));
      recorded += 1;
      return enrolRequest(line, 'x1');
    },
  ],
  [
    'a revoked token',
    'token-revoked',
    async () => {
      const request = await good();
      await ca.tokens.revokeToken({ id: request.tokenId });
      return request;
    },
  ],
  ['a stolen token for another name', 'token-name', () => good({ host: 'x2' })],
  [
    "a node's token for a master",
    'token-role',
    async () => ({ ...(await good()), role: 'master', csrDer: await hostCsr('x1', 'master') }),
  ],
  ['the name of a node', 'name-taken', () => good({}, 'n1')],
  ["the master's name", 'name-taken', () => good({}, 'm1')],
  ["a master's subject", 'subject', async () => ({ ...(await good()), csrDer: await hostCsr('x1', 'master') })],
  ["another host's subject", 'subject', async () => ({ ...(await good()), csrDer: await hostCsr('n1') })],
  ['no CSR', 'malformed', async () => ({ ...(await good()), csrDer: new Uint8Array() })],
  ['a CSR of 17 KiB', 'too-large', async () => ({ ...(await good()), csrDer: new Uint8Array(17 * 1024) })],
  ['yesterday’s request', 'stale', async () => ({ ...(await good()), requestedAtMs: Date.now() - 86_400_000 })],
  [
    'a key that has a certificate',
    'replayed',
    async () => {
      const keyPair = await generateKeyPair('ecdsa-p256');
      const granted = await requestFor(node, 'host', { at: new Date(), keyPair });
      await ca.client(await site.identity('n1', 'node')).sign(granted);
      recorded += 1;
      return { ...(await good({ host: 'n1' }, 'n1')), csrDer: granted.csrDer };
    },
  ],
];

for (const [name, reason, attack] of attacks) {
  test(`${name}: refused as ${reason}, told, not recorded`, async () => {
    const request = await attack();
    const told = (await auditTrail(ca)).length;
    await assert.rejects(ca.enrol(request), isDenied(reason));
    const trail = await auditTrail(ca);
    assert.equal(trail.length, told + 1);
    const { type, data } = trail.at(-1) ?? assert.fail();
    assert.equal(type, 'easycerts.token.refused');
    assert.ok('reason' in data && 'tokenId' in data && 'peer' in data);
    assert.deepEqual([data.reason, data.tokenId], [reason, request.tokenId]);
    assert.match(data.peer, /^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1):\d+$/);
    assert.equal(await ledgerSize(site, ca), recorded);
  });
}

test('an expired token: refused as token-expired', async () => {
  const request = await good({ ttlS: 1 });
  while (Date.now() < (await expiryOf(request.tokenId))) await new Promise((resolve) => setTimeout(resolve, 20));
  await assert.rejects(ca.enrol(request), isDenied('token-expired'));
  assert.equal(await ledgerSize(site, ca), recorded);
});

async function expiryOf(id: string): Promise<number> {
  const { tokens } = await ca.tokens.listTokens({});
  return tokens.find((token) => token.id === id)?.expiresAtMs ?? assert.fail();
}

test('a replayed enrolment: refused as soon as the host has used its identity', async () => {
  const keyPair = await generateKeyPair('ecdsa-p256');
  const request = await enrolRequest(await lineOf(), 'x3', new Date(), keyPair);
  const answer = await ca.enrol(request);
  assert.deepEqual(await ca.enrol(request), answer, 'a lost answer can be had again before');
  recorded += 1;
  const identity = await site.writeIdentity('x3', answer, keyPair);
  await ca.client(identity).getTrustBundle({ authorities: [] });
  await assert.rejects(ca.enrol(request), isDenied('replayed'));
  await assert.rejects(ca.enrol({ ...request, requestId: randomUUID() }), isDenied('token-used'));
  assert.equal(await ledgerSize(site, ca), recorded);
});

test('a machine that was replaced by another one under its name: its identity is worth nothing', async () => {
  const [first, second] = [await generateKeyPair('ecdsa-p256'), await generateKeyPair('ecdsa-p256')];
  const old = await ca.enrol(await enrolRequest(await lineOf(), 'x4', new Date(), first));
  const before = await site.writeIdentity('x4-before', old, first);
  await ca.client(before).getTrustBundle({ authorities: [] });
  const anew = await ca.enrol(await enrolRequest(await lineOf({ host: 'x4' }), 'x4', new Date(), second));
  recorded += 2;
  await assert.rejects(ca.client(before).getTrustBundle({ authorities: [] }), isDenied('certificate-revoked'));
  const after = await site.writeIdentity('x4-after', anew, second);
  await ca.client(after).getTrustBundle({ authorities: [] });
});

test('a man in the middle with another CA gets nothing of the token', async () => {
  const token = parseJoinToken(await lineOf());
  const { tokenId: _, tokenSecret: __, ...request } = await enrolRequest(await lineOf(), 'x1');
  const stranger = { ...token, pin: 'ab'.repeat(32) };
  await assert.rejects(enrolWithToken(stranger, request, { clock: systemClock }), (error) =>
    isAppError(error, 'UNAUTHENTICATED'),
  );
  assert.equal(await ledgerSize(site, ca), recorded);
});

test('the line that was made is enough to find this CA and no other, and to join', async () => {
  const token = parseJoinToken(await lineOf());
  assert.equal(token.pin, site.authorities.easycerts.certificate.spkiFingerprint);
  assert.deepEqual(token.endpoints, [`localhost:${ca.ca.enrolPort}`]);
  const { tokenId: _, tokenSecret: __, ...request } = await enrolRequest(await lineOf(), 'x5');
  const answer = await enrolWithToken(token, request, { clock: systemClock });
  recorded += 1;
  assert.equal(answer.authority.fingerprint, site.authorities.easycerts.certificate.fingerprint);
});

test('without a certificate there is no call at the port of the hosts, and nothing but Enrol at that of the machines', async () => {
  const trustedCaPem = await readFile(filesOfSet(site.paths.hostIdentity).ca, 'utf8');
  const at = (port: number) => ({ endpoint: `localhost:${port}`, trustedCaPem });
  const bare = connectGrpcService(TokensService, at(ca.ca.grpcPort));
  await assert.rejects(bare.listTokens({}, { timeoutMs: 3_000 }));
  bare.close();
  const elsewhere = connectGrpcService(EnrolmentService, at(ca.ca.grpcPort));
  await assert.rejects(elsewhere.enrol(await good(), { timeoutMs: 3_000 }));
  elsewhere.close();
  const isNotThere = (error: unknown) => isAppError(error, 'FAILED_PRECONDITION');
  const signing = connectGrpcService(CertificateAuthorityService, at(ca.ca.enrolPort));
  await assert.rejects(signing.sign(await requestFor(node, 'kubelet', { at: new Date() })), isNotThere);
  signing.close();
  const tokens = connectGrpcService(TokensService, at(ca.ca.enrolPort));
  await assert.rejects(tokens.createToken(tokenRequest), isNotThere);
  tokens.close();
  const hosts = connectGrpcService(HostsService, at(ca.ca.enrolPort));
  await assert.rejects(hosts.removeHost({ name: 'n1', note: '' }), isNotThere);
  hosts.close();
  const membership = connectGrpcService(MembershipService, at(ca.ca.enrolPort));
  await assert.rejects(membership.leave({}), isNotThere);
  membership.close();
  assert.equal(await ledgerSize(site, ca), recorded);
});

test('a node neither makes nor sees nor revokes tokens', async () => {
  const { tokenId } = await good();
  const client = ca.clientOf(TokensService, await site.identity('n1', 'node'));
  const told = (await auditTrail(ca)).length;
  await assert.rejects(client.createToken(tokenRequest), isDenied('not-permitted'));
  await assert.rejects(client.listTokens({}), isDenied('not-permitted'));
  await assert.rejects(client.revokeToken({ id: tokenId }), isDenied('not-permitted'));
  const trail = (await auditTrail(ca)).slice(told);
  assert.deepEqual(
    trail.map(({ type }) => type),
    Array(3).fill('easycerts.call.refused'),
  );
});

test('who guesses is throttled, and a machine at another address is not', async () => {
  const limits = {
    sign: { burst: 10, perSecond: 1 },
    read: { burst: 10, perSecond: 1 },
    refusedEnrolments: { source: { burst: 5, perSecond: 0.001 }, all: { burst: 1_000, perSecond: 10 } },
  };
  const limited = await site.start({ limits });
  const guess = { ...(await good()), tokenSecret: new Uint8Array(32) };
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => limited.enrol(guess)));
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason.details.reason : 'granted'));
  assert.equal(reasons.filter((reason) => reason === 'token-unknown').length, 5);
  assert.equal(reasons.filter((reason) => reason === 'rate-limited').length, 45);
  await limited.close();
});
