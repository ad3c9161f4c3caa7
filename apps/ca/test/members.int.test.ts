/** Hosts that go, over real TLS and a real bus: what they had is worth nothing from then on. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { filesOfSet } from '@easycerts/cluster';
import { HostsService, MembershipService } from '@easycerts/contracts';
import { type DenyReason, isAppError } from '@easycerts/core';
import { parseCertificate } from '@easycerts/pki';
import { type Bus, connectBus, systemClock } from '@easycerts/runtime';
import { silentLogger } from '@easycerts/testing';
import { node, requestFor } from './fixture.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';

let site: CaSite;
let ca: StartedCa;
before(async () => {
  site = await startSite();
  ca = await site.start();
});
after(() => site?.close());

const isDenied = (reason: DenyReason) => (error: unknown) => isAppError(error) && error.details.reason === reason;
const waitMs = 15_000;

/** A host of the register with an identity of the ledger. */
async function join(name: string, number: number): Promise<{ record: typeof node; identity: string }> {
  const record = { ...node, name, addresses: [`192.0.2.${number}`] };
  await ca.register(record);
  const first = await site.identity(name, 'node');
  return { record, identity: await ca.issueIdentity(record, first, `${first}-issued-${number}`) };
}

async function connected(identity: string, host: string): Promise<Bus> {
  const bus = await connectBus({
    servers: site.server.servers,
    identityDirectory: identity,
    origin: { host, service: 'test' },
    clock: systemClock,
    logger: silentLogger(),
  });
  await bus.whenConnected(waitMs);
  return bus;
}

async function untilTrue(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + waitMs;
  while (!(await look())) {
    assert.ok(performance.now() < end, `${what} did not happen within ${waitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const serialOf = async (identity: string): Promise<string> =>
  parseCertificate(await readFile(filesOfSet(identity).cert, 'utf8')).serial;

async function isLetIn(identity: string, host: string): Promise<boolean> {
  const bus = await connectBus({
    servers: site.server.servers,
    identityDirectory: identity,
    origin: { host, service: 'test' },
    clock: systemClock,
    logger: silentLogger(),
  });
  return bus
    .whenConnected(1_500)
    .then(
      () => true,
      () => false,
    )
    .finally(() => bus.close());
}

test('a host that leaves is cut from the bus at once, and its key opens neither the CA nor the bus', async () => {
  const { record, identity } = await join('n2', 12);
  const bus = await connected(identity, 'n2');
  const other = await join('n3', 13);
  const bystander = await connected(other.identity, 'n3');
  let cuts = 0;
  const watching = setInterval(() => {
    if (!bystander.isConnected()) cuts += 1;
  }, 5);
  assert.deepEqual(await ca.clientOf(MembershipService, identity).leave({}), { revoked: 1 });
  await untilTrue('the cut', () => !bus.isConnected());
  await bus.close();
  await assert.rejects(
    ca.client(identity).sign(await requestFor(record, 'kubelet', { at: new Date() })),
    isDenied('certificate-revoked'),
  );
  await assert.rejects(ca.client(identity).getTrustBundle({ authorities: [] }), isDenied('certificate-revoked'));
  assert.equal(await isLetIn(identity, 'n2'), false);
  clearInterval(watching);
  assert.equal(cuts, 0);
  await bystander.close();
});

test('the old key stays refused after another machine has joined under the name, and the new one works', async () => {
  const old = await join('n4', 14);
  await ca.clientOf(MembershipService, old.identity).leave({});
  const fresh = await join('n4', 24);
  const bus = await connected(fresh.identity, 'n4');
  await assert.rejects(
    ca.client(old.identity).sign(await requestFor(fresh.record, 'kubelet', { at: new Date() })),
    isDenied('certificate-revoked'),
  );
  assert.equal(await isLetIn(old.identity, 'n4'), false);
  // Leaving again with the old key does not take the new host along.
  assert.deepEqual(await ca.clientOf(MembershipService, old.identity).leave({}), { revoked: 1 });
  await ca.client(fresh.identity).sign(await requestFor(fresh.record, 'kubelet', { at: new Date() }));
  assert.equal(bus.isConnected(), true);
  await bus.close();
});

test('a host leaves for itself alone: there is no way to name another', async () => {
  const thief = await join('n5', 15);
  await join('n6', 16);
  const hosts = ca.clientOf(HostsService, thief.identity);
  await assert.rejects(hosts.removeHost({ name: 'n6', note: '' }), isDenied('not-permitted'));
  await assert.rejects(hosts.listHosts({}), isDenied('not-permitted'));
  await ca.clientOf(MembershipService, thief.identity).leave({});
  const { hosts: left } = await ca.clientOf(HostsService, site.paths.hostIdentity).listHosts({});
  const names = left.map(({ name }) => name);
  assert.ok(names.includes('n6') && !names.includes('n5'));
});

test('a master removes a host: revoked, cut, told in order', async () => {
  const { identity } = await join('n7', 17);
  const bus = await connected(identity, 'n7');
  const administration = ca.clientOf(HostsService, site.paths.hostIdentity);
  assert.deepEqual(await administration.removeHost({ name: 'n7', note: 'stolen' }), { revoked: 1 });
  await untilTrue('the cut', () => !bus.isConnected());
  await bus.close();
  const serial = await serialOf(identity);
  const shown = await ca.client(site.paths.hostIdentity).getCertificate({ serial });
  assert.equal(shown.revocationReason, 'host-removed');
  const events: string[] = [];
  for await (const event of ca.bus.readEvents({ from: 'all', follow: false, subjects: ['easycerts.v1.cluster.>'] })) {
    if (event.subject.startsWith('n7')) events.push(event.type);
  }
  assert.deepEqual(events, ['easycerts.certificate.issued', 'easycerts.certificate.revoked', 'easycerts.host.left']);
});

test('what was revoked stays so when the CA starts again, and it finishes what was begun', async () => {
  const { identity } = await join('n8', 18);
  const begun = await join('n9', 19);
  await ca.clientOf(MembershipService, identity).leave({});
  const bus = await connected(begun.identity, 'n9');
  await ca.close();
  // As another CA leaves it that was killed after the mark.
  const { encodeRegisteredHost } = await import('../src/core/registered-host.ts');
  const removal = { reason: 'host-left', by: 'n9', note: '', atMs: Date.now() } as const;
  const master = await connectBus({
    servers: site.server.servers,
    identityDirectory: site.paths.caIdentity,
    userSeed: await bootSeed(),
    origin: { host: 'm1', service: 'test' },
    clock: systemClock,
    logger: silentLogger(),
  });
  await master.whenConnected(waitMs);
  const value = encodeRegisteredHost({ record: begun.record, isRevoked: true, removal });
  await (await master.bucket('hosts')).put('n9.record', value);
  await master.close();
  ca = await site.start();
  await assert.rejects(ca.client(identity).getTrustBundle({ authorities: [] }), isDenied('certificate-revoked'));
  await assert.rejects(ca.client(begun.identity).getTrustBundle({ authorities: [] }), isDenied('certificate-revoked'));
  await untilTrue('the cut', () => !bus.isConnected());
  await bus.close();
  const { hosts } = await ca.clientOf(HostsService, site.paths.hostIdentity).listHosts({});
  assert.ok(!hosts.some(({ name }) => name === 'n9'));
});

async function bootSeed(): Promise<string> {
  const { readBusKeys } = await import('@easycerts/runtime');
  const { busKeysDirectory } = await import('../src/edge/guard-bus.ts');
  return (await readBusKeys(busKeysDirectory(site.paths))).bootUser.seed;
}
