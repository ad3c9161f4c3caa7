import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type AdvanceableClock, advanceableClock, silentLogger } from '@easycerts/testing';
import { specOf } from '../../test/specs.ts';
import { judgeUnit } from './judge.ts';
import { ManagedUnit } from './managed-unit.ts';
import { Records } from './records.ts';

const fingerprint = { unit: 'a'.repeat(40), files: {}, certificates: {} };
const trial = { sets: [{ name: 's', directory: '/s', serial: '1' }], sinceMs: 0 };

const base = mkdtempSync(join(tmpdir(), 'judge-'));
after(() => rmSync(base, { recursive: true }));

interface Case {
  readonly unit: ManagedUnit;
  readonly clock: AdvanceableClock;
  readonly records: Records;
  /** What was begun: `succeed`, `fail: …`, `failure: …`. */
  judge(): readonly string[];
}

/** A running component that is not healthy, and one that it needs. */
function caseOf(spec: Parameters<typeof specOf>[1] = {}, needed?: 'healthy' | 'unhealthy'): Case {
  const clock = advanceableClock();
  const given = { observation: { fingerprint, serials: {} }, clock, onChange: () => undefined };
  const unit = new ManagedUnit(specOf('a', { startAfter: needed === undefined ? [] : ['b'], ...spec }), given);
  const other = new ManagedUnit(specOf('b'), given);
  Object.defineProperty(other, 'isHealthy', { value: needed === 'healthy' });
  unit.status = { state: 'active', pid: 1, startedAt: clock.now() };
  unit.wasActive = true;
  const records = new Records(mkdtempSync(join(base, 'records-')), silentLogger());
  return {
    unit,
    clock,
    records,
    judge() {
      const begun: string[] = [];
      const work = {
        succeed: () => begun.push('succeed'),
        fail: (_: ManagedUnit, message: string) => begun.push(`fail: ${message}`),
        noteFailure: (_: ManagedUnit, message: string) => begun.push(`failure: ${message}`),
      };
      judgeUnit(unit, { work, records, unitOf: (name) => (name === 'b' ? other : undefined) }, clock.now().getTime());
      return begun;
    },
  };
}

function makeHealthy({ unit }: Case): void {
  Object.defineProperty(unit.health, 'isHealthy', { value: true, configurable: true });
}

function attemptUntil({ clock, unit }: Case, durationMs: number): void {
  const nowMs = clock.now().getTime();
  unit.attempt = {
    kind: 'start',
    reason: 'not-running',
    changed: [],
    beganAtMs: nowMs,
    deadlineMs: nowMs + durationMs,
  };
}

describe('an attempt', () => {
  it('goes on until it is healthy', () => {
    const one = caseOf();
    attemptUntil(one, 1_000);
    assert.deepEqual(one.judge(), []);
    makeHealthy(one);
    assert.deepEqual(one.judge(), ['succeed']);
  });

  it('fails when its time is over', () => {
    const one = caseOf();
    attemptUntil(one, 20_000);
    one.clock.advance(20_000);
    assert.deepEqual(one.judge(), ['fail: not healthy after 20s: not running']);
  });

  it('fails when the component ends, and says how', () => {
    for (const [lastExit, words] of [
      ['1', ' (exit code 1)'],
      ['SIGSEGV', ' (SIGSEGV)'],
      ['unknown', ''],
    ] as const) {
      const one = caseOf();
      attemptUntil(one, 1_000);
      one.unit.status = { state: 'failed', lastExit };
      assert.deepEqual(one.judge(), [`fail: ended by itself${words}`]);
    }
  });

  it('is not judged while it acts', () => {
    const one = caseOf();
    attemptUntil(one, 1_000);
    if (one.unit.attempt !== undefined) one.unit.attempt.deadlineMs = undefined;
    one.unit.status = { state: 'inactive' };
    one.clock.advance(100_000);
    assert.deepEqual(one.judge(), []);
  });
});

describe('a component without an attempt', () => {
  it('that ends by itself has failed, once', () => {
    const one = caseOf();
    one.unit.status = { state: 'failed', lastExit: '2' };
    assert.deepEqual(one.judge(), ['failure: ended by itself (exit code 2)']);
    assert.deepEqual(one.judge(), []);
  });

  it('that is unhealthy for a minute has failed, or for its start time when that is longer', () => {
    for (const [startTimeoutMs, limitMs] of [
      [1_000, 60_000],
      [120_000, 120_000],
    ] as const) {
      const one = caseOf({ startTimeoutMs });
      one.clock.advance(limitMs - 1);
      assert.deepEqual(one.judge(), []);
      one.clock.advance(1);
      assert.equal(one.judge().length, 1);
    }
  });

  it('is not blamed while what it needs is unhealthy or not there', () => {
    for (const one of [caseOf({}, 'unhealthy'), caseOf({ startAfter: ['elsewhere'] })]) {
      one.clock.advance(1_000_000);
      assert.deepEqual(one.judge(), []);
    }
  });

  it('has forgotten its failure once it is healthy', () => {
    const one = caseOf();
    one.unit.hasFailed = true;
    makeHealthy(one);
    one.judge();
    assert.deepEqual([one.unit.hasFailed, one.unit.healthySinceMs], [false, one.clock.now().getTime()]);
  });
});

describe('a component on trial', () => {
  function onTrial(needed?: 'healthy' | 'unhealthy'): Case {
    const one = caseOf({ startTimeoutMs: 30_000 }, needed);
    one.records.set('a', { startedWith: fingerprint, trial });
    one.unit.healthySinceMs = 0;
    return one;
  }

  it('fails when it is unhealthy for some seconds', () => {
    const one = onTrial('healthy');
    one.clock.advance(4_999);
    assert.deepEqual(one.judge(), []);
    one.clock.advance(1);
    assert.deepEqual(one.judge(), ['fail: not healthy with its new certificates: not running']);
  });

  it('is not blamed for what it needs', () => {
    const one = onTrial('unhealthy');
    one.clock.advance(20_000);
    assert.deepEqual(one.judge(), []);
  });

  it('passes when it stays healthy', () => {
    const one = onTrial();
    makeHealthy(one);
    one.clock.advance(60_000);
    one.judge();
    assert.equal(one.records.get('a')?.trial, undefined);
  });

  it('that was adopted in the middle of its start is given the time to start', () => {
    const one = onTrial();
    one.unit.healthySinceMs = undefined;
    one.clock.advance(29_999);
    assert.deepEqual(one.judge(), []);
    one.clock.advance(1);
    assert.equal(one.judge().length, 1);
  });
});
