/** What is done about a certificate: holds, breaker, clock, and what comes before what. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dayMs, hourMs } from '@easycerts/core';
import { plainSpec } from '../../test/test-host.ts';
import type { CertificateObservation, LeafFacts, PresentSet } from './observation.ts';
import { type PlanInput, type PlanState, planCertificate } from './plan.ts';
import { renewAtMs } from './schedule.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');
const spec = plainSpec('kubelet', '/secrets/kubelet');

const leaf: LeafFacts = {
  serial: 'a1',
  fingerprint: 'f1',
  subject: spec.subject,
  issuerText: 'CN=kubernetes-ca',
  otherSubjectAttributes: [],
  alternativeNames: spec.alternativeNames,
  otherNames: [],
  usages: spec.usages,
  otherUsages: [],
  isCa: false,
  keyAlgorithm: 'ecdsa-p256',
  keyDescription: 'ecdsa-p256',
  spkiFingerprint: 's1',
  notBeforeMs: nowMs - dayMs,
  notAfterMs: nowMs + 29 * dayMs,
};
const present: PresentSet = {
  kind: 'present',
  leaf,
  doesKeyMatch: true,
  isIssuerTrusted: true,
  bundle: 'current',
  wrongModes: [],
};
const valid: PlanInput = {
  spec,
  specDigest: 'd1',
  observation: present,
  isForced: false,
  hold: undefined,
  history: { reissues: [] },
  breaker: { maxReissues: 5, windowMs: hourMs },
  nowMs,
};

const missing: CertificateObservation = { kind: 'missing', detail: 'gone' };
const due: PresentSet = {
  ...present,
  leaf: { ...leaf, notBeforeMs: nowMs - 25 * dayMs, notAfterMs: nowMs + 5 * dayMs },
};
const expired: PresentSet = {
  ...present,
  leaf: { ...leaf, notBeforeMs: nowMs - 31 * dayMs, notAfterMs: nowMs - dayMs },
};
const early: PresentSet = {
  ...present,
  leaf: { ...leaf, notBeforeMs: nowMs + hourMs, notAfterMs: nowMs + 30 * dayMs },
};
const hold = { untilMs: nowMs + hourMs, reason: 'kubelet was not healthy' };
const over = { untilMs: nowMs, reason: 'kubelet was not healthy' };
const looping = {
  reissues: [1, 2, 3, 4, 5].map((ago) => ({ serial: String(ago), atMs: nowMs - ago, specDigest: 'd1' })),
};
const stopped = { reissues: [], stoppedFor: 'd1' };

const rows: readonly [string, Partial<PlanInput>, PlanState, (number | undefined)?][] = [
  ['all is well', {}, 'ok', renewAtMs(leaf, spec.validityS)],
  ['it is missing', { observation: missing }, 'reissue', nowMs],
  ['it is due', { observation: due }, 'reissue', nowMs],
  ['the clock is before its begin', { observation: early }, 'clock', nowMs + hourMs],
  ['the clock is before its begin, but somebody forces it', { observation: early, isForced: true }, 'reissue'],
  [
    'its files may not be read',
    { observation: { kind: 'inaccessible', code: 'PERMISSION_DENIED', detail: 'x' } },
    'error',
    Number.POSITIVE_INFINITY,
  ],
  ['its trust bundle is outdated', { observation: { ...present, bundle: 'outdated' } }, 'bundle', nowMs],
  ['its trust bundle is damaged', { observation: { ...present, bundle: 'damaged' } }, 'bundle'],
  ['no trust bundle is known', { observation: { ...present, bundle: 'unknown' } }, 'ok'],
  ['its modes are wrong', { observation: { ...present, wrongModes: ['x'] } }, 'modes', nowMs],
  [
    'bundle and modes are wrong: a delivery mends both',
    { observation: { ...present, bundle: 'outdated', wrongModes: ['x'] } },
    'bundle',
  ],
  [
    'it is due and its bundle outdated: a new certificate mends both',
    { observation: { ...due, bundle: 'outdated' } },
    'reissue',
  ],
  ['it is due and held', { observation: due, hold }, 'held', hold.untilMs],
  ['it is due and its hold is over', { observation: due, hold: over }, 'reissue'],
  [
    'it is held, but expires before the end',
    { observation: { ...due, leaf: { ...due.leaf, notAfterMs: nowMs + 1_000 } }, hold },
    'held',
    nowMs + 1_001,
  ],
  ['it is held and has expired: it serves nobody', { observation: expired, hold }, 'reissue'],
  ['it is held and missing', { observation: missing, hold }, 'reissue'],
  ['it is held and unreadable', { observation: { kind: 'unreadable', detail: 'x' }, hold }, 'reissue'],
  ['it is held and its key another', { observation: { ...present, doesKeyMatch: false }, hold }, 'reissue'],
  ['it is held and somebody forces it', { observation: due, hold, isForced: true }, 'reissue'],
  ['it is held and only the bundle differs', { observation: { ...present, bundle: 'outdated' }, hold }, 'held'],
  ['it is held and nothing is due', { hold }, 'ok'],
  ['it is held and only modes are wrong', { observation: { ...present, wrongModes: ['x'] }, hold }, 'modes'],
  ['it is issued in a loop', { observation: due, history: looping }, 'stopped', Number.POSITIVE_INFINITY],
  ['it was issued in a loop, and is well now', { history: looping }, 'ok'],
  ['it was stopped', { observation: missing, history: stopped }, 'stopped'],
  ['it was stopped for another spec', { observation: missing, history: { ...stopped, stoppedFor: 'd0' } }, 'reissue'],
  [
    'it was stopped and somebody forces it',
    { observation: due, history: { ...looping, ...stopped }, isForced: true },
    'reissue',
  ],
  [
    'it was stopped and only the bundle differs',
    { observation: { ...present, bundle: 'outdated' }, history: stopped },
    'bundle',
  ],
];

describe('planCertificate', () => {
  for (const [when, change, state, wakeAtMs] of rows) {
    test(`is ${state} when ${when}`, () => {
      const plan = planCertificate({ ...valid, ...change });
      assert.equal(plan.state, state);
      if (wakeAtMs !== undefined) assert.equal(plan.wakeAtMs, wakeAtMs);
      assert.ok(state === 'ok' || plan.detail !== '', 'says why');
      assert.deepEqual(planCertificate({ ...valid, ...change }), plan, 'the same at the same instant');
    });
  }

  test('says what it knows of the set', () => {
    const { serial, notAfterMs, renewAtMs: renewAt, name, directory } = planCertificate(valid);
    assert.deepEqual(
      { serial, notAfterMs, renewAt, name, directory },
      {
        serial: 'a1',
        notAfterMs: leaf.notAfterMs,
        renewAt: renewAtMs(leaf, spec.validityS),
        name: 'kubelet',
        directory: '/secrets/kubelet',
      },
    );
    assert.equal(planCertificate({ ...valid, observation: missing }).serial, undefined);
  });

  test('keeps the reason also of what has to wait', () => {
    assert.equal(planCertificate({ ...valid, observation: due, hold }).reason, 'near-expiry');
    assert.equal(planCertificate({ ...valid, observation: early }).reason, 'not-yet-valid');
    assert.equal(planCertificate({ ...valid, observation: missing, history: stopped }).reason, 'missing');
  });

  test('tells people to set the clock, with both times', () => {
    const { detail } = planCertificate({ ...valid, observation: early });
    assert.match(detail, /2020-01-01T13:00:00.000Z.*2020-01-01T12:00:00.000Z.*set the clock/);
  });

  test('changes nothing of its input', () => {
    const frozen = Object.freeze({ ...valid, spec: Object.freeze(spec), observation: Object.freeze(due) });
    planCertificate(frozen);
  });
});
