/** Someone tries to get what is not theirs: over real TLS, with the ledger and the audit trail looked at afterwards. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { filesOfSet } from '@easycerts/cluster';
import { CertificateAuthorityService, type SignRequest } from '@easycerts/contracts';
import { type DenyReason, isAppError } from '@easycerts/core';
import { createCsr, generateKeyPair } from '@easycerts/pki';
import {
  caExtension,
  dnsName,
  ecKey,
  ipName,
  nameDer,
  printable,
  rsaKey,
  sanExtension,
  writeHostileCsr,
} from '@easycerts/pki/testing';
import { connectBus, systemClock } from '@easycerts/runtime';
import { createTestAuthority, silentLogger } from '@easycerts/testing';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { master, node, requestFor, specOf } from './fixture.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';
import { auditTrail, ledgerSize } from './traces.ts';

let site: CaSite;
let ca: StartedCa;
let identity: string;
/** Certificates in the ledger before the attacks: those of `ca init`. */
let recorded: number;

before(async () => {
  site = await startSite();
  const generous = { burst: 10_000, perSecond: 10_000 };
  ca = await site.start({ limits: { sign: generous, read: generous } });
  await ca.register(node);
  identity = await site.identity('n1', 'node');
  recorded = await ledgerSize(site, ca);
});
after(() => site?.close());

const cn = '2.5.4.3';
const o = '2.5.4.10';
const ofNode = (name: string, group = 'system:nodes') =>
  nameDer([o, printable(group)], [cn, printable(`system:node:${name}`)]);
const kubeletNames = sanExtension(dnsName('n1'), ipName(192, 0, 2, 11));
const goodParts = { subject: ofNode('n1'), extensions: [kubeletNames] };

const good = async (part: Partial<SignRequest> = {}): Promise<SignRequest> => ({
  ...(await requestFor(node, 'kubelet', { at: new Date() })),
  ...part,
});

const attacks: readonly [string, DenyReason, () => Promise<SignRequest>][] = [
  [
    "another node's identity",
    'subject',
    () => good({ csrDer: writeHostileCsr({ ...goodParts, subject: ofNode('n2') }) }),
  ],
  [
    'system:masters',
    'subject',
    () => good({ csrDer: writeHostileCsr({ ...goodParts, subject: ofNode('n1', 'system:masters') }) }),
  ],
  [
    'extra names',
    'names',
    () =>
      good({
        csrDer: writeHostileCsr({
          ...goodParts,
          extensions: [sanExtension(dnsName('n1'), ipName(192, 0, 2, 11), dnsName('kubernetes.default.svc'))],
        }),
      }),
  ],
  [
    'CA:TRUE',
    'ca-requested',
    () => good({ csrDer: writeHostileCsr({ ...goodParts, extensions: [kubeletNames, caExtension()] }) }),
  ],
  ['a weak key', 'weak-key', () => good({ csrDer: writeHostileCsr({ ...goodParts, key: rsaKey(1024) }) })],
  [
    'a bad signature',
    'bad-signature',
    () =>
      good({
        csrDer: writeHostileCsr({ ...goodParts, spki: ecKey().publicKey.export({ type: 'spki', format: 'der' }) }),
      }),
  ],
  ['a SHA-1 signature', 'bad-signature', () => good({ csrDer: writeHostileCsr({ ...goodParts, hash: 'sha1' }) })],
  ["a master's certificate", 'not-in-list', () => requestFor(master, 'super-admin', { at: new Date() })],
  ["the CA's own certificate", 'not-in-list', () => requestFor(master, 'ca-server', { at: new Date() })],
  ['a master identity for itself', 'subject', async () => good({ name: 'host', csrDer: await masterIdentityCsr() })],
  ['half a CSR', 'malformed', async () => good({ csrDer: (await good()).csrDer.subarray(0, 99) })],
  ['no CSR', 'malformed', () => good({ csrDer: new Uint8Array() })],
  ['a CSR of 17 KiB', 'too-large', () => good({ csrDer: new Uint8Array(17 * 1024) })],
  ['a request of yesterday', 'stale', () => good({ requestedAtMs: Date.now() - 86_400_000 })],
  ['a request of tomorrow', 'stale', () => good({ requestedAtMs: Date.now() + 86_400_000 })],
  ['a request without id', 'malformed', () => good({ requestId: '' })],
];

async function masterIdentityCsr(): Promise<Uint8Array> {
  const keyPair = await generateKeyPair('ecdsa-p256');
  const subject = { commonName: 'n1', organizations: ['easycerts:masters'] };
  return createCsr({ keyPair, subject, alternativeNames: { dns: [], ip: [] } });
}

for (const [name, reason, request] of attacks) {
  test(`a node asks for ${name}: refused as ${reason}, told, not recorded`, async () => {
    const told = (await auditTrail(ca)).length;
    const attempt = ca.client(identity).sign(await request());
    await assert.rejects(attempt, (error) => isAppError(error) && error.details.reason === reason);
    const event = (await auditTrail(ca)).at(-1);
    assert.equal((await auditTrail(ca)).length, told + 1);
    assert.equal(event?.type, 'easycerts.certificate.refused');
    const data = event?.data as { host?: string; reason?: string; peer?: string };
    assert.deepEqual([data.host, data.reason], ['n1', reason]);
    assert.match(data.peer ?? '', /127\.0\.0\.1|::1/);
    assert.equal(await ledgerSize(site, ca), recorded);
  });
}

test('a replay of a granted request, by the same host with another id and by another host: one certificate', async () => {
  const request = await requestFor(node, 'kube-proxy-client', { at: new Date() });
  await ca.client(identity).sign(request);
  const other = { ...node, name: 'n2', addresses: ['192.0.2.12'] };
  await ca.register(other);
  const isReplayed = (error: unknown) => isAppError(error) && error.details.reason === 'replayed';
  await assert.rejects(ca.client(await site.identity('n2', 'node')).sign(request), isReplayed);
  const withOtherId = { ...request, requestId: '00000000-0000-4000-8000-000000000000' };
  await assert.rejects(ca.client(identity).sign(withOtherId), isReplayed);
  assert.equal(await ledgerSize(site, ca), recorded + 1);
  recorded += 1;
});

test('a message above what the server takes is refused before it is read', async () => {
  const attempt = ca.client(identity).sign(await good({ csrDer: new Uint8Array(1_000_000) }));
  await assert.rejects(attempt, (error) => isAppError(error, 'INVALID_INPUT'));
  assert.equal(await ledgerSize(site, ca), recorded);
});

test('a host that is not in the register gets and sees nothing', async () => {
  const stranger = ca.client(await site.identity('n9', 'node'));
  const isUnknown = (error: unknown) => isAppError(error) && error.details.reason === 'unknown-host';
  await assert.rejects(stranger.sign(await good()), isUnknown);
  await assert.rejects(stranger.getCertificate({ serial: 'ab' }), isUnknown);
  await assert.rejects(stranger.getTrustBundle({ authorities: [] }), isUnknown);
});

test('a node that shows a master identity of its own making is not the master', async () => {
  const forged = ca.client(await site.identity('n1', 'master'));
  await assert.rejects(forged.sign(await requestFor(master, 'super-admin', { at: new Date() })), (error) =>
    isAppError(error, 'UNAUTHENTICATED'),
  );
  assert.equal(await ledgerSize(site, ca), recorded);
});

test('a certificate of the easycerts CA that is no host identity is refused, and told', async () => {
  const told = (await auditTrail(ca)).length;
  const attempt = ca.client(site.paths.natsIdentity).sign(await good());
  await assert.rejects(attempt, (error) => isAppError(error, 'UNAUTHENTICATED'));
  const trail = await auditTrail(ca);
  assert.equal(trail.length, told + 1);
  assert.equal(trail.at(-1)?.type, 'easycerts.call.refused');
});

test('certificates of other CAs are refused in the handshake, ours among them', async () => {
  const stranger = await createTestAuthority('easycerts easycerts CA');
  for (const authority of [
    stranger,
    site.authorities.kubernetes,
    site.authorities.etcd,
    site.authorities['front-proxy'],
  ]) {
    const client = ca.client(await site.identity('m1', 'master', authority));
    const request = await requestFor(master, 'super-admin', { at: new Date() });
    await assert.rejects(
      client.sign(request, { timeoutMs: 3_000 }),
      (error) => isAppError(error, 'UNAVAILABLE') || isAppError(error, 'DEADLINE_EXCEEDED'),
    );
  }
  assert.equal(await ledgerSize(site, ca), recorded);
});

test('without a client certificate there is no call', async () => {
  const root = await readFile(filesOfSet(site.paths.hostIdentity).ca);
  const client = new Client(ca.endpoint, ChannelCredentials.createSsl(root));
  const method = CertificateAuthorityService.getTrustBundle;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  client.makeUnaryRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    { authorities: [] },
    new Metadata(),
    { deadline: Date.now() + 3_000 },
    (error, response) => resolve(error ?? response),
  );
  assert.ok((await promise) instanceof Error);
  client.close();
});

test('TLS 1.2 and plain text are not spoken', async () => {
  const files = filesOfSet(identity);
  const [caPem, cert, key] = await Promise.all([readFile(files.ca), readFile(files.cert), readFile(files.key)]);
  const { promise, resolve } = Promise.withResolvers<string>();
  const options = { host: 'localhost', port: ca.ca.grpcPort, ca: caPem, cert, key, ALPNProtocols: ['h2'] };
  const socket = connect({ ...options, maxVersion: 'TLSv1.2' }, () => resolve('connected'));
  socket.on('error', () => resolve('refused'));
  assert.equal(await promise, 'refused');
  socket.destroy();
});

test("a node cannot see another host's certificates", async () => {
  const all = { pageSize: 1_000, pageToken: '', host: '', name: '', authority: '', onlyValid: false };
  const { certificates } = await ca.client(identity).listCertificates(all);
  assert.deepEqual(new Set(certificates.map(({ host }) => host)), new Set(['n1']));
  await assert.rejects(
    ca.client(identity).listCertificates({ ...all, host: 'm1' }),
    (error) => isAppError(error) && error.details.reason === 'not-permitted',
  );
  const [ofMaster] = (await ca.client(site.paths.hostIdentity).listCertificates({ ...all, host: 'm1' })).certificates;
  await assert.rejects(ca.client(identity).getCertificate({ serial: ofMaster?.serial ?? '' }), (error) =>
    isAppError(error, 'NOT_FOUND'),
  );
});

test('a revoked host is cut off from the CA at once, and from the bus at its next connection', async () => {
  const revoked = { ...node, name: 'n3', addresses: ['192.0.2.13'] };
  await ca.register(revoked);
  const directory = await site.identity('n3', 'node');
  await ca.client(directory).sign(await requestFor(revoked, 'kubelet-client', { at: new Date() }));
  recorded += 1;
  await ca.register(revoked, true);
  await assert.rejects(
    ca.client(directory).sign(await requestFor(revoked, 'kubelet-client', { at: new Date() })),
    (error) => isAppError(error) && error.details.reason === 'host-revoked',
  );
  const bus = await connectBus({
    servers: site.server.servers,
    identityDirectory: directory,
    origin: { host: 'n3', service: 'test' },
    clock: systemClock,
    logger: silentLogger(),
  });
  await assert.rejects(bus.whenConnected(1_000), (error) => isAppError(error, 'UNAVAILABLE'));
  await bus.close();
  const refusals = (await auditTrail(ca)).filter(({ type }) => type === 'easycerts.bus.refused');
  assert.ok(refusals.some(({ data }) => 'user' in data && data.user.includes('CN=n3')));
});

test('a flood of one host is refused, told once in a while, and another host is served meanwhile', async () => {
  const limited = await site.start({
    limits: { sign: { burst: 10, perSecond: 1 }, read: { burst: 10, perSecond: 1 } },
  });
  const client = limited.client(identity);
  const request = await good({ csrDer: new Uint8Array(10) });
  const results = await Promise.allSettled(Array.from({ length: 200 }, () => client.sign(request)));
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason.details.reason : 'granted'));
  assert.ok(reasons.every((reason) => reason === 'malformed' || reason === 'rate-limited'));
  assert.ok(reasons.filter((reason) => reason === 'rate-limited').length >= 180);
  await limited.client(site.paths.hostIdentity).sign(await requestFor(master, 'etcd-server', { at: new Date() }));
  recorded += 1;
  await limited.bus.events.flush(5_000);
  const floods = (await auditTrail(ca)).filter(({ data }) => 'reason' in data && data.reason === 'rate-limited');
  assert.equal(floods.length, 1);
  await limited.close();
});

test('after all of this the ledger holds what was granted, and nothing else', async () => {
  const fresh = await site.start();
  const all = { pageSize: 1_000, pageToken: '', host: '', name: '', authority: '', onlyValid: false };
  const { certificates } = await fresh.client(site.paths.hostIdentity).listCertificates(all);
  assert.deepEqual(certificates.map(({ host, name }) => `${host}/${name}`).sort(), [
    'm1/bus-server',
    'm1/ca-server',
    'm1/etcd-server',
    'm1/host',
    'n1/kube-proxy-client',
    'n3/kubelet-client',
  ]);
  for (const { host, name, subject } of certificates) {
    const record = [master, node, { ...node, name: 'n3' }].find((candidate) => candidate.name === host) ?? node;
    const { commonName } = specOf(record, name).subject;
    assert.match(subject, new RegExp(`^CN=${commonName}(,|$)`));
  }
  await fresh.close();
});
