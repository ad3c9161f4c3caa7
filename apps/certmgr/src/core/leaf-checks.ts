/** How a leaf can differ from its spec: used for what is on disk and for what the CA answers. */

import type { CertificateSpec } from '@easycerts/cluster';
import type { Finding } from '@easycerts/core';
import { formatSubject, namesEqual, subjectsEqual } from '@easycerts/pki';
import type { LeafFacts } from './observation.ts';

export interface LeafComparison {
  readonly spec: CertificateSpec;
  readonly leaf: LeafFacts;
}

/** Common name and organizations, and nothing beside them. */
export function differsInSubject({ spec, leaf }: LeafComparison): Finding<'subject'> | undefined {
  if (subjectsEqual(leaf.subject, spec.subject) && leaf.otherSubjectAttributes.length === 0) return undefined;
  const others = leaf.otherSubjectAttributes.length === 0 ? '' : ' and more';
  return {
    reason: 'subject',
    detail: `is ${formatSubject(leaf.subject)}${others}, should be ${formatSubject(spec.subject)}`,
  };
}

/** DNS names and addresses, and none of another kind. */
export function differsInNames({ spec, leaf }: LeafComparison): Finding<'names'> | undefined {
  const hasOthers = leaf.otherNames.length > 0;
  if (namesEqual(leaf.alternativeNames, spec.alternativeNames) && !hasOthers) return undefined;
  const is = [...leaf.alternativeNames.dns, ...leaf.alternativeNames.ip, ...leaf.otherNames];
  const should = [...spec.alternativeNames.dns, ...spec.alternativeNames.ip];
  const missing = should.filter((name) => !is.includes(name));
  const surplus = is.filter((name) => !should.includes(name));
  const parts = [
    ...(missing.length === 0 ? [] : [`lacks ${missing.join(', ')}`]),
    ...(surplus.length === 0 ? [] : [`has ${surplus.join(', ')} too many`]),
  ];
  return { reason: 'names', detail: parts.join('; ') };
}

/** Exactly the extended key usages of the spec: none at all would mean any, to Go and OpenSSL. Never a CA. */
export function differsInUsages({ spec, leaf }: LeafComparison): Finding<'usages'> | undefined {
  if (leaf.isCa) return { reason: 'usages', detail: 'is a CA certificate' };
  const is = [...leaf.usages, ...leaf.otherUsages].sort();
  const should = [...spec.usages].sort();
  if (is.length === should.length && is.every((usage, index) => usage === should[index])) return undefined;
  return { reason: 'usages', detail: `is for ${is.join(', ') || 'anything'}, should be for ${should.join(', ')}` };
}

/** The kind and size of key that the spec asks for. */
export function differsInKey({ spec, leaf }: LeafComparison): Finding<'key-policy'> | undefined {
  if (leaf.keyAlgorithm === spec.keyAlgorithm) return undefined;
  return { reason: 'key-policy', detail: `key is ${leaf.keyDescription}, should be ${spec.keyAlgorithm}` };
}
