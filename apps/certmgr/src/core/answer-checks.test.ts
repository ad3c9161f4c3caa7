/** Answers of the CA: each rule broken once, on real certificates. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { dayMs, hourMs, minuteMs } from '@easycerts/core';
import {
  type Authority,
  type CertificateTemplate,
  createAuthority,
  generateKeyPair,
  issueCertificate,
  type KeyPair,
  parseCertificate,
  spkiFingerprint,
  spkiOf,
} from '@easycerts/pki';
import { plainSpec } from '../../test/test-host.ts';
import {
  type Answer,
  type AnswerProblem,
  answerChain,
  answerFinding,
  answerProblems,
  trustedIssuers,
} from './answer-checks.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');
const spec = plainSpec('kubelet', '/secrets/kubelet');
let keyPair: KeyPair;
let [ours, stranger, expiredCa]: Authority[] = [];

const makeCa = (notAfterMs: number): Promise<Authority> =>
  createAuthority({
    commonName: 'kubernetes-ca',
    keyAlgorithm: 'ecdsa-p256',
    notBefore: new Date(nowMs - 365 * dayMs),
    notAfter: new Date(notAfterMs),
    serial: 'ca',
  });

before(async () => {
  keyPair = await generateKeyPair('ecdsa-p256');
  [ours, stranger, expiredCa] = await Promise.all([
    makeCa(nowMs + 365 * dayMs),
    makeCa(nowMs + 365 * dayMs),
    makeCa(nowMs - dayMs),
  ]);
});

interface Change {
  readonly template?: Partial<CertificateTemplate>;
  readonly signer?: () => Authority | undefined;
  readonly answer?: () => Partial<Answer>;
}

async function answerOf({ template = {}, signer = () => ours, answer = () => ({}) }: Change): Promise<Answer> {
  const authority = signer();
  assert.ok(authority && ours);
  const der = issueCertificate({
    authority,
    template: {
      serial: 'a1',
      subject: spec.subject,
      alternativeNames: spec.alternativeNames,
      usages: spec.usages,
      notBefore: new Date(nowMs - 5 * minuteMs),
      notAfter: new Date(nowMs + 30 * dayMs),
      spkiDer: spkiOf(keyPair.publicKey),
      ...template,
    },
  });
  return {
    spec,
    certificate: parseCertificate(der),
    chain: [],
    bundle: [ours.certificate],
    spkiFingerprint: spkiFingerprint(keyPair.publicKey),
    serial: 'a1',
    nowMs,
    ...answer(),
  };
}

const rows: readonly [string, Change, AnswerProblem | undefined][] = [
  ['all is as asked for', {}, undefined],
  ['the CA trusts another one too', { answer: () => ({ bundle: defined([stranger, ours]) }) }, undefined],
  ['it names another serial number', { answer: () => ({ serial: 'a2' }) }, 'serial'],
  ['it is for another key', { answer: () => ({ spkiFingerprint: 'f'.repeat(64) }) }, 'key'],
  [
    'the common name is another',
    { template: { subject: { commonName: 'system:other', organizations: ['system:nodes'] } } },
    'subject',
  ],
  [
    'it makes us an administrator',
    { template: { subject: { ...spec.subject, organizations: ['system:masters'] } } },
    'subject',
  ],
  ['a name is missing', { template: { alternativeNames: { dns: [], ip: ['10.0.0.1'] } } }, 'names'],
  [
    'a name is too many',
    { template: { alternativeNames: { dns: ['evil.example', 'kubelet.example'], ip: ['10.0.0.1'] } } },
    'names',
  ],
  ['a usage is another', { template: { usages: ['server auth'] } }, 'usages'],
  ['a usage is too many', { template: { usages: ['client auth', 'server auth'] } }, 'usages'],
  [
    'the key is of another kind than the spec says',
    { answer: () => ({ spec: { ...spec, keyAlgorithm: 'rsa-2048' } }) },
    'key-policy',
  ],
  ['another CA of the same name signed it', { signer: () => stranger }, 'issuer'],
  ['nobody is trusted', { answer: () => ({ bundle: [] }) }, 'issuer'],
  ['the CA has expired', { signer: () => expiredCa, answer: () => ({ bundle: defined([expiredCa]) }) }, 'issuer'],
  ['it begins later', { template: { notBefore: new Date(nowMs + minuteMs) } }, 'not-yet-valid'],
  [
    'it has ended',
    { template: { notBefore: new Date(nowMs - 9 * dayMs), notAfter: new Date(nowMs - dayMs) } },
    'issuer',
  ],
  [
    'it is due for renewal already',
    { template: { notBefore: new Date(nowMs - 25 * dayMs), notAfter: new Date(nowMs + 5 * dayMs) } },
    'validity',
  ],
  ['it lives for longer than the spec says', { template: { notAfter: new Date(nowMs + 31 * dayMs) } }, 'validity'],
  ['it lives for a year', { template: { notAfter: new Date(nowMs + 364 * dayMs) } }, 'validity'],
  ['it is dated back by half an hour', { template: { notBefore: new Date(nowMs - hourMs / 2) } }, undefined],
  ['the CA gave a shorter life', { template: { notAfter: new Date(nowMs + dayMs) } }, undefined],
];

function defined(authorities: readonly (Authority | undefined)[]) {
  return authorities.filter((authority) => authority !== undefined).map(({ certificate }) => certificate);
}

describe('answerChain', () => {
  for (const [when, change, expected] of rows) {
    test(`finds ${expected ?? 'nothing'} when ${when}`, async () => {
      assert.equal(answerFinding(await answerOf(change))?.reason, expected);
    });
  }

  test('refuses a CA certificate in the place of the leaf', async () => {
    const answer = await answerOf({});
    assert.ok(ours);
    const { certificate } = ours;
    const finding = answerFinding({
      ...answer,
      certificate,
      serial: certificate.serial,
      spkiFingerprint: certificate.spkiFingerprint,
    });
    assert.equal(finding?.reason, 'subject');
    const sameSubject = { ...spec, subject: certificate.subject, alternativeNames: { dns: [], ip: [] } };
    const disguised = {
      ...answer,
      spec: sameSubject,
      certificate,
      serial: certificate.serial,
      spkiFingerprint: certificate.spkiFingerprint,
    };
    assert.equal(answerFinding(disguised)?.reason, 'usages');
  });

  test('has a row for every problem there is', () => {
    const proved = new Set(rows.map(([, , reason]) => reason));
    assert.deepEqual(
      answerProblems.filter((problem) => !proved.has(problem)),
      [],
    );
    assert.equal(answerChain.length, answerProblems.length);
  });

  test('looks at identity before anything else: a wrong subject is never blamed on the clock', async () => {
    const template = { subject: { commonName: 'x', organizations: [] }, notBefore: new Date(nowMs + minuteMs) };
    assert.equal(answerFinding(await answerOf({ template, signer: () => stranger }))?.reason, 'subject');
  });
});

describe('trustedIssuers', () => {
  test('takes no intermediate that nobody vouches for, and no leaf as one', async () => {
    const { certificate } = await answerOf({});
    assert.ok(ours && stranger);
    assert.deepEqual(trustedIssuers([stranger.certificate], [ours.certificate]), [ours.certificate]);
    assert.deepEqual(
      trustedIssuers([certificate], [ours.certificate]),
      [ours.certificate],
      'a leaf vouches for nobody',
    );
    assert.deepEqual(trustedIssuers([], [ours.certificate]), [ours.certificate]);
  });

  test('takes one that is vouched for', () => {
    assert.ok(ours);
    assert.equal(trustedIssuers([ours.certificate], [ours.certificate]).length, 2);
  });
});
