/** Times: renewal, waking, waiting, breaking. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dayMs, hourMs, minuteMs, secondMs } from '@easycerts/core';
import { backoffMs, defaultBreaker, fractionOf, isLooping, nextWakeMs, type Reissue, renewAtMs } from './schedule.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');
const serials = Array.from({ length: 500 }, (_, index) => (index * 7919).toString(16));
const monthS = 30 * 86_400;

describe('renewAtMs', () => {
  const leafOf = (serial: string) => ({ serial, notBeforeMs: nowMs, notAfterMs: nowMs + 30 * dayMs });

  test('lies in the last twentieth before two thirds of the lifetime, for every serial number', () => {
    for (const serial of serials) {
      const share = (renewAtMs(leafOf(serial), monthS) - nowMs) / (30 * dayMs);
      assert.ok(share > 2 / 3 - 1 / 20 - 1e-9 && share <= 2 / 3, `${serial}: ${share}`);
    }
  });

  test('is the same for the same certificate, every time', () => {
    for (const serial of serials) assert.equal(renewAtMs(leafOf(serial), monthS), renewAtMs(leafOf(serial), monthS));
  });

  test('spreads certificates that were issued together', () => {
    const times = serials.map((serial) => renewAtMs(leafOf(serial), monthS));
    assert.ok(new Set(times).size > serials.length * 0.99);
    const fractions = serials.map(fractionOf);
    for (const quarter of [0, 1, 2, 3]) {
      const inside = fractions.filter((fraction) => Math.floor(fraction * 4) === quarter).length;
      assert.ok(inside > 75 && inside < 175, `quarter ${quarter}: ${inside} of 500`);
    }
  });

  test('does not count what the CA dated back: a short-lived certificate is not due when it is issued', () => {
    const leaf = { serial: 'a1', notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + minuteMs };
    const renewAt = renewAtMs(leaf, 60);
    assert.ok(renewAt > nowMs + 30 * secondMs && renewAt <= nowMs + 40 * secondMs, String(renewAt - nowMs));
  });

  test('counts the lifetime it has, when the CA gave a shorter one than the spec asks for', () => {
    const leaf = { serial: 'a1', notBeforeMs: nowMs, notAfterMs: nowMs + dayMs };
    assert.ok(renewAtMs(leaf, monthS) <= nowMs + (2 / 3) * dayMs);
    assert.ok(renewAtMs(leaf, monthS) > nowMs + 0.6 * dayMs);
  });

  test('leaves at least a third of the validity that the spec asks for', () => {
    for (const validityS of [1, 60, 3_600, 86_400, 365 * 86_400]) {
      const leaf = { serial: 'a1', notBeforeMs: nowMs - 5 * minuteMs, notAfterMs: nowMs + validityS * secondMs };
      assert.ok(leaf.notAfterMs - renewAtMs(leaf, validityS) >= (validityS * secondMs) / 3 - 1, String(validityS));
    }
  });
});

describe('nextWakeMs', () => {
  const rows: readonly [string, readonly number[], number][] = [
    ['nothing is due', [], 30_000],
    ['what is due comes after the interval', [nowMs + hourMs, Number.POSITIVE_INFINITY], 30_000],
    ['what is due comes before', [nowMs + hourMs, nowMs + 5_000], 5_000],
    ['what is due is overdue', [nowMs - hourMs], 100],
    ['what is due is due now', [nowMs], 100],
    ['something has no time', [Number.NEGATIVE_INFINITY], 100],
  ];
  for (const [when, due, expected] of rows) {
    test(`is ${expected} ms from now when ${when}`, () => {
      assert.equal(nextWakeMs(due, nowMs, 30_000) - nowMs, expected);
    });
  }

  test('takes ten thousand times', () => {
    assert.equal(nextWakeMs(new Array(10_000).fill(nowMs + 200), nowMs, 30_000), nowMs + 200);
  });
});

describe('backoffMs', () => {
  test('doubles up to five minutes', () => {
    const waits = [1, 2, 3, 4, 10, 11, 12, 100].map((attempt) => backoffMs(attempt, 0, 'away'));
    assert.deepEqual(waits, [250, 500, 1_000, 2_000, 128_000, 256_000, 300_000, 300_000]);
    assert.deepEqual(
      [1, 2, 8, 9].map((attempt) => backoffMs(attempt, 0, 'refused')),
      [2_000, 4_000, 256_000, 300_000],
    );
  });

  test('is never more than the whole and never less than half of it, whatever the jitter', () => {
    for (let attempt = 1; attempt < 40; attempt += 1) {
      for (const kind of ['away', 'refused'] as const) {
        const whole = backoffMs(attempt, 0, kind);
        for (const jitter of [0, 0.25, 0.5, 0.999]) {
          const wait = backoffMs(attempt, jitter, kind);
          assert.ok(wait >= whole / 2 && wait <= whole && Number.isInteger(wait));
        }
      }
    }
  });

  test('is finite for counts that make no sense', () => {
    for (const attempt of [-5, 0, 1e6, Number.MAX_SAFE_INTEGER])
      assert.ok(backoffMs(attempt, 0.5, 'away') <= 5 * minuteMs);
  });
});

describe('isLooping', () => {
  const policy = defaultBreaker;
  const spec = { digest: 'd1', validityS: monthS };
  const at = (...agoMs: readonly number[]): readonly Reissue[] =>
    agoMs.map((ago, index) => ({ serial: String(index), atMs: nowMs - ago, specDigest: 'd1' }));

  const rows: readonly [string, readonly Reissue[], boolean][] = [
    ['nothing was issued', [], false],
    ['four were issued within an hour', at(4, 3, 2, 1), false],
    ['five were issued within an hour', at(5, 4, 3, 2, 1), true],
    ['one of five is older than an hour', at(hourMs, 4, 3, 2, 1), false],
    ['one of five was for another spec', [...at(4, 3, 2, 1), { serial: 'x', atMs: nowMs, specDigest: 'd2' }], false],
  ];
  for (const [when, reissues, expected] of rows) {
    test(`is ${expected} when ${when}`, () => {
      assert.equal(isLooping(reissues, spec, { nowMs, policy }), expected);
    });
  }

  test('never holds for a certificate that is renewed when it is due, however short it lives', () => {
    for (const validityS of [3, 60, 600, 3_600, 7_200, 86_400]) {
      const reissues: Reissue[] = [];
      let timeMs = nowMs;
      for (let turn = 0; turn < 50; turn += 1) {
        const input = { nowMs: timeMs, policy };
        assert.equal(isLooping(reissues, { digest: 'd1', validityS }, input), false, `${validityS} s, turn ${turn}`);
        const serial = (turn * 7919).toString(16);
        reissues.push({ serial, atMs: timeMs, specDigest: 'd1' });
        const leaf = { serial, notBeforeMs: timeMs - 5 * minuteMs, notAfterMs: timeMs + validityS * secondMs };
        timeMs = renewAtMs(leaf, validityS);
      }
    }
  });

  test('holds for every certificate that is issued again at once', () => {
    for (const validityS of [3, 60, 3_600, monthS]) {
      const reissues = Array.from({ length: 5 }, (_, turn) => ({
        serial: String(turn),
        atMs: nowMs - turn * 200,
        specDigest: 'd1',
      }));
      assert.equal(isLooping(reissues, { digest: 'd1', validityS }, { nowMs, policy }), true, String(validityS));
    }
  });
});
