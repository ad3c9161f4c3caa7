import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayMs, hourMs, isAppError } from '@easycerts/core';
import { createFakeBus, recordingLogger, silentLogger } from '@easycerts/testing';
import { now } from '../../test/fixture.ts';
import { encodeRevocation, type Revocation } from '../core/revocation.ts';
import { openRevocations, revocationsBucket } from './revocations.ts';

const of = (serial: string, part: Partial<Revocation> = {}): Revocation => ({
  serial,
  host: 'n1',
  name: 'host',
  authority: 'easycerts',
  fingerprint: serial.padStart(64, '0'),
  notAfterMs: now.getTime() + hourMs,
  revokedAtMs: now.getTime(),
  reason: 'host-left',
  ...part,
});

async function setUp() {
  const bucket = await createFakeBus().bucket(revocationsBucket);
  let heard = 0;
  const revocations = await openRevocations(bucket, silentLogger(), () => {
    heard += 1;
  });
  return { bucket, revocations, heard: () => heard };
}

test('a revoked certificate is known by serial number and by fingerprint, others are not', async () => {
  const { bucket, revocations, heard } = await setUp();
  assert.equal(revocations.has('ab'), false);
  assert.deepEqual(await revocations.revoke([of('ab'), of('cd', { host: 'n2' })]), [
    of('ab'),
    of('cd', { host: 'n2' }),
  ]);
  assert.equal(revocations.has('ab'), true);
  assert.deepEqual(revocations.find('ab'), of('ab'));
  assert.equal(revocations.hasFingerprint(of('ab').fingerprint), true);
  assert.equal(revocations.hasFingerprint('ef'), false);
  assert.equal(revocations.has('ef'), false);
  assert.deepEqual(revocations.of('n2'), [of('cd', { host: 'n2' })]);
  assert.equal(revocations.size, 2);
  assert.ok(heard() > 0);
  assert.equal((await bucket.entries()).length, 2);
  await revocations.close();
});

test('revoking again changes nothing and tells what stands', async () => {
  const { bucket, revocations } = await setUp();
  await revocations.revoke([of('ab')]);
  const later = of('ab', { reason: 'host-removed', revokedAtMs: now.getTime() + 1 });
  assert.deepEqual(await revocations.revoke([later]), [of('ab')]);
  assert.equal((await bucket.get('ab'))?.revision, 1);
  await revocations.close();
});

test('what another master has revoked in between stands, and is no error', async () => {
  const { bucket, revocations } = await setUp();
  const theirs = of('ab', { reason: 'host-removed' });
  const create = bucket.create.bind(bucket);
  bucket.create = async (key, value) => {
    await bucket.put(key, encodeRevocation(theirs));
    return create(key, value);
  };
  assert.deepEqual(await revocations.revoke([of('ab')]), [theirs]);
  await revocations.close();
});

test('what was there before is read, and what others write is followed', async () => {
  const { bucket, revocations, heard } = await setUp();
  await bucket.put('ab', encodeRevocation(of('ab')));
  assert.equal(revocations.has('ab'), true);
  assert.equal(heard(), 1);
  const second = await openRevocations(bucket, silentLogger());
  assert.equal(second.has('ab'), true);
  await Promise.all([revocations.close(), second.close()]);
});

test('an entry that is damaged revokes all the same, and is mended by a whole one', async () => {
  const bucket = await createFakeBus().bucket(revocationsBucket);
  await bucket.put('ab', Buffer.from('{"serial":"ab"'));
  const { logger, entries } = recordingLogger();
  const revocations = await openRevocations(bucket, logger);
  assert.equal(revocations.has('ab'), true);
  assert.equal(revocations.find('ab'), undefined);
  assert.ok(entries.some(({ level }) => level === 'error'));
  await revocations.forgetExpired(new Date(now.getTime() + 10_000 * dayMs));
  assert.equal(revocations.has('ab'), true);
  await bucket.put('ab', encodeRevocation(of('ab')));
  assert.deepEqual(revocations.find('ab'), of('ab'));
  await revocations.close();
});

test('deleting an entry by hand makes nothing valid again while the CA runs', async () => {
  const { bucket, revocations } = await setUp();
  await revocations.revoke([of('ab')]);
  await bucket.delete('ab');
  assert.equal(revocations.has('ab'), true);
  await bucket.put('ab', Buffer.from('x'));
  assert.deepEqual(revocations.find('ab'), of('ab'));
  await revocations.close();
});

test('an expired one is dropped after its hour, the others stay', async () => {
  const { bucket, revocations } = await setUp();
  await revocations.revoke([of('ab'), of('cd', { notAfterMs: now.getTime() + dayMs })]);
  await revocations.forgetExpired(new Date(now.getTime() + 2 * hourMs - 1));
  assert.equal(revocations.size, 2);
  await revocations.forgetExpired(new Date(now.getTime() + 2 * hourMs));
  assert.equal(revocations.has('ab'), false);
  assert.equal(revocations.hasFingerprint(of('ab').fingerprint), false);
  assert.equal(revocations.has('cd'), true);
  assert.deepEqual(
    (await bucket.entries()).map(({ key }) => key),
    ['cd'],
  );
  await revocations.close();
});

test('what is not stored is not revoked, and the caller knows', async () => {
  const bus = createFakeBus();
  const revocations = await openRevocations(await bus.bucket(revocationsBucket), silentLogger());
  bus.setConnected(false);
  await assert.rejects(revocations.revoke([of('ab')]), (error) => isAppError(error, 'UNAVAILABLE'));
  assert.equal(revocations.has('ab'), false);
  bus.setConnected(true);
  await revocations.revoke([of('ab')]);
  assert.equal(revocations.has('ab'), true);
  await revocations.close();
});

test('without the bus there is no list, so that nothing is taken for valid', async () => {
  const bus = createFakeBus({ isConnected: false });
  await assert.rejects(openRevocations(await bus.bucket(revocationsBucket), silentLogger()), (error) =>
    isAppError(error, 'UNAVAILABLE'),
  );
});
