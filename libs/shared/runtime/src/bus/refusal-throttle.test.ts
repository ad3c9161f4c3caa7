import assert from 'node:assert/strict';
import test from 'node:test';
import { fixedClock, recordingPublisher } from '@easycerts/testing';
import type { BusRefusal } from './refusal.ts';
import { createRefusalReporter } from './refusal-reporter.ts';
import { createRefusalThrottle } from './refusal-throttle.ts';

const refusal: BusRefusal = { kind: 'publish', user: 'CN=n1', subject: 'a', detail: 'not permitted', peer: '10.0.0.5' };

test('the first of a kind is told at once, repetitions as one number when the window ends', () => {
  const throttle = createRefusalThrottle();
  assert.deepEqual(throttle.add(refusal, 1), [refusal]);
  for (let count = 0; count < 1_000; count += 1) assert.deepEqual(throttle.add(refusal, 1), []);
  assert.deepEqual(throttle.endWindow(), [{ ...refusal, detail: 'not permitted; 1000 more times within a minute' }]);
});

test('several at once are one and a number', () => {
  const throttle = createRefusalThrottle();
  assert.deepEqual(throttle.add(refusal, 5), [refusal]);
  assert.deepEqual(
    throttle.endWindow().map(({ detail }) => detail),
    ['not permitted; 4 more times within a minute'],
  );
});

test('nothing is told twice, and a new window begins afresh', () => {
  const throttle = createRefusalThrottle();
  throttle.add(refusal, 1);
  assert.deepEqual(throttle.endWindow(), []);
  assert.deepEqual(throttle.endWindow(), []);
  assert.deepEqual(throttle.add(refusal, 1), [refusal]);
});

for (const change of [
  { kind: 'subscribe' },
  { user: 'CN=n2' },
  { subject: 'b' },
  { peer: '10.0.0.6' },
  { detail: 'x' },
] as const) {
  test(`another ${Object.keys(change)[0]} is told by itself`, () => {
    const throttle = createRefusalThrottle();
    throttle.add(refusal, 1);
    assert.deepEqual(throttle.add({ ...refusal, ...change }, 1), [{ ...refusal, ...change }]);
  });
}

test('one user with a million subjects is told some times, then as one number', () => {
  const throttle = createRefusalThrottle();
  let told = 0;
  for (let count = 0; count < 10_000; count += 1) told += throttle.add({ ...refusal, subject: `s${count}` }, 1).length;
  assert.equal(told, 20);
  assert.deepEqual(throttle.endWindow(), [
    { ...refusal, subject: '', detail: '9980 more refusals of other kinds within a minute' },
  ]);
});

test('a flood of one user does not keep another from being told', () => {
  const throttle = createRefusalThrottle();
  for (let count = 0; count < 10_000; count += 1) throttle.add({ ...refusal, subject: `s${count}` }, 1);
  assert.equal(throttle.add({ ...refusal, user: 'CN=n2' }, 1).length, 1);
});

test('unknown users are told apart by their address', () => {
  const throttle = createRefusalThrottle();
  const unknown = { ...refusal, kind: 'connection', user: '', subject: '' } as const;
  let told = 0;
  for (let count = 0; count < 100; count += 1) told += throttle.add({ ...unknown, peer: `10.0.0.${count}` }, 1).length;
  assert.equal(told, 100);
});

test('all together are bounded, whoever they are', () => {
  const throttle = createRefusalThrottle();
  let told = 0;
  for (let count = 0; count < 50_000; count += 1) told += throttle.add({ ...refusal, user: `CN=x${count}` }, 1).length;
  assert.equal(told, 200);
  assert.deepEqual(throttle.endWindow(), [
    { kind: 'connection', user: '', subject: '', peer: '', detail: '49800 more refusals within a minute' },
  ]);
});

test('the reporter publishes refusals as events about the user, or about the address when there is none', async () => {
  const events = recordingPublisher();
  const reporter = createRefusalReporter({ events, clock: fixedClock() });
  reporter.report(refusal);
  reporter.report({ ...refusal, user: '', kind: 'connection', subject: '' }, 3, new Date('2019-01-01T00:00:00Z'));
  await reporter.close();
  const told = events.ofType('bus.refused');
  assert.deepEqual(
    told.map(({ subject, time, data }) => [subject, time.slice(0, 4), data.detail]),
    [
      ['CN=n1', '2020', 'not permitted'],
      ['10.0.0.5', '2019', 'not permitted'],
      ['10.0.0.5', '2020', 'not permitted; 2 more times within a minute'],
    ],
  );
  assert.equal(new Set(told.map(({ id }) => id)).size, 3);
});
