import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRetryBook } from './retry-book.ts';

describe('the book of retries', () => {
  test('waits longer after each failure of the same manifest', () => {
    const book = createRetryBook(() => 0.5);
    assert.equal(book.waitsUntil('a', 'h', 0), undefined);
    assert.deepEqual(book.failed('a', 'h', 0), { attempts: 1, dueAtMs: 250 });
    assert.equal(book.waitsUntil('a', 'h', 249), 250);
    assert.equal(book.waitsUntil('a', 'h', 250), undefined);
    assert.deepEqual(book.failed('a', 'h', 250), { attempts: 2, dueAtMs: 750 });
  });

  test('a changed manifest is tried at once and counted from one', () => {
    const book = createRetryBook(() => 0.5);
    book.failed('a', 'h', 0);
    assert.equal(book.waitsUntil('a', 'other', 0), undefined);
    assert.equal(book.failed('a', 'other', 0).attempts, 1);
  });

  test('a success ends it', () => {
    const book = createRetryBook(() => 0.5);
    book.failed('a', 'h', 0);
    assert.equal(book.succeeded('a'), true);
    assert.equal(book.succeeded('a'), false);
    assert.equal(book.waitsUntil('a', 'h', 0), undefined);
  });

  test('everything can be made due, without forgetting how often it failed', () => {
    const book = createRetryBook(() => 0.5);
    book.failed('a', 'h', 0);
    book.retryAll();
    assert.equal(book.waitsUntil('a', 'h', 1), undefined);
    assert.equal(book.failed('a', 'h', 1).attempts, 2);
  });

  test('forgets what is no longer wanted', () => {
    const book = createRetryBook(() => 0.5);
    book.failed('a', 'h', 0);
    book.failed('b', 'h', 0);
    book.keepOnly(new Set(['b']));
    assert.equal(book.waitsUntil('a', 'h', 1), undefined);
    assert.equal(book.waitsUntil('b', 'h', 1), 250);
  });
});
