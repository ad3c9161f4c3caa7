/** Names and addresses as they stand in a certificate. */

import type { AlternativeNames } from './certificate-spec.ts';
import { canonicalIp } from './ip-network.ts';

/** Sorts names and addresses apart, canonical, each once; absent ones are left out. */
export function alternativeNamesOf(names: readonly (string | undefined)[]): AlternativeNames {
  const dns = new Set<string>();
  const ip = new Set<string>();
  for (const name of names) {
    if (name === undefined) continue;
    const address = canonicalIp(name);
    if (address === undefined) dns.add(name.toLowerCase());
    else ip.add(address);
  }
  return { dns: [...dns].sort(), ip: [...ip].sort() };
}
