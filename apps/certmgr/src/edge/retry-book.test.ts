/** Retries: how long, how often told, when forgotten. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@easycerts/core';
import { RetryBook } from './retry-book.ts';

const away = new AppError('UNAVAILABLE', 'away');
const refused = new AppError('PERMISSION_DENIED', 'no');

describe('RetryBook', () => {
  const key = { name: 'kubelet', digest: 'd1' };

  test('waits longer after each failure, and forgets them when it works', () => {
    const book = new RetryBook(() => 0);
    assert.deepEqual(
      [1, 2, 3].map(() => book.fail(key, away, 0).retryInMs),
      [250, 500, 1_000],
    );
    assert.ok(book.isWaiting(key, 999) && !book.isWaiting(key, 1_000));
    book.succeed(key);
    assert.ok(!book.isWaiting(key, 0));
    assert.equal(book.fail(key, away, 0).attempts, 1);
  });

  test('waits longer for a no than for silence', () => {
    const book = new RetryBook(() => 0);
    assert.ok(book.fail(key, refused, 0).retryInMs > book.fail({ ...key, name: 'x' }, away, 0).retryInMs);
  });

  test('starts afresh when the spec has changed', () => {
    const book = new RetryBook(() => 0);
    book.fail(key, away, 0);
    const changed = { ...key, digest: 'd2' };
    assert.ok(!book.isWaiting(changed, 0));
    assert.equal(book.get(changed), undefined);
    assert.equal(book.fail(changed, away, 0).attempts, 1);
  });

  test('finds ever fewer failures worth telling, but every new kind', () => {
    const book = new RetryBook(() => 0);
    const told = Array.from({ length: 16 }, () => book.fail(key, away, 0).isWorthTelling);
    assert.deepEqual(
      told.flatMap((isTold, index) => (isTold ? [index + 1] : [])),
      [1, 2, 4, 8, 16],
    );
    assert.ok(book.fail(key, refused, 0).isWorthTelling);
    assert.ok(!book.fail(key, refused, 0).isWorthTelling);
  });

  test('hurries without forgetting', () => {
    const book = new RetryBook(() => 0);
    book.fail(key, away, 1_000);
    book.hurry();
    assert.ok(!book.isWaiting(key, 1_000));
    assert.equal(book.fail(key, away, 1_000).attempts, 2);
  });

  test('forgets who is not wanted any more, but not the CA', () => {
    const book = new RetryBook(() => 0);
    book.fail(key, away, 0);
    book.fail('ca', away, 0);
    book.keepOnly(new Set(['other']));
    assert.equal(book.get(key), undefined);
    assert.ok(book.get('ca'));
    assert.equal(book.timesMs().length, 1);
  });

  test('makes an error with a code of whatever was thrown', () => {
    assert.equal(
      new RetryBook(() => 0).fail(key, Object.assign(new Error('full'), { code: 'ENOSPC' }), 0).error.code,
      'NO_SPACE',
    );
  });
});
