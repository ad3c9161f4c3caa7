import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { phaseText } from './phase-report.ts';

describe('phaseText', () => {
  for (const [report, text] of [
    [{ phase: 'enrol', state: 'done', message: 'n1 is a host', durationMs: 420 }, '✔ enrol (0.4s) n1 is a host'],
    [{ phase: 'enrol', state: 'started', message: '', durationMs: 0 }, '· enrol'],
    [{ phase: 'enrol', state: 'waiting', message: 'the\nCA', durationMs: 9 }, '· enrol the CA'],
    [{ phase: 'enrol', state: 'skipped', message: 'done already', durationMs: 1 }, '✔ enrol done already'],
    [{ phase: 'enrol', state: 'failed', message: 'used', durationMs: 12_000 }, '✖ enrol (12s) used'],
  ] as const) {
    test(report.state, () => assert.equal(phaseText(report), text));
  }

  test('has what was found below it, each with what mends it', () => {
    const findings = [{ check: 'swap', severity: 'error', message: 'swap is on', cure: 'swapoff -a' }] as const;
    assert.equal(
      phaseText({ phase: 'preflight', state: 'failed', message: 'no', durationMs: 0, findings }),
      '✖ preflight (0.0s) no\n    error [swap] swap is on\n      do: swapoff -a',
    );
  });
});
