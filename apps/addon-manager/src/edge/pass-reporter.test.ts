import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@easycerts/core';
import { fixedClock, recordingLogger, recordingPublisher } from '@easycerts/testing';
import type { ObjectResult, PassReport } from '../core/pass-report.ts';
import { createPassReporter } from './pass-reporter.ts';

const base: ObjectResult = {
  set: 'addons',
  addon: 'dns',
  reference: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system', name: 'coredns' },
  mode: 'Reconcile',
  outcome: 'unchanged',
  detail: '',
};
const failing = (code: 'INVALID_INPUT' | 'PERMISSION_DENIED', attempts: number, message = 'refused'): ObjectResult => ({
  ...base,
  outcome: 'failed',
  error: new AppError(code, message),
  attempts,
});
const reportOf = (changed: Partial<PassReport>): PassReport => ({
  set: 'addons',
  results: [],
  problems: [],
  dueAtMs: [],
  ...changed,
});

describe('the reporter', () => {
  const setUp = () => {
    const events = recordingPublisher();
    const { logger, entries } = recordingLogger();
    const reporter = createPassReporter({ clock: fixedClock(), events, logger }, 'addons');
    const report = (...results: ObjectResult[]): void => reporter.report(reportOf({ results }));
    return { events, entries, reporter, report };
  };

  test('tells what was applied and pruned, each once', () => {
    const { events, report } = setUp();
    report({ ...base, outcome: 'created', resourceVersion: '7' });
    report(base);
    report({ ...base, outcome: 'corrected', resourceVersion: '9' });
    report({ ...base, outcome: 'pruned' });
    assert.deepEqual(
      events.events.map(({ id, type }) => [type, id.replace(/T.*/, '')]),
      [
        ['easycerts.addon.applied', 'addon.applied:ConfigMap/kube-system/coredns:7'],
        ['easycerts.addon.applied', 'addon.applied:ConfigMap/kube-system/coredns:9'],
        ['easycerts.addon.pruned', 'addon.pruned:ConfigMap/kube-system/coredns:2020-01-01'],
      ],
    );
  });

  test('says nothing on the bus of what is as it was, waits, or is left to the users', () => {
    const { events, report } = setUp();
    for (const outcome of ['unchanged', 'waiting', 'kept'] as const) report({ ...base, outcome });
    assert.deepEqual(events.events, []);
  });

  test('a failure that stays is one event; another message is another one', () => {
    const { events, report } = setUp();
    report(failing('INVALID_INPUT', 1));
    report({ ...base, outcome: 'waiting' });
    report(failing('INVALID_INPUT', 2));
    report(failing('INVALID_INPUT', 3, 'refused otherwise'));
    assert.deepEqual(
      events.ofType('addon.failed').map(({ data }) => data.message),
      ['refused', 'refused otherwise'],
    );
  });

  test('a failure that comes back after a success is a new event', () => {
    const { entries, events, report } = setUp();
    report(failing('INVALID_INPUT', 1));
    report(base);
    report(failing('INVALID_INPUT', 1));
    assert.equal(events.ofType('addon.failed').length, 2);
    assert.equal(entries.filter(({ msg }) => msg === 'addon object is right again').length, 1);
  });

  test('what others may cure is an event only when it lasts', () => {
    const { events, report } = setUp();
    for (let attempts = 1; attempts <= 5; attempts += 1) report(failing('PERMISSION_DENIED', attempts));
    assert.equal(events.events.length, 0);
    report(failing('PERMISSION_DENIED', 6));
    assert.equal(events.events.length, 1);
  });

  test('a problem with a manifest is told while it is there, once', () => {
    const { events, reporter } = setUp();
    const problem = {
      kind: 'damaged',
      addon: 'x',
      source: { file: 'x.yaml', document: 2 },
      message: 'x.yaml document 2: bad',
      cure: 'mend it',
    } as const;
    for (const problems of [[problem], [problem], [], [problem]]) reporter.report(reportOf({ problems }));
    assert.equal(events.ofType('addon.failed').length, 2);
  });

  test('an API server that is away is logged when it lasts, and no event of ours', () => {
    const { entries, events, reporter } = setUp();
    const interruption = new AppError('UNAVAILABLE', 'reach API server', { details: { reason: 'unreachable' } });
    for (let count = 0; count < 20; count += 1) reporter.report(reportOf({ interruption }));
    assert.equal(events.events.length, 0);
    assert.equal(entries.filter(({ level }) => level === 'warn').length, 1);
  });

  test('a directory that cannot be read is an event', () => {
    const { events, reporter } = setUp();
    const interruption = new AppError('DAMAGED', 'read addon directory');
    for (let count = 0; count < 3; count += 1) reporter.report(reportOf({ interruption }));
    assert.deepEqual(
      events.ofType('addon.failed').map(({ subject, data }) => [subject, data.message]),
      [['addons', 'read addon directory']],
    );
  });

  test('what was wrong is remembered through an interruption', () => {
    const { events, report, reporter } = setUp();
    report(failing('INVALID_INPUT', 1));
    reporter.report(reportOf({ interruption: new AppError('UNAVAILABLE', 'away') }));
    report(failing('INVALID_INPUT', 2));
    assert.equal(events.ofType('addon.failed').length, 1);
  });
});
