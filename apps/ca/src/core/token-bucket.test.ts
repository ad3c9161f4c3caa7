import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFull, type RateLimit, type TokenBucket, takeToken } from './token-bucket.ts';

const limit: RateLimit = { burst: 3, perSecond: 2 };
const at = (ms: number): Date => new Date(1_577_880_000_000 + ms);

/** Takes at each of the times, and tells which were allowed. */
function takeAll(times: readonly number[]): string {
  let bucket: TokenBucket | undefined;
  return times
    .map((ms) => {
      const taken = takeToken(bucket, limit, at(ms));
      bucket = taken.bucket;
      return taken.isAllowed ? 'y' : 'n';
    })
    .join('');
}

test('a burst is allowed, then as many as come in', () => {
  assert.equal(takeAll([0, 0, 0, 0, 0]), 'yyynn');
  assert.equal(takeAll([0, 0, 0, 499, 500, 501, 999, 1_000]), 'yyynynny');
});

test('a pause fills the bucket, but not beyond its size', () => {
  assert.equal(takeAll([0, 0, 0, 3_600_000, 3_600_000, 3_600_000, 3_600_000]), 'yyyyyyn');
});

test('a refused call costs nothing', () => {
  assert.equal(takeAll([0, 0, 0, 100, 200, 300, 400, 500]), 'yyynnnny');
});

test('a clock that goes back gives nothing', () => {
  assert.equal(takeAll([10_000, 10_000, 10_000, 0, 0, 5_000, 10_400, 10_500]), 'yyynnnny');
});

test('buckets are values', () => {
  const bucket: TokenBucket = Object.freeze({ tokens: 1, atMs: at(0).getTime() });
  assert.equal(takeToken(bucket, limit, at(0)).isAllowed, true);
  assert.equal(takeToken(bucket, limit, at(0)).isAllowed, true);
});

test('a bucket is full again after burst divided by rate', () => {
  const { bucket } = takeToken({ tokens: 1, atMs: at(0).getTime() }, limit, at(0));
  assert.equal(isFull(bucket, limit, at(1_499)), false);
  assert.equal(isFull(bucket, limit, at(1_500)), true);
});
