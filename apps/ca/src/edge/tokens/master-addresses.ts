/** The addresses that are this master's: no other host's certificate may name them. */

import { canonicalIp } from '@easycerts/cluster';
import type { ClusterView } from '../cluster-view.ts';

/** Those of the register, and `masterAddress` when it is one. Canonical text. */
export function masterAddressesOf({ ownHost, config }: Pick<ClusterView, 'ownHost' | 'config'>): readonly string[] {
  const address = canonicalIp(config.masterAddress);
  return address === undefined ? ownHost.addresses : [...ownHost.addresses, address];
}
