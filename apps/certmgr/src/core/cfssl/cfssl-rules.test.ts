import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dayMs, hourMs } from '@easycerts/core';
import { oid } from '@easycerts/pki';
import type { CertificateObservation, LeafFacts } from '../observation.ts';
import { type PlanInput, planByRules } from '../plan.ts';
import { defaultBreaker } from '../schedule.ts';
import { answerDiffers, cfsslRules, type PlannedCfsslSpec, renewBeforeMs } from './cfssl-rules.ts';
import type { CfsslSpec } from './cfssl-spec.ts';
import { namesOfHosts } from './host-names.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');
const commonName = 'system:kube-proxy';
const spec: CfsslSpec = {
  name: 'proxy.json',
  authority: { remotes: ['https://ca:8888'], label: '', profile: 'default' },
  keyPair: {
    request: {
      commonName,
      subject: [
        { type: oid.organization, value: 'x' },
        { type: oid.commonName, value: commonName },
      ],
      names: namesOfHosts([commonName, 'n1.example', '10.0.0.1']),
      keyKind: 'rsa-2048',
    },
    certificate: { path: '/c', mode: 0o644 },
    privateKey: { path: '/k', mode: 0o600 },
  },
  beforeMs: 72 * hourMs,
  intervalMs: hourMs,
  intervalSplayMs: 0,
  initialSplayMs: 0,
};
const leaf: LeafFacts = {
  serial: '1',
  fingerprint: 'f',
  subject: { commonName, organizations: ['x'] },
  issuerText: 'CN=ca',
  otherSubjectAttributes: [],
  subjectAttributes: [`${oid.organization}=x`, `${oid.commonName}=${commonName}`].sort(),
  alternativeNames: { dns: ['n1.example'], ip: ['10.0.0.1'] },
  otherNames: [`URI:${commonName}`],
  usages: [],
  otherUsages: [],
  isCa: false,
  keyAlgorithm: 'rsa-2048',
  keyDescription: 'rsa-2048',
  spkiFingerprint: 's',
  notBeforeMs: nowMs - dayMs,
  notAfterMs: nowMs + 29 * dayMs,
};
const present: CertificateObservation = {
  kind: 'present',
  leaf,
  doesKeyMatch: true,
  isIssuerTrusted: true,
  bundle: 'current',
  wrongModes: [],
};

function planOf(observation: CertificateObservation, change: Partial<CfsslSpec> = {}, isForced = false) {
  const cfssl = { ...spec, ...change };
  const input: PlanInput<PlannedCfsslSpec> = {
    spec: { name: spec.name, authority: 'ca', directory: '/c', validityS: 30 * 86_400, cfssl },
    specDigest: 'd',
    observation,
    isForced,
    hold: undefined,
    history: { reissues: [] },
    breaker: defaultBreaker,
    nowMs,
  };
  return planByRules(input, cfsslRules);
}
const withLeaf = (change: Partial<LeafFacts>): CertificateObservation => ({ ...present, leaf: { ...leaf, ...change } });

describe('the plan for a spec of certmgr', () => {
  test('is to do nothing for a certificate as the spec wants it', () => {
    const { state, wakeAtMs } = planOf(present);
    assert.deepEqual([state, wakeAtMs], ['ok', leaf.notAfterMs - spec.beforeMs]);
  });

  test('takes a common name among the hosts in whatever form a CA writes it, or not at all', () => {
    const both = { dns: ['n1.example', commonName], ip: ['10.0.0.1'] };
    assert.equal(planOf(withLeaf({ alternativeNames: both, otherNames: [] })).state, 'ok');
    assert.equal(planOf(withLeaf({ otherNames: [] })).state, 'ok');
  });

  const rows: readonly (readonly [string, CertificateObservation, string])[] = [
    ['no certificate', { kind: 'missing', detail: '' }, 'missing'],
    ['one that is none', { kind: 'unreadable', detail: '' }, 'unreadable'],
    ['another key', { ...present, doesKeyMatch: false }, 'key-mismatch'],
    [
      'an attribute more',
      withLeaf({ subjectAttributes: [...(leaf.subjectAttributes ?? []), '2.5.4.6=US'] }),
      'subject',
    ],
    ['an attribute less', withLeaf({ subjectAttributes: [`${oid.commonName}=${commonName}`] }), 'subject'],
    ['a name less', withLeaf({ alternativeNames: { dns: [], ip: ['10.0.0.1'] } }), 'names'],
    ['a name more', withLeaf({ alternativeNames: { dns: ['n1.example', 'x'], ip: ['10.0.0.1'] } }), 'names'],
    ['a URI more', withLeaf({ otherNames: ['URI:spiffe://x'] }), 'names'],
    ['the key of a CA', withLeaf({ isCa: true }), 'usages'],
    ['another CA', { ...present, isIssuerTrusted: false }, 'issuer-changed'],
    ['another kind of key', withLeaf({ keyDescription: 'ecdsa-256' }), 'key-policy'],
    ['the end', withLeaf({ notAfterMs: nowMs - 1 }), 'expired'],
    ['nearly the end', withLeaf({ notAfterMs: nowMs + 72 * hourMs }), 'near-expiry'],
  ];
  for (const [what, observation, reason] of rows) {
    test(`is a new certificate for ${what}`, () => {
      assert.deepEqual([planOf(observation).state, planOf(observation).reason], ['reissue', reason]);
    });
  }

  test('is to wait for the clock before a certificate begins', () => {
    assert.equal(planOf(withLeaf({ notBeforeMs: nowMs + 1 })).state, 'clock');
  });

  test('asks for a usage only when the spec does, and one of several is enough', () => {
    const client = withLeaf({ usages: ['client auth'] });
    assert.equal(planOf(client).state, 'ok');
    assert.equal(planOf(client, { keyUsages: ['server auth'] }).reason, 'usages');
    for (const keyUsages of [['server auth', 'client auth'], ['any']])
      assert.equal(planOf(client, { keyUsages }).state, 'ok');
    assert.equal(planOf(present, { keyUsages: ['server auth'] }).state, 'ok', 'no usage means every use');
    const any = withLeaf({ otherUsages: ['2.5.29.37.0'] });
    assert.equal(planOf(any, { keyUsages: ['server auth'] }).state, 'ok');
    const mail = withLeaf({ otherUsages: ['1.3.6.1.5.5.7.3.4'] });
    assert.equal(planOf(mail, { keyUsages: ['s/mime'] }).state, 'ok');
    assert.equal(planOf(mail, { keyUsages: ['code signing'] }).reason, 'usages');
  });

  test('of a spec without a certificate is about the CA alone', () => {
    const { keyPair: _, ...caOnly } = spec;
    const of = (bundle: 'current' | 'damaged' | 'outdated' | 'unknown', isForced = false) => {
      const observation = { kind: 'bundle-only', bundle, wrongModes: [] } as const;
      const input = {
        spec: { name: 'x', authority: 'ca', directory: '/ca', validityS: 1, cfssl: caOnly },
        specDigest: 'd',
      };
      const rest = { isForced, hold: undefined, history: { reissues: [] }, breaker: defaultBreaker, nowMs };
      return planByRules({ ...input, observation, ...rest }, cfsslRules).state;
    };
    assert.deepEqual([of('current'), of('unknown'), of('damaged'), of('outdated')], ['ok', 'ok', 'bundle', 'bundle']);
    assert.equal(of('current', true), 'ok');
  });

  test('is to correct modes, without a new certificate', () => {
    assert.equal(planOf({ ...present, wrongModes: ['/k: mode is 0644'] } as CertificateObservation).state, 'modes');
  });
});

describe('renewal', () => {
  test('begins `before` the end, or at two thirds when that is no time at all', () => {
    const lifetime = { notBeforeMs: nowMs, notAfterMs: nowMs + 30 * hourMs };
    assert.equal(renewBeforeMs(lifetime, hourMs), nowMs + 29 * hourMs);
    assert.equal(renewBeforeMs(lifetime, 26 * hourMs), nowMs + 4 * hourMs);
    for (const beforeMs of [28 * hourMs, 30 * hourMs, 72 * hourMs]) {
      assert.equal(renewBeforeMs(lifetime, beforeMs), nowMs + 20 * hourMs);
    }
  });
});

describe('an answer', () => {
  test('is held against the spec as what is on disk', () => {
    assert.equal(answerDiffers(spec, leaf), undefined);
    assert.equal(answerDiffers(spec, { ...leaf, isCa: true })?.reason, 'usages');
    assert.equal(answerDiffers(spec, { ...leaf, keyDescription: 'rsa-1024' })?.reason, 'key-policy');
    assert.equal(answerDiffers(spec, { ...leaf, otherNames: ['email:a@b'] })?.reason, 'names');
    assert.equal(answerDiffers(spec, { ...leaf, subjectAttributes: [] })?.reason, 'subject');
  });
});
