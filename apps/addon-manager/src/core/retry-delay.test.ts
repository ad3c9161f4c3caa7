import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { minuteMs } from '@easycerts/core';
import { intervalDelayMs, isToBeReported, nextPassDelayMs, retryDelayMs } from './retry-delay.ts';

describe('when to look again', () => {
  test('retries begin after a quarter of a second and double up to five minutes', () => {
    assert.deepEqual(
      [1, 2, 3, 6].map((attempts) => retryDelayMs(attempts, 0.5)),
      [250, 500, 1_000, 8_000],
    );
    assert.equal(retryDelayMs(1_000_000, 0.5), 5 * minuteMs);
  });

  test('jitter stays within an eighth on either side', () => {
    assert.equal(retryDelayMs(3, 0), 875);
    assert.ok(retryDelayMs(3, 0.999) <= 1_125);
    assert.deepEqual(
      [0, 1].map((random) => intervalDelayMs(5_000, random)),
      [4_500, 5_500],
    );
  });

  test('the next pass is when something is due, at most after the interval', () => {
    assert.equal(nextPassDelayMs(5_000, [], 0), 5_000);
    assert.equal(nextPassDelayMs(5_000, [1_300, 2_000], 1_000), 300);
    assert.equal(nextPassDelayMs(5_000, [90_000], 0), 5_000);
  });

  test('what is overdue does not make a busy loop', () => {
    assert.equal(nextPassDelayMs(5_000, [-5_000], 0), 100);
  });

  test('what only a person can cure is reported at once, anything else when it lasts', () => {
    assert.equal(isToBeReported(1, false), true);
    assert.equal(isToBeReported(5, true), false);
    assert.equal(isToBeReported(6, true), true);
  });
});
