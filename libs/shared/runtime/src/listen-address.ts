/** Where the services of a master listen: where the hosts of the cluster come from, and nowhere else. */

import { networkInterfaces } from 'node:os';
import { type ClusterConfig, isSingleMachine } from '@easycerts/cluster';

/** Loopback for one machine; else every address, those of IPv6 too where the host has it. */
export function listenAddressOf(
  config: Pick<ClusterConfig, 'masterAddress'>,
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): string {
  if (isSingleMachine(config.masterAddress)) return '127.0.0.1';
  const hasIpv6 = Object.values(interfaces).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
  return hasIpv6 ? '::' : '0.0.0.0';
}
