import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayMs, isAppError, minuteMs } from '@easycerts/core';
import { now } from '../../test/fixture.ts';
import {
  decodeToken,
  encodeToken,
  isForgettable,
  rememberedMs,
  revoked,
  type TokenRecord,
  type TokenState,
  tokenStateOf,
  useOf,
  withUse,
} from './token-record.ts';

const use = { host: 'n1', requestHash: 'ab'.repeat(16), serial: 'cd', atMs: now.getTime() };
const token: TokenRecord = {
  id: '3f9c2b7a10de',
  secretHash: 'ab'.repeat(32),
  role: 'node',
  uses: 2,
  note: 'rack 4, straße',
  addresses: ['192.0.2.11'],
  createdBy: 'm1',
  createdAtMs: now.getTime(),
  expiresAtMs: now.getTime() + minuteMs,
  usedBy: [],
};
const later = (ms: number): Date => new Date(now.getTime() + ms);

test('a token is read back as it was written', () => {
  for (const record of [token, { ...token, host: 'n1' }, withUse(token, use), revoked(token, now)]) {
    assert.deepEqual(decodeToken(token.id, encodeToken(record)), record);
  }
});

test('nothing but its own fields is written: no secret that came along', () => {
  const record = { ...token, secret: 'x', usedBy: [{ ...use, secret: 'x' }] };
  assert.ok(!Buffer.from(encodeToken(record)).toString().includes('"secret"'));
});

const states: readonly [string, TokenRecord, Date, TokenState][] = [
  ['new', token, now, 'valid'],
  ['used once of two', withUse(token, use), now, 'valid'],
  ['a moment before its end', token, later(minuteMs - 1), 'valid'],
  ['at its end', token, later(minuteMs), 'expired'],
  ['used up', withUse(withUse(token, use), { ...use, host: 'n2' }), now, 'used'],
  ['used up, and over', withUse({ ...token, uses: 1 }, use), later(minuteMs), 'used'],
  ['revoked', revoked(token, now), now, 'revoked'],
  ['revoked after it was used up', revoked(withUse({ ...token, uses: 1 }, use), now), now, 'revoked'],
  ['revoked after its end', revoked(token, later(minuteMs)), later(minuteMs), 'revoked'],
];
for (const [name, record, at, state] of states) {
  test(`a token that is ${name} is ${state}`, () => assert.equal(tokenStateOf(record, at), state));
}

test('the first revocation counts', () => {
  const once = revoked(token, now);
  assert.equal(revoked(once, later(1)), once);
});

test('a use is found again by its request, and by nothing else', () => {
  const record = withUse(token, use);
  assert.deepEqual(useOf(record, use.requestHash), use);
  assert.equal(useOf(record, 'cd'.repeat(16)), undefined);
  assert.deepEqual(token.usedBy, [], 'the record before is as it was');
});

test('what has ended is remembered for a month, what has not for ever', () => {
  const usedLate = withUse({ ...token, uses: 1 }, { ...use, atMs: now.getTime() + 30_000 });
  const ends: readonly [TokenRecord, number][] = [
    [token, minuteMs],
    [usedLate, 30_000],
    [revoked(token, later(5_000)), 5_000],
  ];
  for (const [record, endMs] of ends) {
    assert.equal(isForgettable(record, later(endMs + rememberedMs)), false);
    assert.equal(isForgettable(record, later(endMs + rememberedMs + 1)), true);
  }
  const long = { ...token, expiresAtMs: now.getTime() + 100 * dayMs };
  assert.equal(isForgettable(long, later(90 * dayMs)), false);
});

const good = JSON.parse(Buffer.from(encodeToken(withUse(token, use))).toString()) as Record<string, unknown>;
const damaged: Readonly<Record<string, unknown>> = {
  'a list': [],
  null: null,
  'another token': { ...good, id: '000000000000' },
  'without hash': { ...good, secretHash: undefined },
  'with a cut hash': { ...good, secretHash: 'ab' },
  'of a role that is none': { ...good, role: 'admin' },
  'for a name that is none': { ...good, host: 'n1.*' },
  'for a name that is a number': { ...good, host: 1 },
  'without uses': { ...good, uses: undefined },
  'with no uses': { ...good, uses: 0 },
  'with uses as text': { ...good, uses: '5' },
  'with half a use': { ...good, uses: 1.5 },
  'without end': { ...good, expiresAtMs: undefined },
  'with a revocation at no time': { ...good, revokedAtMs: 'now' },
  'with addresses that are none': { ...good, addresses: [1] },
  'without its uses so far': { ...good, usedBy: undefined },
  'used by nobody': { ...good, usedBy: [{ ...use, host: undefined }] },
  'used for no request': { ...good, usedBy: [{ ...use, requestHash: '' }] },
  'used without serial': { ...good, usedBy: [{ ...use, serial: undefined }] },
  'used by half a record': { ...good, usedBy: [null] },
};
for (const [name, value] of Object.entries(damaged)) {
  test(`a token that is damaged (${name}) is none`, () => {
    assert.throws(
      () => decodeToken(token.id, Buffer.from(JSON.stringify(value))),
      (error) => isAppError(error, 'DAMAGED'),
    );
  });
}

test('what is not JSON is no token', () => {
  assert.throws(
    () => decodeToken(token.id, Buffer.from('{"id"')),
    (error) => isAppError(error, 'DAMAGED'),
  );
});
