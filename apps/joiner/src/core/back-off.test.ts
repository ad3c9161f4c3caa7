import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryDelayMs } from './back-off.ts';

describe('retryDelayMs', () => {
  it('is nothing after the first failure, so a killed component comes back at once', () => {
    assert.equal(retryDelayMs(1, 0.99), 0);
    assert.equal(retryDelayMs(0, 0.99), 0);
  });

  it('doubles up to half a minute', () => {
    const delays = [2, 3, 4, 5, 6, 7, 8, 9, 10].map((failures) => retryDelayMs(failures, 1));
    assert.deepEqual(delays, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('never gives up, however often it failed', () => {
    assert.equal(retryDelayMs(1_000_000, 1), 30_000);
  });

  it('is spread over the upper half by the jitter', () => {
    assert.deepEqual([retryDelayMs(4, 0), retryDelayMs(4, 0.5)], [500, 750]);
  });

  it('gives the same answer at every call', () => {
    assert.equal(retryDelayMs(5, 0.3), retryDelayMs(5, 0.3));
  });
});
