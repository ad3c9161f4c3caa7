import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { createFakeBus, recordingLogger, silentLogger } from '@easycerts/testing';
import { now } from '../../test/fixture.ts';
import { encodeToken, rememberedMs, revoked, type TokenRecord, withUse } from '../core/token-record.ts';
import { openTokenStore, type TokenDecision, tokensBucket } from './token-store.ts';

const token: TokenRecord = {
  id: '3f9c2b7a10de',
  secretHash: 'ab'.repeat(32),
  role: 'node',
  uses: 50,
  note: '',
  addresses: [],
  createdBy: 'm1',
  createdAtMs: now.getTime(),
  expiresAtMs: now.getTime() + 1_000,
  usedBy: [],
};

async function setUp() {
  const bus = createFakeBus();
  const bucket = await bus.bucket(tokensBucket);
  await bucket.put(token.id, encodeToken(token));
  return { bus, bucket, store: await openTokenStore(bucket, silentLogger()) };
}

/** A use by the host of that number, if there is one left. */
const use =
  (position: number): TokenDecision<boolean> =>
  (found) => {
    if (found === undefined || found.usedBy.length >= found.uses) return { result: false };
    const requestHash = position.toString(16).padStart(32, '0');
    return { token: withUse(found, { host: `n${position}`, requestHash, serial: 'ab', atMs: 1 }), result: true };
  };

test('changes that come together share a write, each decides about what the one before has left', async () => {
  const { bucket, store } = await setUp();
  const outcomes = await Promise.all(
    Array.from({ length: 80 }, (_, position) => store.change(token.id, use(position))),
  );
  assert.equal(outcomes.filter(Boolean).length, token.uses);
  assert.equal((await bucket.get(token.id))?.revision, 2, 'one write after the first');
  assert.equal(store.find(token.id)?.usedBy.length, token.uses);
  await store.close();
});

test('what another CA has written in between is not lost', async () => {
  const { bucket, store } = await setUp();
  const { get } = bucket;
  let isFirst = true;
  bucket.get = async (key) => {
    const entry = await get(key);
    if (isFirst) await bucket.put(key, encodeToken(revoked(token, now)));
    isFirst = false;
    return entry;
  };
  const seen: boolean[] = [];
  await store.change(token.id, (found) => {
    seen.push(found?.revokedAtMs !== undefined);
    return use(1)(found);
  });
  assert.deepEqual(seen, [false, true], 'it decides again about what is stored');
  assert.notEqual(store.find(token.id)?.revokedAtMs, undefined);
  await store.close();
});

test('when others are faster every time, it ends and says so', async () => {
  const { bucket, store } = await setUp();
  const { get } = bucket;
  bucket.get = async (key) => {
    const entry = await get(key);
    await bucket.put(key, encodeToken(token));
    return entry;
  };
  await assert.rejects(store.change(token.id, use(1)), (error) => isAppError(error, 'UNAVAILABLE'));
  await store.close();
});

test('without the bus every change fails, and the next one works when it is back', async () => {
  const { bus, store } = await setUp();
  bus.setConnected(false);
  const results = await Promise.allSettled([store.change(token.id, use(1)), store.change(token.id, use(2))]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  bus.setConnected(true);
  assert.equal(await store.change(token.id, use(1)), true);
  assert.equal(store.find(token.id)?.usedBy.length, 1);
  await store.close();
});

test('a damaged token lets nobody in, and cannot be changed', async () => {
  const bucket = await createFakeBus().bucket(tokensBucket);
  await bucket.put(token.id, Buffer.from('{"id"'));
  const { logger, entries } = recordingLogger();
  const store = await openTokenStore(bucket, logger);
  assert.equal(store.find(token.id), undefined);
  await assert.rejects(store.change(token.id, use(1)), (error) => isAppError(error, 'DAMAGED'));
  assert.ok(entries.some(({ level }) => level === 'error'));
  assert.ok(!JSON.stringify(entries).includes(token.secretHash));
  await store.close();
});

test('what others write is followed: a revocation counts at once', async () => {
  const { bucket, store } = await setUp();
  await bucket.put(token.id, encodeToken(revoked(token, now)));
  assert.notEqual(store.find(token.id)?.revokedAtMs, undefined);
  await bucket.delete(token.id);
  assert.equal(store.find(token.id), undefined);
  await store.close();
});

test('what ended a month ago is forgotten, what ended later is not', async () => {
  const { bucket, store } = await setUp();
  const recent = { ...token, id: '000000000001', expiresAtMs: token.expiresAtMs + 1 };
  await bucket.put(recent.id, encodeToken(recent));
  await store.forgetEnded(new Date(token.expiresAtMs + rememberedMs + 1));
  assert.equal(await bucket.get(token.id), undefined);
  assert.deepEqual(
    store.all().map(({ id }) => id),
    [recent.id],
  );
  await store.close();
});
