/** Whether what the CA answered is what was asked for: nothing else is put on disk, whoever signed it. */

import type { CertificateSpec } from '@easycerts/cluster';
import { type Check, type Finding, firstFinding, hourMs, secondMs } from '@easycerts/core';
import { type CertificateFacts, issuerOf, verifyCertificate } from '@easycerts/pki';
import { differsInKey, differsInNames, differsInSubject, differsInUsages } from './leaf-checks.ts';
import { type LeafFacts, leafFactsOf } from './observation.ts';
import { renewAtMs } from './schedule.ts';

export interface Answer {
  readonly spec: CertificateSpec;
  readonly certificate: CertificateFacts;
  /** Intermediates, nearest first. */
  readonly chain: readonly CertificateFacts[];
  /** The trust bundle of the authority. */
  readonly bundle: readonly CertificateFacts[];
  /** Of the key that was made for the request. */
  readonly spkiFingerprint: string;
  /** The serial number the answer names. */
  readonly serial: string;
  readonly nowMs: number;
}

/** `not-yet-valid` alone may mend itself: by the clock. */
export const answerProblems = [
  'serial',
  'key',
  'subject',
  'names',
  'usages',
  'key-policy',
  'issuer',
  'not-yet-valid',
  'validity',
] as const;
export type AnswerProblem = (typeof answerProblems)[number];

type AnswerCheck = Check<Answer & { readonly leaf: LeafFacts }, AnswerProblem>;

/** Every rule that an answer must keep, in order. */
export const answerChain: readonly AnswerCheck[] = [
  hasOtherSerial,
  isForAnotherKey,
  differsInSubject,
  differsInNames,
  differsInUsages,
  differsInKey,
  hasNotBegun,
  isNotVouchedFor,
  hasWrongLifetime,
];

/** The first rule that an answer breaks, if it breaks one. */
export function answerFinding(answer: Answer): Finding<AnswerProblem> | undefined {
  return firstFinding(answerChain, { ...answer, leaf: leafFactsOf(answer.certificate) });
}

/** The CAs that may have issued a leaf: the bundle, and each intermediate that one of them vouches for. */
export function trustedIssuers(
  chain: readonly CertificateFacts[],
  bundle: readonly CertificateFacts[],
): readonly CertificateFacts[] {
  const trusted = [...bundle];
  for (const intermediate of chain.toReversed()) {
    if (intermediate.isCa && issuerOf(intermediate, trusted) !== undefined) trusted.push(intermediate);
  }
  return trusted;
}

/** What the CA adds to a lifetime by dating back, at most. */
const longestBackdateMs = hourMs;

function hasOtherSerial({ serial, leaf }: { readonly serial: string; readonly leaf: LeafFacts }) {
  if (serial === leaf.serial) return undefined;
  return { reason: 'serial', detail: `the certificate is number ${leaf.serial}, the answer says ${serial}` } as const;
}

function isForAnotherKey({ spkiFingerprint, leaf }: { readonly spkiFingerprint: string; readonly leaf: LeafFacts }) {
  if (spkiFingerprint === leaf.spkiFingerprint) return undefined;
  return { reason: 'key', detail: 'the certificate is for another key than ours' } as const;
}

function hasNotBegun({ leaf, nowMs }: { readonly leaf: LeafFacts; readonly nowMs: number }) {
  if (nowMs >= leaf.notBeforeMs) return undefined;
  const [from, now] = [leaf.notBeforeMs, nowMs].map((timeMs) => new Date(timeMs).toISOString());
  const detail = `valid from ${from} on, but the clock of this host says ${now}: set the clock`;
  return { reason: 'not-yet-valid', detail } as const;
}

function isNotVouchedFor({ certificate, chain, bundle, nowMs }: Answer): Finding<AnswerProblem> | undefined {
  const finding = verifyCertificate({ certificate, bundle: trustedIssuers(chain, bundle), at: new Date(nowMs) });
  return finding === undefined ? undefined : { reason: 'issuer', detail: finding.detail };
}

function hasWrongLifetime({
  leaf,
  spec,
  nowMs,
}: Answer & { readonly leaf: LeafFacts }): Finding<AnswerProblem> | undefined {
  if (leaf.notAfterMs - leaf.notBeforeMs > spec.validityS * secondMs + longestBackdateMs) {
    return { reason: 'validity', detail: `valid for longer than the ${spec.validityS} s of the spec` };
  }
  if (nowMs < renewAtMs(leaf, spec.validityS)) return undefined;
  return { reason: 'validity', detail: 'due for renewal already' };
}
