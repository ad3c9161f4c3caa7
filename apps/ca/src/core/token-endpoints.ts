/** Where a machine with a token finds the CA. */

import { type ClusterConfig, hostInUrl, isSingleMachine } from '@easycerts/cluster';

/** What a token can hold. */
const maxEndpoints = 16;

/** `host:port`, the one of cluster.yaml first, then this master's lasting addresses: for when the name does not resolve. */
export function tokenEndpointsOf(
  { masterAddress }: Pick<ClusterConfig, 'masterAddress'>,
  addresses: readonly string[],
  port: number,
): readonly string[] {
  const hosts = isSingleMachine(masterAddress) ? [masterAddress] : [masterAddress, ...addresses];
  const endpoints = hosts.map((host) => `${hostInUrl(host)}:${port}`);
  return [...new Set(endpoints)].slice(0, maxEndpoints);
}
