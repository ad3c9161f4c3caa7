/** What a certificate must be, as one short text: changes when, and only when, another certificate is asked for. */

import { hash } from 'node:crypto';
import type { CertificateSpec } from '@easycerts/cluster';

/** Digest of the part of a spec that a certificate shows; where and as whose the files lie is left out. */
export function specDigestOf(spec: CertificateSpec): string {
  const { name, authority, subject, alternativeNames, usages, keyAlgorithm, validityS } = spec;
  const shown = [
    name,
    authority,
    subject.commonName,
    [...subject.organizations].sort(),
    [...alternativeNames.dns].sort(),
    [...alternativeNames.ip].sort(),
    [...usages].sort(),
    keyAlgorithm,
    validityS,
  ];
  return hash('sha256', JSON.stringify(shown)).slice(0, 32);
}
