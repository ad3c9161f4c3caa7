/** What people and programs are shown of a plan. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dayMs, hourMs } from '@easycerts/core';
import type { CertificatePlan } from './plan.ts';
import { checkHeaders, checkRow, planRecord, relativeTime, statusHeaders, statusRow } from './plan-rows.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');
const plan: CertificatePlan = {
  name: 'kubelet',
  directory: '/secrets/kubelet',
  state: 'reissue',
  reason: 'near-expiry',
  detail: 'valid until then',
  serial: 'a1',
  notAfterMs: nowMs + 29 * dayMs + 4 * hourMs,
  renewAtMs: nowMs - 3 * hourMs,
  wakeAtMs: nowMs,
};
const missing: CertificatePlan = {
  name: 'proxy',
  directory: '/secrets/proxy',
  state: 'reissue',
  reason: 'missing',
  detail: 'there is none',
  wakeAtMs: nowMs,
};

describe('planRecord', () => {
  test('has every field, null where nothing is known', () => {
    assert.deepEqual(planRecord(plan), {
      name: 'kubelet',
      state: 'reissue',
      reason: 'near-expiry',
      detail: 'valid until then',
      notAfter: '2020-01-30T16:00:00Z',
      renewAt: '2020-01-01T09:00:00Z',
      serial: 'a1',
      path: '/secrets/kubelet',
    });
    const { notAfter, renewAt, serial } = planRecord(missing);
    assert.deepEqual({ notAfter, renewAt, serial }, { notAfter: null, renewAt: null, serial: null });
  });
});

describe('rows', () => {
  test('have a cell for every header', () => {
    for (const one of [plan, missing]) {
      assert.equal(checkRow(one).length, checkHeaders.length);
      assert.equal(statusRow(one, nowMs, undefined).length, statusHeaders.length);
    }
    assert.deepEqual(checkRow(missing), ['proxy', 'reissue', 'missing', '-', '-', '-', '/secrets/proxy']);
  });

  test('say times as people do', () => {
    assert.deepEqual(statusRow(plan, nowMs, undefined), [
      'kubelet',
      'reissue',
      'in 29d 4h',
      '3h ago',
      'near-expiry: valid until then',
    ]);
    assert.equal(
      statusRow(missing, nowMs, 'UNAVAILABLE the CA is away').at(-1),
      'missing: there is none; UNAVAILABLE the CA is away',
    );
    assert.equal(
      statusRow(
        { ...plan, state: 'ok', reason: undefined, detail: '' } as unknown as CertificatePlan,
        nowMs,
        undefined,
      ).at(-1),
      '',
    );
    assert.equal(relativeTime(undefined, nowMs), '-');
  });
});
