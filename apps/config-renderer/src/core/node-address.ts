/** A node's own word about its address counts only where its master knows it: certificates are signed for nothing else. */

import { type ClusterConfig, type ConfigProblem, canonicalIp, type HostRecord } from '@easycerts/cluster';

/** What is wrong with `kubelet.nodeIp` of a host that its master knows by `record`; undefined: nothing. */
export function nodeAddressProblem(config: ClusterConfig, record: HostRecord): ConfigProblem | undefined {
  const { nodeIp } = config.kubelet;
  if (nodeIp === undefined || record.addresses.some((known) => canonicalIp(known) === canonicalIp(nodeIp))) {
    return undefined;
  }
  const known = record.addresses.length === 0 ? 'no address' : record.addresses.join(', ');
  return {
    path: 'kubelet.nodeIp',
    message: `${nodeIp} is not an address by which the master knows this host (${known}): make a token with \`ca token create --name ${record.name} --address ${nodeIp}\` on the master and join again`,
  };
}
