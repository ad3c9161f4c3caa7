/** Whether OpenSSL, as node has it, sees the names of a certificate that we see. */

import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { type AlternativeNames, canonicalIp, type SubjectName } from '@easycerts/cluster';

export interface SeenNames {
  readonly subject: SubjectName;
  readonly otherSubjectAttributes: readonly string[];
  readonly alternativeNames: AlternativeNames;
  readonly otherNames: readonly string[];
}

/** Throws when they differ. */
export function assertNamesAgree(theirs: X509Certificate, ours: SeenNames): void {
  // Of attributes that we only report OpenSSL shows others as well.
  if (ours.otherSubjectAttributes.length === 0) {
    const { CN = '', O = [] } = theirs.toLegacyObject().subject as unknown as { CN?: string; O?: string | string[] };
    assert.equal(CN, ours.subject.commonName);
    assert.deepEqual([O].flat(), ours.subject.organizations);
  }
  // What stands in names of other kinds looks like any text.
  if (ours.otherNames.length > 0) return;
  const names = (theirs.subjectAltName ?? '').split(', ').filter(Boolean);
  const textsOf = (kind: string) =>
    names.flatMap((name) => (name.startsWith(kind) ? [unquoted(name.slice(kind.length))] : []));
  const addresses = textsOf('IP Address:').map((text) => canonicalIp(text) ?? assert.fail(text));
  assert.deepEqual([...new Set(textsOf('DNS:'))].sort(), ours.alternativeNames.dns);
  assert.deepEqual([...new Set(addresses)].sort(), ours.alternativeNames.ip);
  assert.equal(textsOf('DNS:').length + addresses.length, names.length);
}

/** Node quotes names with characters that could be taken for another name (CVE-2021-44532). */
function unquoted(name: string): string {
  return name.startsWith('"') ? (JSON.parse(name) as string) : name;
}
