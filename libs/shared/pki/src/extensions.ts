/** X.509 extensions (RFC 5280 §4.2): the list as it stands, and the values of those we understand. */

import type { ExtendedKeyUsage } from '@easycerts/cluster';
import { type DerElement, derTag, malformed, readDer } from './der.ts';
import { booleanOf, integerOf, namedBitsOf, octetsOf, oidOf, sequenceOf } from './der-values.ts';
import { noGeneralNames, type ReadGeneralNames, readGeneralNames } from './general-names.ts';
import { oid } from './oids.ts';

export interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  /** DER inside the OCTET STRING. */
  readonly value: Uint8Array;
}

export const keyUsageNames = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsageName = (typeof keyUsageNames)[number];

/** What the understood extensions say; absent ones give their empty value. */
export interface ExtensionFacts extends ReadGeneralNames {
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  readonly keyUsages: readonly KeyUsageName[];
  /** Extended key usages of ours, sorted; `otherUsages` are object identifiers of others. */
  readonly usages: readonly ExtendedKeyUsage[];
  readonly otherUsages: readonly string[];
  /** Lowercase hexadecimal, '' when absent. */
  readonly subjectKeyId: string;
  readonly authorityKeyId: string;
}

/** Reads Extensions. Refuses (AppError INVALID_INPUT) one that stands there twice (RFC 5280 §4.2). */
export function readExtensions(element: DerElement | undefined, what: string): readonly Extension[] {
  const extensions = sequenceOf(element, what).map((member) => readExtension(member, what));
  if (new Set(extensions.map((extension) => extension.oid)).size !== extensions.length) {
    throw malformed(`read ${what}: an extension twice`);
  }
  return extensions;
}

/** Reads the values of the extensions we understand. */
export function factsOfExtensions(extensions: readonly Extension[], what: string): ExtensionFacts {
  const valueAt = (id: string): DerElement | undefined => {
    const found = extensions.find((extension) => extension.oid === id);
    return found === undefined ? undefined : readDer(found.value);
  };
  const names = valueAt(oid.subjectAltName);
  const usageOids = usageOidsOf(valueAt(oid.extendedKeyUsage), what);
  const keyId = valueAt(oid.subjectKeyIdentifier);
  return {
    ...(names === undefined ? noGeneralNames : readGeneralNames(names, what)),
    ...constraintsOf(valueAt(oid.basicConstraints), what),
    keyUsages: keyUsagesOf(valueAt(oid.keyUsage), what),
    usages: usageOids.flatMap((id) => usageOfOid[id] ?? []).sort(),
    otherUsages: usageOids.filter((id) => usageOfOid[id] === undefined),
    subjectKeyId: keyId === undefined ? '' : hex(octetsOf(keyId, what)),
    authorityKeyId: authorityKeyIdOf(valueAt(oid.authorityKeyIdentifier), what),
  };
}

const usageOfOid: Readonly<Record<string, ExtendedKeyUsage>> = {
  [oid.serverAuth]: 'server auth',
  [oid.clientAuth]: 'client auth',
};

function readExtension(member: DerElement, what: string): Extension {
  const parts = sequenceOf(member, what);
  const hasCritical = parts[1]?.tag === derTag.boolean;
  if (parts.length !== (hasCritical ? 3 : 2)) throw malformed(`read ${what}: extension of unknown shape`);
  const isCritical = hasCritical && booleanOf(parts[1], what);
  // DEFAULT FALSE is not written in DER.
  if (hasCritical && !isCritical) throw malformed(`read ${what}: default value written out`);
  return { oid: oidOf(parts[0], what), isCritical, value: octetsOf(parts.at(-1), what) };
}

function constraintsOf(
  element: DerElement | undefined,
  what: string,
): { isCa: boolean; pathLength: number | undefined } {
  if (element === undefined) return { isCa: false, pathLength: undefined };
  const parts = [...sequenceOf(element, what)];
  const isCa = parts[0]?.tag === derTag.boolean && booleanOf(parts.shift(), what);
  const pathLength = parts.length === 0 ? undefined : smallNumber(integerOf(parts.shift(), what), what);
  if (parts.length > 0) throw malformed(`read ${what}: basic constraints of unknown shape`);
  return { isCa, pathLength };
}

function smallNumber(content: Uint8Array, what: string): number {
  const [value, ...rest] = content;
  if (value === undefined || rest.length > 0 || value > 127) throw malformed(`read ${what}: path length out of range`);
  return value;
}

function keyUsagesOf(element: DerElement | undefined, what: string): readonly KeyUsageName[] {
  if (element === undefined) return [];
  return namedBitsOf(element, what).map((bit) => {
    const name = keyUsageNames[bit];
    if (name === undefined) throw malformed(`read ${what}: unknown key usage`);
    return name;
  });
}

function usageOidsOf(element: DerElement | undefined, what: string): readonly string[] {
  if (element === undefined) return [];
  const usages = sequenceOf(element, what).map((usage) => oidOf(usage, what));
  if (usages.length === 0) throw malformed(`read ${what}: no extended key usage`);
  return [...new Set(usages)];
}

/** The keyIdentifier, [0] IMPLICIT OCTET STRING; issuer and serial may stand beside it (RFC 5280 §4.2.1.1). */
function authorityKeyIdOf(element: DerElement | undefined, what: string): string {
  if (element === undefined) return '';
  const keyId = sequenceOf(element, what).find((part) => part.tag === 0x80);
  return keyId === undefined ? '' : hex(keyId.content);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
