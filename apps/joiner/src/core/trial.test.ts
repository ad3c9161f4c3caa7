import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialFacts } from './trial.ts';
import { extendTrial, graceMs, judgeTrial, startLimitMs } from './trial.ts';

const set = { name: 'etcd', directory: '/s/etcd', serial: 'a1' };
const trial = { sets: [set], sinceMs: 1_000_000 };
const well: TrialFacts = { nowMs: 1_010_000, isHealthy: true, blamedSinceMs: undefined };

describe('judgeTrial', () => {
  for (const [rule, changes, verdict] of [
    ['goes on while the component is well', {}, 'go-on'],
    ['has passed after the grace time', { nowMs: trial.sinceMs + graceMs }, 'passed'],
    [
      'goes on after the grace time while the component is not well',
      { nowMs: trial.sinceMs + graceMs, isHealthy: false },
      'go-on',
    ],
    ['tolerates a short disturbance', { isHealthy: false, blamedSinceMs: 1_005_001 }, 'go-on'],
    ['has failed when it lasts', { isHealthy: false, blamedSinceMs: 1_005_000 }, 'failed'],
    ['has failed even late', { nowMs: 2_000_000, isHealthy: false, blamedSinceMs: 1_900_000 }, 'failed'],
    ['does not count the time before the change', { nowMs: 1_004_999, isHealthy: false, blamedSinceMs: 0 }, 'go-on'],
    [
      'does not blame the component for what it needs',
      { nowMs: 1_050_000, isHealthy: false, blamedSinceMs: undefined },
      'go-on',
    ],
  ] as const) {
    it(rule, () => assert.equal(judgeTrial(trial, { ...well, ...changes }), verdict));
  }
});

describe('extendTrial', () => {
  it('begins a trial', () => {
    assert.deepEqual(extendTrial(undefined, [set], 5), { sets: [set], sinceMs: 5 });
  });

  it('adds sets, the newest certificate of each, and starts the time afresh', () => {
    const [other, newer] = [
      { ...set, name: 'peer' },
      { ...set, serial: 'b2' },
    ];
    assert.deepEqual(extendTrial(extendTrial(trial, [other], 6), [newer], 7), { sets: [other, newer], sinceMs: 7 });
  });
});

describe('startLimitMs', () => {
  it('is shorter on trial, for the component was healthy just before', () => {
    assert.deepEqual(
      [startLimitMs(120_000, false), startLimitMs(120_000, true), startLimitMs(5_000, true)],
      [120_000, 45_000, 5_000],
    );
  });
});
