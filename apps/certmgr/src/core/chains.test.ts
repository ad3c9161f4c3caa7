/** Why a certificate is issued again: one row a rule, and the order of the rules. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CertificateSpec } from '@easycerts/cluster';
import { dayMs, type ReissueReason, reissueReasons } from '@easycerts/core';
import { type ReissueInput, reissueChain, reissueFinding } from './chains.ts';
import type { LeafFacts, PresentSet } from './observation.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');

const spec: CertificateSpec = {
  name: 'kubelet',
  authority: 'kubernetes',
  subject: { commonName: 'system:node:n1', organizations: ['system:nodes', 'extra'] },
  alternativeNames: { dns: ['n1', 'n1.example'], ip: ['10.0.0.1', 'fd00::1'] },
  usages: ['server auth'],
  keyAlgorithm: 'ecdsa-p256',
  validityS: 30 * 86_400,
  directory: '/secrets/kubelet',
  owner: 'root',
  group: 'root',
  keyMode: 0o600,
  usedBy: [],
};

const leaf: LeafFacts = {
  serial: 'a1',
  fingerprint: 'f1',
  subject: spec.subject,
  issuerText: 'CN=kubernetes-ca',
  otherSubjectAttributes: [],
  alternativeNames: spec.alternativeNames,
  otherNames: [],
  usages: ['server auth'],
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
const valid: ReissueInput = { spec, observation: present, isForced: false, nowMs };

const withLeaf = (change: Partial<LeafFacts>): Partial<ReissueInput> => ({
  observation: { ...present, leaf: { ...leaf, ...change } },
});
const withSet = (change: Partial<PresentSet>): Partial<ReissueInput> => ({ observation: { ...present, ...change } });
const withSpec = (change: Partial<CertificateSpec>): Partial<ReissueInput> => ({ spec: { ...spec, ...change } });

const rows: readonly [string, Partial<ReissueInput>, ReissueReason | undefined][] = [
  ['nothing is wrong', {}, undefined],
  ['there is no set', { observation: { kind: 'missing', detail: '' } }, 'missing'],
  ['the files are garbage', { observation: { kind: 'unreadable', detail: '' } }, 'unreadable'],
  [
    'the files may not be read',
    { observation: { kind: 'inaccessible', code: 'PERMISSION_DENIED', detail: '' } },
    undefined,
  ],
  ['the key is another', withSet({ doesKeyMatch: false }), 'key-mismatch'],
  ['somebody forces it', { isForced: true }, 'forced'],
  ['the common name differs', withLeaf({ subject: { ...spec.subject, commonName: 'system:node:n2' } }), 'subject'],
  [
    'the common name differs in case',
    withLeaf({ subject: { ...spec.subject, commonName: 'system:node:N1' } }),
    'subject',
  ],
  ['an organization is missing', withLeaf({ subject: { ...spec.subject, organizations: ['extra'] } }), 'subject'],
  [
    'an organization is too many',
    withLeaf({ subject: { ...spec.subject, organizations: [...spec.subject.organizations, 'system:masters'] } }),
    'subject',
  ],
  [
    'organizations stand in another order',
    withLeaf({ subject: { ...spec.subject, organizations: ['extra', 'system:nodes'] } }),
    undefined,
  ],
  ['the subject has a country', withLeaf({ otherSubjectAttributes: ['2.5.4.6'] }), 'subject'],
  ['the spec has another subject', withSpec({ subject: { commonName: 'n2', organizations: [] } }), 'subject'],
  ['a DNS name is missing', withLeaf({ alternativeNames: { dns: ['n1'], ip: ['10.0.0.1', 'fd00::1'] } }), 'names'],
  [
    'a DNS name is too many',
    withLeaf({ alternativeNames: { dns: ['evil', 'n1', 'n1.example'], ip: ['10.0.0.1', 'fd00::1'] } }),
    'names',
  ],
  [
    'an address differs',
    withLeaf({ alternativeNames: { dns: ['n1', 'n1.example'], ip: ['10.0.0.2', 'fd00::1'] } }),
    'names',
  ],
  ['an address is missing', withLeaf({ alternativeNames: { dns: ['n1', 'n1.example'], ip: [] } }), 'names'],
  ['there is a URI beside the names', withLeaf({ otherNames: ['URI:spiffe://x'] }), 'names'],
  ['the spec has no names any more', withSpec({ alternativeNames: { dns: [], ip: [] } }), 'names'],
  ['a usage is missing', withSpec({ usages: ['client auth', 'server auth'] }), 'usages'],
  ['a usage is too many', withLeaf({ usages: ['client auth', 'server auth'] }), 'usages'],
  ['it is for another usage', withLeaf({ usages: ['client auth'] }), 'usages'],
  ['it has a usage that is not ours', withLeaf({ otherUsages: ['1.3.6.1.5.5.7.3.3'] }), 'usages'],
  ['it has no usage, so any', withLeaf({ usages: [] }), 'usages'],
  ['it is a CA certificate', withLeaf({ isCa: true }), 'usages'],
  ['its CA is not trusted any more', withSet({ isIssuerTrusted: false }), 'issuer-changed'],
  ['only the trust bundle is outdated', withSet({ bundle: 'outdated' }), undefined],
  ['only the trust bundle is damaged', withSet({ bundle: 'damaged' }), undefined],
  ['only modes are wrong', withSet({ wrongModes: ['tls.key: mode 0644'] }), undefined],
  ['the key is of another kind', withLeaf({ keyAlgorithm: 'rsa-2048' }), 'key-policy'],
  ['the key is of no kind we accept', withLeaf({ keyAlgorithm: undefined }), 'key-policy'],
  ['the spec wants another key', withSpec({ keyAlgorithm: 'ecdsa-p384' }), 'key-policy'],
  ['it begins in a moment', withLeaf({ notBeforeMs: nowMs + 1 }), 'not-yet-valid'],
  ['it begins right now', withLeaf({ notBeforeMs: nowMs, notAfterMs: nowMs + 30 * dayMs }), undefined],
  ['it ends right now', withLeaf({ notBeforeMs: nowMs - 30 * dayMs, notAfterMs: nowMs }), 'near-expiry'],
  ['it has ended', withLeaf({ notBeforeMs: nowMs - 30 * dayMs, notAfterMs: nowMs - 1 }), 'expired'],
  ['two thirds are over', withLeaf({ notBeforeMs: nowMs - 20 * dayMs, notAfterMs: nowMs + 10 * dayMs }), 'near-expiry'],
  ['half is over', withLeaf({ notBeforeMs: nowMs - 15 * dayMs, notAfterMs: nowMs + 15 * dayMs }), undefined],
];

describe('reissueChain', () => {
  for (const [when, change, reason] of rows) {
    test(`finds ${reason ?? 'nothing'} when ${when}`, () => {
      assert.equal(reissueFinding({ ...valid, ...change })?.reason, reason);
    });
  }

  test('has a row for every reason but revoked, which only the CA knows', () => {
    const proved = new Set(rows.map(([, , reason]) => reason));
    assert.deepEqual(
      reissueReasons.filter((reason) => !proved.has(reason)),
      ['revoked'],
    );
  });

  test('finds the same at the same instant', () => {
    for (const [, change] of rows) {
      assert.deepEqual(reissueFinding({ ...valid, ...change }), reissueFinding({ ...valid, ...change }));
    }
  });

  test('says in words what differs', () => {
    const details = rows
      .map(([, change]) => reissueFinding({ ...valid, ...change }))
      .filter((finding) => finding !== undefined);
    const vague = details.filter(
      ({ reason, detail }) => detail === '' && reason !== 'missing' && reason !== 'unreadable',
    );
    assert.deepEqual(vague, []);
    const [names] = details.filter(({ reason, detail }) => reason === 'names' && detail.includes('evil'));
    assert.equal(names?.detail, 'has evil too many');
  });
});

describe('the order of the chain', () => {
  const everything: ReissueInput = {
    spec,
    isForced: true,
    nowMs,
    observation: {
      ...present,
      doesKeyMatch: false,
      isIssuerTrusted: false,
      leaf: {
        ...leaf,
        subject: { commonName: 'x', organizations: [] },
        alternativeNames: { dns: [], ip: [] },
        usages: [],
        keyAlgorithm: undefined,
        notBeforeMs: nowMs + dayMs,
        notAfterMs: nowMs - dayMs,
      },
    },
  };
  /** Mends the first problem, so that the next one shows. */
  const mend: Partial<Record<ReissueReason, (input: ReissueInput) => ReissueInput>> = {
    'key-mismatch': (input) => changeSet(input, { doesKeyMatch: true }),
    forced: (input) => ({ ...input, isForced: false }),
    subject: (input) => changeLeaf(input, { subject: spec.subject }),
    names: (input) => changeLeaf(input, { alternativeNames: spec.alternativeNames }),
    usages: (input) => changeLeaf(input, { usages: spec.usages }),
    'issuer-changed': (input) => changeSet(input, { isIssuerTrusted: true }),
    'key-policy': (input) => changeLeaf(input, { keyAlgorithm: spec.keyAlgorithm }),
    'not-yet-valid': (input) => changeLeaf(input, { notBeforeMs: nowMs - 30 * dayMs }),
    expired: (input) => changeLeaf(input, { notAfterMs: nowMs + 1 }),
    'near-expiry': (input) => changeLeaf(input, { notAfterMs: nowMs + 30 * dayMs }),
  };

  test('follows the closed list of reasons', () => {
    const found: ReissueReason[] = [];
    let input = everything;
    for (let finding = reissueFinding(input); finding !== undefined; finding = reissueFinding(input)) {
      found.push(finding.reason);
      input = mend[finding.reason]?.(input) ?? input;
      if (found.length > reissueReasons.length) break;
    }
    const expected = reissueReasons.filter((reason) => !['missing', 'unreadable', 'revoked'].includes(reason));
    assert.deepEqual(found, expected);
    assert.equal(reissueChain.length, reissueReasons.length - 1);
  });

  test('puts missing and unreadable before forced: nothing else is known then', () => {
    assert.equal(
      reissueFinding({ ...valid, isForced: true, observation: { kind: 'missing', detail: '' } })?.reason,
      'missing',
    );
    assert.equal(
      reissueFinding({ ...valid, isForced: true, observation: { kind: 'unreadable', detail: '' } })?.reason,
      'unreadable',
    );
  });
});

function changeSet(input: ReissueInput, change: Partial<PresentSet>): ReissueInput {
  return input.observation.kind === 'present' ? { ...input, observation: { ...input.observation, ...change } } : input;
}

function changeLeaf(input: ReissueInput, change: Partial<LeafFacts>): ReissueInput {
  if (input.observation.kind !== 'present') return input;
  return changeSet(input, { leaf: { ...input.observation.leaf, ...change } });
}
