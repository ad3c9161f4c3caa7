import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now } from '../../test/fixture.ts';
import { createFailureThrottle } from './failure-throttle.ts';

const limits = { source: { burst: 3, perSecond: 1 }, all: { burst: 10, perSecond: 1 } };
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);

test('who never fails may try for ever', () => {
  const throttle = createFailureThrottle(limits);
  for (let time = 0; time < 1_000; time++) assert.ok(throttle.mayTry('a', now));
});

test('who fails too often has to wait, and others do not', () => {
  const throttle = createFailureThrottle(limits);
  for (let time = 0; time < 3; time++) {
    assert.ok(throttle.mayTry('a', now));
    throttle.failed('a', now);
  }
  assert.equal(throttle.mayTry('a', now), false);
  assert.ok(throttle.mayTry('b', now));
  assert.equal(throttle.mayTry('a', later(0.9)), false);
  assert.ok(throttle.mayTry('a', later(1)));
});

test('when too many fail altogether, only those who have not failed are heard', () => {
  const throttle = createFailureThrottle(limits);
  for (let source = 0; source < 10; source++) throttle.failed(`s${source}`, now);
  assert.equal(throttle.isCalm(now), false);
  assert.equal(throttle.mayTry('s1', now), false);
  assert.ok(throttle.mayTry('honest', now));
  assert.ok(throttle.mayTry('s1', later(1)), 'its failure is forgotten');
});

test('a flood from ever new addresses takes no more memory than a bounded one', () => {
  const throttle = createFailureThrottle(limits);
  for (let time = 0; time < 3; time++) throttle.failed('first', now);
  for (let source = 0; source < 5_000; source++) throttle.failed(`s${source}`, now);
  assert.ok(throttle.mayTry('first', now), 'the oldest is forgotten');
  assert.equal(throttle.mayTry('s4999', now), false);
});

test('a clock that goes back gives nobody more tries', () => {
  const throttle = createFailureThrottle(limits);
  for (let time = 0; time < 3; time++) throttle.failed('a', now);
  assert.equal(throttle.mayTry('a', later(-3_600)), false);
});
