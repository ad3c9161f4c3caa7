import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countFailures, restartDelayMs } from './restart-delay.ts';

test('the first restart comes soon, later ones wait longer, up to a limit', () => {
  const delays = [0, 1, 2, 3, 10, 1000].map((failures) => restartDelayMs(failures, 0));
  assert.deepEqual(delays, [100, 200, 400, 800, 5_000, 5_000]);
});
test('what ran well for long is started again at once, and its failures are forgotten', () => {
  assert.equal(restartDelayMs(9, 60_000), 0);
  assert.equal(countFailures(9, 60_000), 0);
});
test('an end soon after the start is one failure more', () => assert.equal(countFailures(3, 10), 4));
