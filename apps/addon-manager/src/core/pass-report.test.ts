import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@easycerts/core';
import type { ObjectResult, Outcome, PassReport } from './pass-report.ts';
import { isSettled } from './pass-report.ts';

const result = (outcome: Outcome): ObjectResult => ({
  set: 'addons',
  addon: 'a',
  reference: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'n', name: 'a' },
  mode: 'Reconcile',
  outcome,
  detail: '',
});
const report = (changed: Partial<PassReport> = {}): PassReport => ({
  set: 'addons',
  results: [],
  problems: [],
  dueAtMs: [],
  ...changed,
});
const problem = { addon: 'a', source: { file: 'a.yaml', document: 1 }, message: 'm', cure: 'c' };

describe('isSettled', () => {
  for (const [outcome, expected] of [
    ['created', true],
    ['corrected', true],
    ['unchanged', true],
    ['pruned', true],
    ['kept', true],
    ['waiting', false],
    ['failed', false],
  ] as const) {
    test(`${outcome}: ${expected}`, () =>
      assert.equal(isSettled(report({ results: [result('unchanged'), result(outcome)] })), expected));
  }

  test('not with a damaged manifest or an interruption, but with an ignored one', () => {
    assert.equal(isSettled(report({ problems: [{ ...problem, kind: 'damaged' }] })), false);
    assert.equal(isSettled(report({ problems: [{ ...problem, kind: 'ignored' }] })), true);
    assert.equal(isSettled(report({ interruption: new AppError('UNAVAILABLE', 'x') })), false);
  });
});
