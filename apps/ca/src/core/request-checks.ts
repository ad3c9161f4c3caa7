/** The checks of a request against the certificate spec of the list. */

import { type Check, type DenyReason, minuteMs } from '@easycerts/core';
import { canonicalNames, formatSubject, leafKeyUsages, namesEqual, subjectsEqual } from '@easycerts/pki';
import type { ReadRequest } from './policy.ts';

type RequestCheck = Check<ReadRequest, DenyReason>;

/** How far the clocks of a host and of the CA may be apart, both ways. */
export const freshnessMs = 5 * minuteMs;

const hasStrongKey: RequestCheck = ({ csr, spec }) =>
  csr.keyAlgorithm === spec.keyAlgorithm
    ? undefined
    : { reason: 'weak-key', detail: `the key is ${csr.keyDescription}, the list says ${spec.keyAlgorithm}` };

const hasValidSignature: RequestCheck = ({ csr }) =>
  csr.signatureValid
    ? undefined
    : { reason: 'bad-signature', detail: 'the CSR is not signed by its own key with an algorithm that is accepted' };

const asksForNoCa: RequestCheck = ({ csr }) =>
  csr.requestsCa ? { reason: 'ca-requested', detail: 'the CSR asks for a CA certificate' } : undefined;

const hasListedSubject: RequestCheck = ({ csr, spec }) => {
  const isSame = csr.otherSubjectAttributes.length === 0 && subjectsEqual(csr.subject, spec.subject);
  if (isSame) return undefined;
  const found = [formatSubject(csr.subject), ...csr.otherSubjectAttributes].join(',').slice(0, 200);
  return { reason: 'subject', detail: `the CSR says ${found}, the list ${formatSubject(spec.subject)}` };
};

const hasListedNames: RequestCheck = ({ csr, spec }) => {
  const listed = canonicalNames(spec.alternativeNames);
  if (csr.otherNames.length === 0 && namesEqual(csr.alternativeNames, listed)) return undefined;
  const expected = new Set([...listed.dns, ...listed.ip]);
  const asked = new Set([...csr.alternativeNames.dns, ...csr.alternativeNames.ip, ...csr.otherNames]);
  const extra = [...asked].filter((name) => !expected.has(name));
  const missing = [...expected].filter((name) => !asked.has(name));
  const detail = [
    extra.length > 0 ? `not in the list: ${extra.join(', ')}` : '',
    missing.length > 0 ? `missing: ${missing.join(', ')}` : '',
  ];
  return {
    reason: 'names',
    detail:
      detail
        .filter((part) => part !== '')
        .join('; ')
        .slice(0, 300) || 'of another kind',
  };
};

/** basicConstraints, keyUsage, extendedKeyUsage and subjectAltName: what they may say, other checks say. */
const allowedExtensions: ReadonlySet<string> = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.17']);

const asksForNothingForeign: RequestCheck = ({ csr }) => {
  const foreign = [...csr.extensionOids.filter((id) => !allowedExtensions.has(id)), ...csr.otherAttributes];
  if (foreign.length === 0) return undefined;
  return { reason: 'extension', detail: `the CSR asks for ${foreign.join(', ').slice(0, 200)}` };
};

const asksForListedUsages: RequestCheck = ({ csr, spec }) => {
  const foreign = [
    ...csr.usages.filter((usage) => !spec.usages.includes(usage)),
    ...csr.otherUsages,
    ...csr.keyUsages.filter((usage) => !leafKeyUsages(spec.keyAlgorithm, spec.usages).includes(usage)),
  ];
  if (foreign.length === 0) return undefined;
  return { reason: 'usages', detail: `not in the list: ${foreign.join(', ').slice(0, 200)}` };
};

/** Of every request that says when it was made. */
export const isFresh: Check<
  { readonly request: { readonly requestedAtMs: number }; readonly now: Date },
  DenyReason
> = ({ request, now }) => {
  const differenceMs = Math.abs(now.getTime() - request.requestedAtMs);
  // Negated, so that NaN is stale.
  if (differenceMs <= freshnessMs) return undefined;
  return {
    reason: 'stale',
    detail: `made ${Math.round(differenceMs / 1_000)} s from the CA's time: compare the clocks`,
  };
};

/** In this order: the key, what is asked for, when. */
export const requestChecks: readonly RequestCheck[] = [
  hasStrongKey,
  hasValidSignature,
  asksForNoCa,
  hasListedSubject,
  hasListedNames,
  asksForNothingForeign,
  asksForListedUsages,
  isFresh,
];
