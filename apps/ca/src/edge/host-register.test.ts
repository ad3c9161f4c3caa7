import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { createFakeBus, recordingLogger, silentLogger } from '@easycerts/testing';
import { master, node, registered } from '../../test/fixture.ts';
import { decodeRegisteredHost, encodeRegisteredHost } from '../core/registered-host.ts';
import { hostsBucket, openHostRegister } from './host-register.ts';

async function setUp() {
  const bucket = await createFakeBus().bucket(hostsBucket);
  return { bucket, register: await openHostRegister(bucket, silentLogger()) };
}

test('a host is known once it is registered, and not before', async () => {
  const { bucket, register } = await setUp();
  assert.equal(register.find('n1'), undefined);
  assert.equal(await register.register(node), 'written');
  assert.deepEqual(register.find('n1'), registered(node));
  assert.equal(register.size, 1);
  const entry = await bucket.get('n1.record');
  assert.deepEqual(decodeRegisteredHost('n1.record', entry?.value ?? new Uint8Array()), registered(node));
  await register.close();
});

test('the same record is not written again, a changed one is', async () => {
  const { bucket, register } = await setUp();
  await register.register(node);
  assert.equal(await register.register({ ...node }), 'unchanged');
  assert.equal((await bucket.get('n1.record'))?.revision, 1);
  assert.equal(await register.register({ ...node, addresses: ['192.0.2.99'] }), 'written');
  assert.deepEqual(register.find('n1')?.record.addresses, ['192.0.2.99']);
  await register.close();
});

test('what others write is followed, deletion too', async () => {
  const { bucket, register } = await setUp();
  await bucket.put('m1.record', encodeRegisteredHost(registered(master)));
  assert.deepEqual(register.find('m1'), registered(master));
  await bucket.put('m1.record', encodeRegisteredHost(registered(master, true)));
  assert.equal(register.find('m1')?.isRevoked, true);
  await bucket.delete('m1.record');
  assert.equal(register.find('m1'), undefined);
  await register.close();
});

test('what was there before is read', async () => {
  const bucket = await createFakeBus().bucket(hostsBucket);
  await bucket.put('n1.record', encodeRegisteredHost(registered(node)));
  const register = await openHostRegister(bucket, silentLogger());
  assert.deepEqual(register.find('n1'), registered(node));
  await register.close();
});

test('a damaged record makes its host unknown, not the others', async () => {
  const bucket = await createFakeBus().bucket(hostsBucket);
  await bucket.put('n1.record', encodeRegisteredHost(registered(node)));
  await bucket.put('m1.record', encodeRegisteredHost(registered(master)));
  const { logger, entries } = recordingLogger();
  const register = await openHostRegister(bucket, logger);
  await bucket.put('n1.record', Buffer.from('{"name":"n1"'));
  assert.equal(register.find('n1'), undefined);
  assert.deepEqual(register.find('m1'), registered(master));
  assert.ok(entries.some(({ level }) => level === 'error'));
  await register.close();
});

test("a record under another host's key lets nobody in", async () => {
  const { bucket, register } = await setUp();
  await bucket.put('m9.record', encodeRegisteredHost(registered(master)));
  assert.equal(register.find('m9'), undefined);
  assert.equal(register.find('m1'), undefined);
  await register.close();
});

test('other keys of the bucket are none of ours', async () => {
  const { bucket, register } = await setUp();
  await bucket.put('n1.config', Buffer.from('x'));
  assert.equal(register.size, 0);
  await register.close();
});

test('registering again does not lift a revocation', async () => {
  const { bucket, register } = await setUp();
  await bucket.put('n1.record', encodeRegisteredHost(registered(node, true)));
  await register.register({ ...node, addresses: ['192.0.2.99'] });
  assert.deepEqual(register.find('n1'), registered({ ...node, addresses: ['192.0.2.99'] }, true));
  await register.close();
});

test('registering again does not forget how the host came in', async () => {
  const { bucket, register } = await setUp();
  const enrolment = { tokenId: 'a', requestHash: 'b', serial: 'c', joinedAtMs: 1, isConfirmed: true };
  await bucket.put('n1.record', encodeRegisteredHost({ ...registered(node), enrolment }));
  await register.register({ ...node, addresses: ['192.0.2.99'] });
  assert.deepEqual(register.find('n1')?.enrolment, enrolment);
  await register.close();
});

test('a revocation that comes between reading and writing is not lost', async () => {
  const { bucket, register } = await setUp();
  await register.register(node);
  const { get } = bucket;
  let isFirst = true;
  bucket.get = async (key) => {
    const entry = await get(key);
    if (isFirst) await bucket.put(key, encodeRegisteredHost(registered(node, true)));
    isFirst = false;
    return entry;
  };
  await register.register({ ...node, addresses: ['192.0.2.99'] });
  assert.equal(register.find('n1')?.isRevoked, true);
  await register.close();
});

test('without the bus there is no register', async () => {
  const bus = createFakeBus({ isConnected: false });
  await assert.rejects(openHostRegister(await bus.bucket(hostsBucket), silentLogger()), (error) =>
    isAppError(error, 'UNAVAILABLE'),
  );
});
