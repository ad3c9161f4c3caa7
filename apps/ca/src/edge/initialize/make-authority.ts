/** One authority of a cluster, as its configuration asks for. */

import { randomBytes } from 'node:crypto';
import type { AuthorityName, ClusterConfig } from '@easycerts/cluster';
import { type Authority, createAuthority, newSerial } from '@easycerts/pki';
import { backdateMs } from '../../core/template.ts';

/** Makes key and certificate, in memory. */
export function makeAuthority(name: AuthorityName, { pki }: Pick<ClusterConfig, 'pki'>, now: Date): Promise<Authority> {
  return createAuthority({
    commonName: `${pki.commonNamePrefix} ${name} CA`,
    keyAlgorithm: pki.keyAlgorithm,
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + pki.authorityValidity * 1_000),
    serial: newSerial(randomBytes),
  });
}
