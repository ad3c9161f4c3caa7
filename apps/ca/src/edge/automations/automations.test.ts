import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { automationSubject } from '@easycerts/cluster';
import type { CreateAutomationRequest } from '@easycerts/contracts';
import { AppError, type DenyReason, dayMs, denyReasons, isAppError, secondMs } from '@easycerts/core';
import {
  createCsr,
  generateKeyPair,
  type KeyPair,
  parseBundle,
  parseCertificate,
  verifyCertificate,
} from '@easycerts/pki';
import {
  caExtension,
  dnsName,
  ecKey,
  nameDer,
  printable,
  rsaKey,
  sanExtension,
  writeHostileCsr,
} from '@easycerts/pki/testing';
import { callOf, testEnvironment } from '../../../test/environment.ts';
import { master, node, now, requestFor } from '../../../test/fixture.ts';
import { decodeRecords, encodeRecords } from '../../core/ledger-record.ts';
import { createSign } from '../sign.ts';
import { createAutomationHandlers, ensureConsumers } from './automation-handlers.ts';

const isDenied = (reason: DenyReason) => (error: unknown) => isAppError(error) && error.details.reason === reason;
const asMaster = callOf(master);

async function setUp() {
  const ca = await testEnvironment();
  return { ...ca, handlers: createAutomationHandlers(ca.environment) };
}

type Site = Awaited<ReturnType<typeof setUp>>;

async function requestOf(
  part: Partial<CreateAutomationRequest> = {},
  keyPair?: KeyPair,
): Promise<CreateAutomationRequest> {
  const { name = 'backup' } = part;
  return {
    name,
    read: ['host.joined', 'certificate.*'],
    csrDer: await createCsr({
      keyPair: keyPair ?? (await generateKeyPair('ecdsa-p256')),
      subject: automationSubject(name),
      alternativeNames: { dns: [], ip: [] },
    }),
    requestId: randomUUID(),
    requestedAtMs: now.getTime(),
    ttlS: 0,
    ...part,
  };
}

const tryTo = (ca: Site, request: CreateAutomationRequest) => ca.handlers.createAutomation(request, asMaster);

test('an automation gets a certificate for itself, a consumer of its types, and is known and told', async () => {
  const ca = await setUp();
  const answer = await tryTo(ca, await requestOf());
  const certificate = parseCertificate(answer.certificateDer);
  assert.equal(certificate.subjectText, 'CN=backup,O=easycerts:automation');
  assert.deepEqual(certificate.alternativeNames, { dns: [], ip: [] });
  const bundle = parseBundle(answer.trustBundlePem);
  assert.equal(verifyCertificate({ certificate, bundle, usage: 'client auth', at: now }), undefined);
  assert.notEqual(verifyCertificate({ certificate, bundle, usage: 'server auth', at: now }), undefined);
  assert.equal(certificate.notAfter.getTime(), now.getTime() + 365 * dayMs);
  assert.deepEqual(ca.bus.consumerSubjects.get('auto_backup'), [
    'easycerts.v1.cluster.host.joined',
    'easycerts.v1.cluster.certificate.>',
    'easycerts.v1.host.*.certificate.>',
  ]);
  assert.deepEqual(answer.servers, ['tls://localhost:4222']);
  assert.equal(answer.description?.consumer, 'auto_backup');
  assert.equal(ca.automations.find('backup')?.fingerprint, certificate.fingerprint);
  const record = await ca.ledger.find(answer.serial);
  assert.deepEqual([record?.host, record?.name], ['automation/backup', 'automation']);
  assert.equal(ca.events.ofType('automation.created')[0]?.data.by, 'm1');
  assert.equal(ca.events.ofType('certificate.issued')[0]?.data.host, 'automation/backup');
  await ca.close();
});

test('its record in the ledger is read back, and is no certificate of a host of its name', async () => {
  const ca = await setUp();
  await ca.putHost({ ...node, name: 'backup' }, false);
  const { serial } = await tryTo(ca, await requestOf());
  const record = await ca.ledger.find(serial);
  assert.ok(record !== undefined);
  assert.deepEqual(decodeRecords(encodeRecords([record]), 'test'), [record]);
  assert.deepEqual(ca.ledger.page({ host: 'backup', limit: 5 }).entries, []);
  assert.equal(ca.ledger.page({ host: 'automation/backup', limit: 5 }).entries.length, 1);
  await ca.close();
});

test('the same request again gives the same certificate and goes on where it was interrupted', async () => {
  for (const step of ['the consumer', 'the record', 'nothing'] as const) {
    const ca = await setUp();
    const request = await requestOf();
    const dies = async (): Promise<never> => {
      throw new AppError('UNAVAILABLE', 'killed');
    };
    const { ensure } = ca.bus.consumers;
    const { put } = ca.automations;
    if (step === 'the consumer') ca.bus.consumers.ensure = dies;
    if (step === 'the record') ca.automations.put = dies;
    const first = await tryTo(ca, request).catch(() => undefined);
    assert.equal(first === undefined, step !== 'nothing');
    if (first === undefined) assert.equal(ca.automations.find('backup'), undefined);
    Object.assign(ca.bus.consumers, { ensure });
    ca.automations.put = put;
    const again = await tryTo(ca, request);
    assert.ok(first === undefined || first.serial === again.serial);
    assert.equal(ca.ledger.size, 1);
    assert.equal(ca.automations.find('backup')?.serial, again.serial);
    assert.ok(ca.bus.consumerSubjects.has('auto_backup'));
    await ca.close();
  }
});

test('a name is taken until its automation is revoked or its certificate has expired', async () => {
  const ca = await setUp();
  await tryTo(ca, await requestOf());
  const isTaken = (error: unknown) => isAppError(error, 'ALREADY_EXISTS');
  await assert.rejects(tryTo(ca, await requestOf()), isTaken);
  assert.equal(ca.ledger.size, 1);
  ca.clock.advance(366 * dayMs);
  const later = { requestedAtMs: ca.clock.now().getTime() };
  const second = await tryTo(ca, await requestOf(later));
  await ca.handlers.revokeAutomation({ name: 'backup' }, asMaster);
  const third = await tryTo(ca, await requestOf(later));
  assert.notEqual(second.serial, third.serial);
  assert.equal(ca.automations.find('backup')?.serial, third.serial);
  await ca.close();
});

test('two requests for one name at once: one is granted', async () => {
  const ca = await setUp();
  const results = await Promise.allSettled([tryTo(ca, await requestOf()), tryTo(ca, await requestOf())]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(ca.ledger.size, 1);
  await ca.close();
});

const o = '2.5.4.10';
const cn = '2.5.4.3';
const subject = nameDer([o, printable('easycerts:automation')], [cn, printable('backup')]);
const hostile = (part: Parameters<typeof writeHostileCsr>[0]) =>
  requestOf({ csrDer: writeHostileCsr({ subject, ...part } as never) });

const refused: readonly [string, DenyReason, () => Promise<CreateAutomationRequest>][] = [
  ['a name that is none', 'malformed', () => requestOf({ name: 'a.b' })],
  ['a name with a slash', 'malformed', () => requestOf({ name: 'automation/backup' })],
  ['no name', 'malformed', async () => ({ ...(await requestOf()), name: '' })],
  ['no request id', 'malformed', () => requestOf({ requestId: '' })],
  ['no CSR', 'malformed', () => requestOf({ csrDer: new Uint8Array() })],
  ['a CSR of 17 KiB', 'too-large', () => requestOf({ csrDer: new Uint8Array(17 * 1024) })],
  ['the subject of another automation', 'subject', async () => ({ ...(await requestOf()), name: 'other' })],
  [
    'the subject of a node',
    'subject',
    () => hostile({ subject: nameDer([o, printable('easycerts:nodes')], [cn, printable('backup')]) }),
  ],
  [
    'the subject of a master',
    'subject',
    () => hostile({ subject: nameDer([o, printable('easycerts:masters')], [cn, printable('m1')]) }),
  ],
  [
    'a second organization',
    'subject',
    () =>
      hostile({
        subject: nameDer(
          [o, printable('easycerts:automation')],
          [o, printable('easycerts:masters')],
          [cn, printable('backup')],
        ),
      }),
  ],
  ['a name beside the subject', 'names', () => hostile({ extensions: [sanExtension(dnsName('m1'))] })],
  ['CA:TRUE', 'ca-requested', () => hostile({ extensions: [caExtension()] })],
  ['a weak key', 'weak-key', () => hostile({ key: rsaKey(1024) })],
  [
    "another key's signature",
    'bad-signature',
    () => hostile({ spki: ecKey().publicKey.export({ type: 'spki', format: 'der' }) }),
  ],
  ['a request of yesterday', 'stale', () => requestOf({ requestedAtMs: now.getTime() - dayMs })],
];
for (const [name, reason, request] of refused) {
  test(`refused, told and not recorded: ${name}`, async () => {
    assert.ok(denyReasons.includes(reason));
    const ca = await setUp();
    await assert.rejects(
      request().then((made) => tryTo(ca, made)),
      isDenied(reason),
    );
    assert.equal(ca.ledger.size, 0);
    assert.equal(ca.events.ofType('call.refused').at(-1)?.data.reason, reason);
    assert.equal(ca.bus.consumerSubjects.size, 0);
    await ca.close();
  });
}

test('a key that was certified before is not certified again, for a host nor for another automation', async () => {
  const ca = await setUp();
  const keyPair = await generateKeyPair('ecdsa-p256');
  await createSign(ca.environment)(await requestFor(node, 'kubelet', { keyPair }), callOf(node));
  await assert.rejects(tryTo(ca, await requestOf({}, keyPair)), isDenied('replayed'));
  const other = await generateKeyPair('ecdsa-p256');
  await tryTo(ca, await requestOf({}, other));
  await assert.rejects(tryTo(ca, await requestOf({ name: 'other' }, other)), isDenied('replayed'));
  await ca.close();
});

test('types that cannot be read and lifetimes that are none are refused before anything is signed', async () => {
  const ca = await setUp();
  const hour = 3_600;
  for (const part of [
    { read: [] },
    { read: ['certificate.refused'] },
    { read: ['nothing'] },
    { ttlS: -1 },
    { ttlS: hour - 1 },
    { ttlS: 0.5 },
    { ttlS: (3_650 * dayMs) / secondMs + 1 },
  ]) {
    await assert.rejects(tryTo(ca, await requestOf(part)), (error) => isAppError(error, 'INVALID_INPUT'));
  }
  assert.equal(ca.ledger.size, 0);
  const { description } = await tryTo(ca, await requestOf({ ttlS: hour }));
  assert.equal(description?.notAfterMs, now.getTime() + hour * secondMs);
  await ca.close();
});

test('a node makes, lists and revokes none', async () => {
  const ca = await setUp();
  await tryTo(ca, await requestOf());
  const asNode = callOf(node);
  await assert.rejects(
    ca.handlers.createAutomation(await requestOf({ name: 'mine' }), asNode),
    isDenied('not-permitted'),
  );
  await assert.rejects(ca.handlers.listAutomations({}, asNode), isDenied('not-permitted'));
  await assert.rejects(ca.handlers.revokeAutomation({ name: 'backup' }, asNode), isDenied('not-permitted'));
  assert.equal(ca.automations.all.length, 1);
  assert.equal(ca.ledger.size, 1);
  await ca.close();
});

test('a revoked automation is forgotten, its certificate revoked, its consumer gone; interrupted anywhere it can be repeated', async () => {
  for (const step of ['nothing', 'the consumer', 'the record'] as const) {
    const ca = await setUp();
    const request = await requestOf();
    const { serial } = await tryTo(ca, request);
    const { remove: removeConsumer } = ca.bus.consumers;
    const { remove } = ca.automations;
    const dies = async (): Promise<never> => {
      throw new AppError('UNAVAILABLE', 'killed');
    };
    if (step === 'the consumer') Object.assign(ca.bus.consumers, { remove: dies });
    if (step === 'the record') ca.automations.remove = dies;
    if (step !== 'nothing') {
      await assert.rejects(ca.handlers.revokeAutomation({ name: 'backup' }, asMaster));
      assert.equal(ca.revocations.has(serial), true);
      ca.clock.advance(60_000);
    }
    Object.assign(ca.bus.consumers, { remove: removeConsumer });
    ca.automations.remove = remove;
    await ca.handlers.revokeAutomation({ name: 'backup' }, asMaster);
    assert.equal(ca.revocations.find(serial)?.reason, 'automation-revoked');
    assert.equal(ca.automations.find('backup'), undefined);
    assert.equal(ca.bus.consumerSubjects.size, 0);
    const ids = (type: 'certificate.revoked' | 'automation.revoked') =>
      new Set(ca.events.ofType(type).map(({ id }) => id)).size;
    assert.deepEqual([ids('certificate.revoked'), ids('automation.revoked')], [1, 1]);
    await assert.rejects(ca.handlers.revokeAutomation({ name: 'backup' }, asMaster), (error) =>
      isAppError(error, 'NOT_FOUND'),
    );
    await assert.rejects(
      tryTo(ca, { ...request, requestedAtMs: ca.clock.now().getTime() }),
      isDenied('certificate-revoked'),
    );
    await ca.close();
  }
});

test('a host of the same name can leave without its automation, and the other way round', async () => {
  const ca = await setUp();
  const { createLeave } = await import('../leave.ts');
  const { serial } = await tryTo(ca, await requestOf({ name: 'n1' }));
  await createLeave(ca.environment)({}, callOf(node));
  assert.equal(ca.revocations.has(serial), false);
  assert.notEqual(ca.automations.find('n1'), undefined);
  await ca.handlers.revokeAutomation({ name: 'n1' }, asMaster);
  assert.notEqual(ca.register.find('m1'), undefined);
  await ca.close();
});

test('all are listed by name; consumers that a bus has lost are made again', async () => {
  const ca = await setUp();
  await tryTo(ca, await requestOf({ name: 'zeta', read: ['*'] }));
  await tryTo(ca, await requestOf({ name: 'alpha', read: ['host.joined'] }));
  const { automations } = await ca.handlers.listAutomations({}, asMaster);
  assert.deepEqual(
    automations.map(({ name, read }) => [name, ...read]),
    [
      ['alpha', 'host.joined'],
      ['zeta', '*'],
    ],
  );
  await ca.bus.consumers.remove('auto_zeta');
  await ensureConsumers(ca.environment, ca.state.stores ?? assert.fail());
  assert.deepEqual([...ca.bus.consumerSubjects.keys()].sort(), ['auto_alpha', 'auto_zeta']);
  ca.bus.setConnected(false);
  await ensureConsumers(ca.environment, ca.state.stores ?? assert.fail());
  await ca.close();
});

test('a damaged record lets nobody in', async () => {
  const ca = await setUp();
  await tryTo(ca, await requestOf());
  await (await ca.bus.bucket('automations')).put('backup', Buffer.from('{"name":"backup"'));
  assert.equal(ca.automations.find('backup'), undefined);
  await ca.close();
});
