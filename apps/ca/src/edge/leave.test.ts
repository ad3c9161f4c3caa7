import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, type DenyReason, dayMs, isAppError } from '@easycerts/core';
import { callOf, testEnvironment } from '../../test/environment.ts';
import { master, node, requestFor } from '../../test/fixture.ts';
import { createListHosts, createRemoveHost } from './hosts.ts';
import { createLeave } from './leave.ts';
import { finishRemovals } from './remove-host.ts';
import { createSign } from './sign.ts';

const isDenied = (reason: DenyReason) => (error: unknown) => isAppError(error) && error.details.reason === reason;
const n2 = { ...node, name: 'n2', addresses: ['192.0.2.12'] };

/** A CA where n1 has an identity, a kubelet certificate and one for kube-proxy, and n2 a kubelet certificate. */
async function setUp() {
  const ca = await testEnvironment();
  await ca.putHost(n2, false);
  const sign = createSign(ca.environment);
  const serials: string[] = [];
  for (const name of ['host', 'kubelet', 'kube-proxy-client']) {
    serials.push((await sign(await requestFor(node, name), callOf(node))).serial);
  }
  const foreign = (await sign(await requestFor(n2, 'kubelet'), callOf(n2))).serial;
  const [identity = ''] = serials;
  await ca.bucket.put('n1.config', Buffer.from('for n1'));
  await ca.bucket.put('n2.config', Buffer.from('for n2'));
  return { ...ca, sign, serials, foreign, asNode: callOf(node, undefined, identity) };
}

type Site = Awaited<ReturnType<typeof setUp>>;

/** What there must be once n1 is gone, and nothing else. */
async function assertGone(
  ca: Site,
  told: { readonly by: string; readonly note?: string } = { by: 'n1' },
): Promise<void> {
  assert.deepEqual([...ca.revocations.of('n1').map(({ serial }) => serial)].sort(), [...ca.serials].sort());
  assert.equal(ca.revocations.has(ca.foreign), false);
  assert.equal(ca.register.find('n1'), undefined);
  assert.deepEqual((await ca.bucket.entries()).map(({ key }) => key).sort(), ['m1.record', 'n2.config', 'n2.record']);
  const ids = (type: 'certificate.revoked' | 'host.left') => new Set(ca.events.ofType(type).map(({ id }) => id));
  assert.equal(ids('certificate.revoked').size, 3);
  assert.equal(ids('host.left').size, 1);
  assert.deepEqual(ca.events.ofType('host.left')[0]?.data, { host: 'n1', revoked: 3, ...told });
}

test('a host that leaves is forgotten, its certificates are revoked and told, other hosts keep theirs', async () => {
  const ca = await setUp();
  assert.deepEqual(await createLeave(ca.environment)({}, ca.asNode), { revoked: 3 });
  await assertGone(ca);
  assert.deepEqual(ca.revocations.of('n1')[0]?.reason, 'host-left');
  await ca.close();
});

test('a host that leaves again with the identity it gave up hears the same, and nothing happens', async () => {
  const ca = await setUp();
  const leave = createLeave(ca.environment);
  await leave({}, ca.asNode);
  assert.deepEqual(await leave({}, ca.asNode), { revoked: 3 });
  await assertGone(ca);
  await ca.close();
});

test('the old identity cannot remove the host that has joined under its name since', async () => {
  const ca = await setUp();
  const leave = createLeave(ca.environment);
  await leave({}, ca.asNode);
  await ca.putHost(node, false);
  const { serial } = await ca.sign(await requestFor(node, 'host'), callOf(node, undefined, 'b'));
  assert.deepEqual(await leave({}, ca.asNode), { revoked: 3 });
  assert.equal(ca.register.find('n1')?.isRevoked, false);
  assert.equal(ca.revocations.has(serial), false);
  await assert.rejects(ca.sign(await requestFor(node, 'kubelet'), ca.asNode), isDenied('certificate-revoked'));
  await ca.close();
});

test('two calls at once do the same as one', async () => {
  const ca = await setUp();
  const leave = createLeave(ca.environment);
  const answers = await Promise.all([leave({}, ca.asNode), leave({}, ca.asNode)]);
  assert.deepEqual(answers, [{ revoked: 3 }, { revoked: 3 }]);
  await assertGone(ca);
  await ca.close();
});

/** The bus fails at the n-th write and from then on, as if the CA were killed there. */
async function killedAt(ca: Site, number: number): Promise<() => void> {
  const buckets = [ca.bucket, await ca.bus.bucket('revocations')];
  let writes = 0;
  let isDead = true;
  for (const bucket of buckets) {
    const { create, update, delete: remove } = bucket;
    const die = (): void => {
      writes += 1;
      if (isDead && writes >= number) throw new AppError('UNAVAILABLE', 'killed');
    };
    bucket.create = async (...words) => {
      die();
      return create(...words);
    };
    bucket.update = async (...words) => {
      die();
      return update(...words);
    };
    bucket.delete = async (...words) => {
      die();
      return remove(...words);
    };
  }
  return () => {
    isDead = false;
  };
}

// The mark, three revocations, the configuration, the record.
for (const number of [1, 2, 3, 4, 5, 6]) {
  for (const [who, goOn] of [
    ['asked again', (ca: Site) => createLeave(ca.environment)({}, ca.asNode).then(() => undefined)],
    ['started again', (ca: Site) => finishRemovals(ca.environment, ca)],
  ] as const) {
    test(`interrupted at write ${number} and ${who}, it ends the same`, async () => {
      const ca = await setUp();
      const revive = await killedAt(ca, number);
      await assert.rejects(createLeave(ca.environment)({}, ca.asNode), (error) => isAppError(error, 'UNAVAILABLE'));
      revive();
      ca.clock.advance(60_000);
      await goOn(ca);
      // Nothing was begun before the mark; and an identity that is revoked already leaves the rest to the CA.
      if (who === 'started again' && number === 1) await createLeave(ca.environment)({}, ca.asNode);
      if (who === 'asked again') await finishRemovals(ca.environment, ca);
      await assertGone(ca);
      await ca.close();
    });
  }
}

test('a removal that cannot be finished yet keeps the host out, and the CA goes on', async () => {
  const ca = await setUp();
  const revive = await killedAt(ca, 2);
  await assert.rejects(createLeave(ca.environment)({}, ca.asNode));
  await finishRemovals(ca.environment, ca);
  await assert.rejects(ca.sign(await requestFor(node, 'kubelet'), callOf(node)), isDenied('host-revoked'));
  await ca.sign(await requestFor(n2, 'kubelet-client'), callOf(n2));
  revive();
  await finishRemovals(ca.environment, ca);
  await assertGone(ca);
  await ca.close();
});

test('a certificate that was being signed while its host left is revoked too, and not handed out', async () => {
  const ca = await setUp();
  const append = ca.ledger.append.bind(ca.ledger);
  ca.ledger.append = async (record) => {
    await createLeave(ca.environment)({}, ca.asNode);
    await append(record);
  };
  await assert.rejects(ca.sign(await requestFor(node, 'kubelet-client'), ca.asNode), isDenied('certificate-revoked'));
  const { entries } = ca.ledger.page({ host: 'n1', limit: 10 });
  assert.equal(entries.length, 4);
  assert.ok(entries.every(({ serial }) => ca.revocations.has(serial)));
  await ca.close();
});

test('a granted request whose certificate was revoked is not answered with it again', async () => {
  const ca = await setUp();
  const request = await requestFor(node, 'kubelet-client');
  await ca.sign(request, callOf(node));
  await createLeave(ca.environment)({}, ca.asNode);
  await ca.putHost(node, false);
  await assert.rejects(ca.sign(request, callOf(node, undefined, 'b')), isDenied('certificate-revoked'));
  await ca.close();
});

test('certificates that have expired need no revocation', async () => {
  const ca = await setUp();
  ca.clock.advance(20 * 365 * dayMs);
  assert.deepEqual(await createLeave(ca.environment)({}, ca.asNode), { revoked: 0 });
  assert.equal(ca.register.find('n1'), undefined);
  await ca.close();
});

test('a master cannot leave, and cannot be removed', async () => {
  const ca = await setUp();
  const isPrecondition = (error: unknown) =>
    isAppError(error, 'FAILED_PRECONDITION') && (error.details.cure ?? '') !== '';
  await ca.putHost({ ...master, name: 'm2' }, false);
  await assert.rejects(createLeave(ca.environment)({}, callOf(master)), isPrecondition);
  for (const name of ['m1', 'm2']) {
    await assert.rejects(createRemoveHost(ca.environment)({ name, note: '' }, callOf(master)), isPrecondition);
    assert.equal(ca.register.find(name)?.isRevoked, false);
  }
  await ca.close();
});

const strangers: readonly [string, DenyReason, Parameters<typeof callOf>[0]][] = [
  ['a host that is not in the register', 'unknown-host', { ...node, name: 'n9' }],
  ['a node that shows the certificate of a master', 'unauthenticated', { ...node, roles: ['master'] }],
];
for (const [name, reason, record] of strangers) {
  test(`leaving is refused to ${name}, and told`, async () => {
    const ca = await setUp();
    await assert.rejects(createLeave(ca.environment)({}, callOf(record)), isDenied(reason));
    assert.equal(ca.events.ofType('call.refused').at(-1)?.data.method, 'Leave');
    assert.equal(ca.register.size, 3);
    await ca.close();
  });
}

test('a flood of leaving is refused', async () => {
  const ca = await setUp();
  const leave = createLeave(ca.environment);
  const results = await Promise.allSettled(Array.from({ length: 30 }, () => leave({}, ca.asNode)));
  const refused = results.filter((each) => each.status === 'rejected');
  assert.ok(refused.length >= 9);
  assert.ok(refused.every(({ reason }) => isAppError(reason)));
  await ca.close();
});

test('a master removes a node, with a note, and by its name', async () => {
  const ca = await setUp();
  const remove = createRemoveHost(ca.environment);
  assert.deepEqual(await remove({ name: 'n1', note: 'stolen' }, callOf(master)), { revoked: 3 });
  await assertGone(ca, { by: 'm1', note: 'stolen' });
  assert.equal(ca.revocations.of('n1')[0]?.reason, 'host-removed');
  await assert.rejects(createLeave(ca.environment)({}, ca.asNode), isDenied('certificate-revoked'));
  await assert.rejects(remove({ name: 'n1', note: '' }, callOf(master)), (error) => isAppError(error, 'NOT_FOUND'));
  await ca.close();
});

test('a node removes and lists nobody, itself included', async () => {
  const ca = await setUp();
  for (const name of ['n1', 'n2', 'm1']) {
    await assert.rejects(createRemoveHost(ca.environment)({ name, note: '' }, ca.asNode), isDenied('not-permitted'));
  }
  await assert.rejects(createListHosts(ca.environment)({}, ca.asNode), isDenied('not-permitted'));
  assert.equal(ca.events.ofType('call.refused').length, 4);
  assert.equal(ca.register.size, 3);
  await ca.close();
});

test('a host whose record is damaged or lost can be removed by its certificates', async () => {
  for (const damage of [
    (ca: Site) => ca.bucket.put('n1.record', Buffer.from('{')),
    (ca: Site) => ca.bucket.delete('n1.record'),
  ]) {
    const ca = await setUp();
    await damage(ca);
    assert.deepEqual(await createRemoveHost(ca.environment)({ name: 'n1', note: '' }, callOf(master)), { revoked: 3 });
    await assertGone(ca, { by: 'm1' });
    await ca.close();
  }
});

test('names that are none and notes that are essays are refused', async () => {
  const ca = await setUp();
  for (const request of [
    { name: '', note: '' },
    { name: '*', note: '' },
    { name: 'n1.record', note: '' },
    { name: 'automation/n1', note: '' },
    { name: 'n1', note: 'x'.repeat(201) },
  ]) {
    await assert.rejects(createRemoveHost(ca.environment)(request, callOf(master)), (error) =>
      isAppError(error, 'INVALID_INPUT'),
    );
  }
  assert.equal(ca.revocations.size, 0);
  await ca.close();
});

test('a master lists all hosts by name, those that are being removed as revoked', async () => {
  const ca = await setUp();
  await ca.register.beginRemoval('n2', { reason: 'host-left', by: 'n2', note: '', atMs: 1 });
  const { hosts } = await createListHosts(ca.environment)({}, callOf(master));
  assert.deepEqual(
    hosts.map(({ name, revoked }) => [name, revoked]),
    [
      ['m1', false],
      ['n1', false],
      ['n2', true],
    ],
  );
  assert.deepEqual(hosts[1], {
    name: 'n1',
    roles: ['node'],
    addresses: ['192.0.2.11'],
    revoked: false,
    joinedAtMs: 0,
    tokenId: '',
  });
  await ca.close();
});

test('the list of certificates says which are revoked, when and why', async () => {
  const { createListCertificates } = await import('./list-certificates.ts');
  const ca = await setUp();
  await createLeave(ca.environment)({}, ca.asNode);
  const everything = { pageSize: 10, pageToken: '', host: '', name: '', authority: '', onlyValid: false };
  const { certificates } = await createListCertificates(ca.environment)(everything, callOf(master));
  for (const { host, revokedAtMs, revocationReason } of certificates) {
    assert.deepEqual([revokedAtMs > 0, revocationReason], host === 'n1' ? [true, 'host-left'] : [false, '']);
  }
  assert.equal(certificates.length, 4);
  await ca.close();
});
