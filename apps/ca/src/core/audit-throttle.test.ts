import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuditThrottle, throttleWindowMs } from './audit-throttle.ts';

const at = (ms: number): Date => new Date(1_577_880_000_000 + ms);

test('of the same refusal one a window is told, with the number of those left out', () => {
  const throttle = createAuditThrottle();
  assert.deepEqual(throttle('n1', at(0)), { isTold: true, leftOut: 0 });
  for (let count = 1; count <= 500; count++) assert.equal(throttle('n1', at(count)).isTold, false);
  assert.deepEqual(throttle('n1', at(throttleWindowMs)), { isTold: true, leftOut: 500 });
  assert.deepEqual(throttle('n1', at(2 * throttleWindowMs)), { isTold: true, leftOut: 0 });
});

test('another key is told at once', () => {
  const throttle = createAuditThrottle();
  throttle('n1', at(0));
  assert.equal(throttle('n2', at(0)).isTold, true);
});

test('however many keys there are, memory is bounded, and none is kept from being told', () => {
  const throttle = createAuditThrottle();
  for (let number = 0; number < 5_000; number++) assert.equal(throttle(`n${number}`, at(0)).isTold, true);
  assert.equal(throttle('n4999', at(1)).isTold, false);
  assert.equal(throttle('n0', at(1)).isTold, true);
});
