import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { pageSizeOf, pageTokenOf, positionOf } from './page-token.ts';

test('a position comes back from its token', () => {
  for (const position of [0, 1, 99, 1_000_000]) assert.equal(positionOf(pageTokenOf(position)), position);
});

test('what is no token of ours is refused', () => {
  const encoded = (text: string): string => Buffer.from(text).toString('base64url');
  const wrong = [
    'x',
    '!!!',
    encoded('at:-1'),
    encoded('at:1e3'),
    encoded('at:'),
    encoded('at:9999999999999999'),
    encoded('7'),
    'A'.repeat(10_000),
  ];
  for (const token of wrong) {
    assert.throws(
      () => positionOf(token),
      (error) => isAppError(error, 'INVALID_INPUT'),
      token.slice(0, 20),
    );
  }
});

test('pages have 100 entries unless told otherwise, 1000 at most', () => {
  assert.deepEqual([0, 1, 1_000, 1_001, 2_147_483_647].map(pageSizeOf), [100, 1, 1_000, 1_000, 1_000]);
  assert.throws(
    () => pageSizeOf(-1),
    (error) => isAppError(error, 'INVALID_INPUT'),
  );
});
