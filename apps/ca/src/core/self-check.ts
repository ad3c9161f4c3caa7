/** The last look before a certificate is recorded: every field against the template, and the chain as a stranger sees it. */

import { type Check, type Finding, firstFinding } from '@easycerts/core';
import {
  type CertificateFacts,
  type CertificateTemplate,
  canonicalNames,
  leafKeyUsages,
  namesEqual,
  subjectsEqual,
  verifyCertificate,
} from '@easycerts/pki';

export interface Issued {
  readonly certificate: CertificateFacts;
  readonly template: CertificateTemplate;
  readonly authority: CertificateFacts;
  readonly now: Date;
}

type IssuedCheck = Check<Issued, SelfCheckReason>;

export const selfCheckReasons = [
  'serial',
  'subject',
  'issuer',
  'names',
  'usages',
  'key-usages',
  'is-ca',
  'validity',
  'key',
  'key-ids',
  'extensions',
  'chain',
] as const;
export type SelfCheckReason = (typeof selfCheckReasons)[number];

/** The first difference between what was signed and what was to be signed; undefined means that it may be recorded. */
export function checkIssued(issued: Issued): Finding<SelfCheckReason> | undefined {
  return firstFinding(issuedChecks, issued);
}

function unless(isRight: boolean, reason: SelfCheckReason): Finding<SelfCheckReason> | undefined {
  return isRight ? undefined : { reason, detail: `${reason} differs from the template` };
}

const hasSerial: IssuedCheck = ({ certificate, template }) => unless(certificate.serial === template.serial, 'serial');

const hasSubject: IssuedCheck = ({ certificate, template }) =>
  unless(
    certificate.otherSubjectAttributes.length === 0 && subjectsEqual(certificate.subject, template.subject),
    'subject',
  );

const hasIssuer: IssuedCheck = ({ certificate, authority }) =>
  unless(Buffer.compare(certificate.issuerDer, authority.subjectDer) === 0, 'issuer');

const hasNames: IssuedCheck = ({ certificate, template }) =>
  unless(
    certificate.otherNames.length === 0 &&
      namesEqual(certificate.alternativeNames, canonicalNames(template.alternativeNames)),
    'names',
  );

const hasUsages: IssuedCheck = ({ certificate, template }) =>
  unless(certificate.otherUsages.length === 0 && sameSet(certificate.usages, template.usages), 'usages');

const hasKeyUsages: IssuedCheck = ({ certificate: { keyAlgorithm, keyUsages }, template }) =>
  unless(keyAlgorithm !== undefined && sameSet(keyUsages, leafKeyUsages(keyAlgorithm, template.usages)), 'key-usages');

const isLeaf: IssuedCheck = ({ certificate }) =>
  unless(!certificate.isCa && certificate.pathLength === undefined, 'is-ca');

const hasValidity: IssuedCheck = ({ certificate, template, authority }) =>
  unless(
    certificate.notBefore.getTime() === template.notBefore.getTime() &&
      certificate.notAfter.getTime() === template.notAfter.getTime() &&
      certificate.notBefore.getTime() >= authority.notBefore.getTime() &&
      certificate.notAfter.getTime() <= authority.notAfter.getTime(),
    'validity',
  );

const hasKey: IssuedCheck = ({ certificate, template }) =>
  unless(Buffer.compare(certificate.spkiDer, template.spkiDer) === 0, 'key');

const hasKeyIds: IssuedCheck = ({ certificate, authority }) =>
  unless(
    certificate.subjectKeyId !== '' &&
      authority.subjectKeyId !== '' &&
      certificate.authorityKeyId === authority.subjectKeyId,
    'key-ids',
  );

/** Object identifier of every extension of a leaf, and whether it is critical. */
const expectedExtensions: ReadonlyMap<string, boolean> = new Map([
  ['2.5.29.14', false],
  ['2.5.29.15', true],
  ['2.5.29.19', true],
  ['2.5.29.35', false],
  ['2.5.29.37', false],
]);
/** The names, only when there are some. */
const namesExtension = '2.5.29.17';

const hasExtensions: IssuedCheck = ({ certificate, template: { alternativeNames } }) => {
  const hasNames = alternativeNames.dns.length + alternativeNames.ip.length > 0;
  // None stands there twice: readExtensions refuses that.
  const isExpected = ({ oid, isCritical }: { readonly oid: string; readonly isCritical: boolean }): boolean =>
    oid === namesExtension ? hasNames && !isCritical : expectedExtensions.get(oid) === isCritical;
  return unless(
    certificate.extensions.length === expectedExtensions.size + Number(hasNames) &&
      certificate.extensions.every(isExpected),
    'extensions',
  );
};

/** Signature and chain; that it is for every usage of the template, `hasUsages` has seen. */
const hasChain: IssuedCheck = ({ certificate, authority, now }) => {
  const finding = verifyCertificate({ certificate, bundle: [authority], at: now });
  return finding && { reason: 'chain', detail: `${finding.reason}: ${finding.detail}` };
};

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && new Set(one).size === one.length && one.every((item) => other.includes(item));
}

const issuedChecks: readonly IssuedCheck[] = [
  hasSerial,
  hasSubject,
  hasIssuer,
  hasNames,
  hasUsages,
  hasKeyUsages,
  isLeaf,
  hasValidity,
  hasKey,
  hasKeyIds,
  hasExtensions,
  hasChain,
];
