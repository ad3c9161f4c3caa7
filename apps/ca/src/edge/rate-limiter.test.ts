import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advanceableClock } from '@easycerts/testing';
import { createRateLimiter } from './rate-limiter.ts';

test('each host has its own bucket', () => {
  const clock = advanceableClock();
  const mayCall = createRateLimiter({ burst: 2, perSecond: 1 }, clock);
  assert.deepEqual(['n1', 'n1', 'n1', 'n2'].map(mayCall), [true, true, false, true]);
  clock.advance(1_000);
  assert.deepEqual(['n1', 'n1', 'n2', 'n2', 'n2'].map(mayCall), [true, false, true, true, false]);
});

test('forgetting full buckets gives nobody more than its share', () => {
  const clock = advanceableClock();
  const mayCall = createRateLimiter({ burst: 2, perSecond: 1 }, clock);
  assert.deepEqual([mayCall('n1'), mayCall('n1')], [true, true]);
  for (let number = 0; number < 3_000; number++) mayCall(`other-${number}`);
  assert.equal(mayCall('n1'), false);
  clock.advance(2_000);
  for (let number = 0; number < 3_000; number++) mayCall(`later-${number}`);
  assert.deepEqual(['n1', 'n1', 'n1'].map(mayCall), [true, true, false]);
});
