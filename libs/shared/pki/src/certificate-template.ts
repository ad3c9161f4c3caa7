/** What a certificate is to say, complete: the only thing that an authority signs. */

import type { AlternativeNames, ExtendedKeyUsage, KeyAlgorithm, SubjectName } from '@easycerts/cluster';
import { AppError, perObject } from '@easycerts/core';
import type { KeyUsageName } from './extensions.ts';
import { dnsNameProblem } from './general-names.ts';

export interface CertificateTemplate {
  /** Lowercase hexadecimal, as {@link newSerial} makes it. */
  readonly serial: string;
  readonly subject: SubjectName;
  readonly alternativeNames: AlternativeNames;
  /** Exactly these; never empty, for no extended key usage means every one (to Go and OpenSSL). */
  readonly usages: readonly ExtendedKeyUsage[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spkiDer: Uint8Array;
}

/**
 * Key usages of a leaf: the RSA key of a server also transports keys in TLS 1.2 (RFC 5246 §7.4.2), which that of a client never
 * does (RFC 5280 §4.2.1.12).
 */
export function leafKeyUsages(
  keyAlgorithm: KeyAlgorithm,
  usages: readonly ExtendedKeyUsage[],
): readonly KeyUsageName[] {
  const transportsKeys = keyAlgorithm.startsWith('rsa-') && usages.includes('server auth');
  return transportsKeys ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
}

/** Refuses (AppError INVALID_INPUT) a template that would make a certificate nobody should accept. */
export function assertSoundTemplate(template: CertificateTemplate): void {
  const problem = firstProblem(template);
  if (problem !== undefined) throw new AppError('INVALID_INPUT', `certificate template: ${problem}`);
}

/** Refuses (AppError INVALID_INPUT) a subject without a common name or with values that are no names. */
export function assertSoundSubject(subject: SubjectName): void {
  const problem = subjectProblem(subject);
  if (problem !== undefined) throw new AppError('INVALID_INPUT', `subject: ${problem}`);
}

/** Refuses (AppError INVALID_INPUT) DNS names that are no host names. */
export function assertSoundNames(names: AlternativeNames): void {
  const problem = namesProblem(names);
  if (problem !== undefined) throw new AppError('INVALID_INPUT', `alternative names: ${problem}`);
}

/** Refuses (AppError INVALID_INPUT) a serial number outside RFC 5280 §4.1.2.2: positive, at most 20 octets. */
export function assertSoundSerial(serial: string): void {
  if (!/^[1-9a-f][0-9a-f]{0,38}$/.test(serial)) throw new AppError('INVALID_INPUT', 'serial number: out of range');
}

function firstProblem(template: CertificateTemplate): string | undefined {
  assertSoundSerial(template.serial);
  if (template.usages.length === 0) return 'no usage';
  if (new Set(template.usages).size !== template.usages.length) return 'a usage twice';
  // Negated, so that an invalid date is refused too.
  if (!(template.notBefore.getTime() < template.notAfter.getTime())) return 'ends before it begins';
  return subjectProblem(template.subject) ?? namesProblem(withoutUserName(template));
}

/**
 * The names but for the common name itself, when that is a user of Kubernetes (`system:kube-proxy`): cfssl's clients have it
 * among their names, and no host can be called so.
 */
function withoutUserName({ alternativeNames, subject: { commonName } }: CertificateTemplate): AlternativeNames {
  if (!alternativeNames.dns.includes(commonName) || !/^[a-z0-9.-]+(:[a-z0-9.-]+)+$/.test(commonName)) {
    return alternativeNames;
  }
  return { ...alternativeNames, dns: alternativeNames.dns.filter((name) => name !== commonName) };
}

const subjectProblem = perObject((subject: SubjectName): string | undefined => {
  const values = [subject.commonName, ...subject.organizations];
  if (values.some((value) => value === '' || value.length > 253)) return 'empty or too long value';
  if (values.some((value) => /\p{Cc}/u.test(value) || !value.isWellFormed())) return 'control character';
  if (new Set(subject.organizations).size !== subject.organizations.length) return 'an organization twice';
  return undefined;
});

const namesProblem = perObject((names: AlternativeNames): string | undefined => {
  for (const name of names.dns) {
    const problem = dnsNameProblem(name);
    if (problem !== undefined) return `${JSON.stringify(name)}: ${problem}`;
  }
  return undefined;
});
