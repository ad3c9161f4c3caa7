import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideNotice, type Notice, type ServiceFacts } from './notice-plan.ts';
import { settleMs } from './plan.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');
const notice = (certificate: string, action: Notice['action'] = 'reload'): Notice => ({
  certificate,
  directory: `/certificates/${certificate}`,
  unit: 'nginx',
  action,
});
/** Runs with what it was told of. */
const calm: ServiceFacts = {
  notices: [notice('www'), notice('api')],
  isActive: true,
  startedAtMs: nowMs - 60_000,
  observed: { www: 'a', api: 'b' },
  told: { www: 'a', api: 'b' },
  changedAtMs: nowMs - 10_000,
  writtenAtMs: nowMs - 10_000,
  retryAtMs: 0,
};
const reload = (...certificates: string[]) => ({ kind: 'tell', action: 'reload', certificates });

describe('a service', () => {
  for (const [what, changes, expected] of [
    ['with what it was told of is left alone', {}, { kind: 'nothing' }],
    ['is told of a set that changed', { observed: { www: 'a2', api: 'b' } }, reload('www')],
    ['is told once of several', { observed: { www: 'a2', api: 'b2' } }, reload('www', 'api')],
    ['is told of a set that is new', { told: { www: 'a' } }, reload('api')],
    [
      'is restarted when one of them needs that',
      { notices: [notice('www'), notice('api', 'restart')], observed: { www: 'a2', api: 'b2' } },
      { kind: 'tell', action: 'restart', certificates: ['www', 'api'] },
    ],
    [
      'is reloaded when the one that needs a restart is as it was',
      { notices: [notice('www'), notice('api', 'restart')], observed: { www: 'a2', api: 'b' } },
      reload('www'),
    ],
    ['is not told of a set that has gone', { observed: { www: 'a' } }, { kind: 'nothing' }],
    ['is not told of a set that is not there yet', { told: undefined, observed: {} }, { kind: 'nothing' }],
    [
      'that does not run reads it when it is started, by whomever',
      { isActive: false, observed: { www: 'a2', api: 'b' } },
      { kind: 'accept' },
    ],
    [
      'is given time until all of its sets have come',
      { observed: { www: 'a2', api: 'b' }, changedAtMs: nowMs },
      { kind: 'later', atMs: nowMs + settleMs },
    ],
    [
      'that refused is told again later',
      { observed: { www: 'a2', api: 'b' }, retryAtMs: nowMs + 5_000 },
      { kind: 'later', atMs: nowMs + 5_000 },
    ],
    ['is told again when that time has come', { observed: { www: 'a2', api: 'b' }, retryAtMs: nowMs }, reload('www')],
    [
      'that nothing is remembered of has read what is older than its start',
      { told: undefined, startedAtMs: nowMs - 5_000 },
      { kind: 'accept' },
    ],
    ['that nothing is remembered of is told of what is newer', { told: undefined }, reload('www', 'api')],
    [
      'that nothing is remembered of is told when nobody knows its start',
      { told: undefined, startedAtMs: undefined },
      reload('www', 'api'),
    ],
    [
      'that is remembered is told even when a clock says that it was started since',
      { observed: { www: 'a2', api: 'b' }, startedAtMs: nowMs - 1 },
      reload('www'),
    ],
  ] as const satisfies readonly (readonly [string, Partial<ServiceFacts>, unknown])[]) {
    it(what, () => assert.deepEqual(decideNotice({ ...calm, ...changes }, nowMs), expected));
  }
});
