import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import {
  acceptedGenerations,
  type CfsslKeyRecord,
  createdKey,
  decodeKeyRecord,
  encodeKeyRecord,
  keyRecordName,
  keyStateOf,
  revokedKey,
  rotatedKey,
} from './key-record.ts';

const now = new Date('2020-01-01T12:00:00Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const first = createdKey(undefined, { host: 'n1', profile: 'default', now });

test('a key is accepted, after a rotation the one before too until the overlap ends, after a revocation none', () => {
  assert.deepEqual(acceptedGenerations(first, now), [1]);
  const second = rotatedKey(first, now, 60_000);
  assert.deepEqual([keyStateOf(second, now), acceptedGenerations(second, later(59_999))], ['rolling', [2, 1]]);
  assert.deepEqual([keyStateOf(second, later(60_000)), acceptedGenerations(second, later(60_000))], ['valid', [2]]);
  const revoked = revokedKey(second, now);
  assert.deepEqual([keyStateOf(revoked, now), acceptedGenerations(revoked, now)], ['revoked', []]);
  assert.equal(revokedKey(revoked, later(1)), revoked);
});

test('without an overlap the key before ends at once, and two rotations in a row leave the newest two', () => {
  assert.deepEqual(acceptedGenerations(rotatedKey(first, now, 0), now), [2]);
  const third = rotatedKey(rotatedKey(first, now, 60_000), now, 60_000);
  assert.deepEqual(acceptedGenerations(third, now), [3, 2]);
});

test('a key that was revoked never comes back: the next one has another generation', () => {
  const again = createdKey(revokedKey(first, now), { host: 'n1', profile: 'default', now });
  assert.deepEqual([again.generation, again.revokedAtMs, acceptedGenerations(again, now)], [2, 0, [2]]);
});

test('a record comes back as it was written, and has no key in it', () => {
  const record = rotatedKey(first, now, 60_000);
  const value = encodeKeyRecord(record);
  assert.deepEqual(decodeKeyRecord(keyRecordName(record), value), record);
  const names = ['createdAtMs', 'generation', 'host', 'previousUntilMs', 'profile', 'revokedAtMs'];
  assert.deepEqual(Object.keys(JSON.parse(Buffer.from(value).toString())).sort(), names);
});

const damages: readonly (readonly [string, Partial<Record<keyof CfsslKeyRecord, unknown>>])[] = [
  ['another host', { host: 'n2' }],
  ['no host', { host: undefined }],
  ['a host with a dot', { host: 'n1.default' }],
  ['another profile', { profile: 'other' }],
  ['a profile with a dot', { profile: 'a.b' }],
  ['generation 0', { generation: 0 }],
  ['half a generation', { generation: 1.5 }],
  ['no generation', { generation: undefined }],
  ['a time before all times', { previousUntilMs: -1 }],
  ['no time', { revokedAtMs: undefined }],
  ['a time as text', { createdAtMs: '0' }],
];

for (const [what, change] of damages) {
  test(`a record with ${what} lets nobody in`, () => {
    const value = Buffer.from(JSON.stringify({ ...first, ...change }));
    assert.throws(
      () => decodeKeyRecord('n1.default', value),
      (error) => isAppError(error, 'DAMAGED'),
    );
  });
}

test('what is no JSON of an object lets nobody in', () => {
  for (const text of ['', '[]', 'null', '"n1"', '{']) {
    assert.throws(
      () => decodeKeyRecord('n1.default', Buffer.from(text)),
      (error) => isAppError(error, 'DAMAGED'),
    );
  }
});
