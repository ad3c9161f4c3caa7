/**
 * What a node has to know of the cluster: a cluster.yaml of its own, made from the master's. What the master's file says about
 * the master alone (its name, address, labels, taints, static pods, certificates by hand) stays there; secrets it has none.
 */

import { perObject } from '@easycerts/core';
import { stringify } from 'yaml';
import type { ClusterConfig } from './config/resolve-config.ts';
import type { HostRecord } from './host-facts.ts';
import { ownCertificatesOf } from './own-certificates.ts';

/** The text of a node's cluster.yaml. Pure: the same configuration gives the same bytes. */
export function nodeConfigOf(config: ClusterConfig, host: HostRecord): string {
  return commonConfigOf(config) + ownCertificatesText(config, host);
}

/** Whether two configurations make the same documents for all nodes, whichever they are. */
export function isSameForNodes(one: ClusterConfig, other: ClusterConfig): boolean {
  return (
    commonConfigOf(one) === commonConfigOf(other) &&
    JSON.stringify(one.certificates) === JSON.stringify(other.certificates)
  );
}

/** A configuration is frozen, so what all nodes have in common is made once, however many there are. */
const commonConfigOf = perObject(makeCommonConfig);

/** A node hears of its own certificates only, so that a change to those of another one does not concern it. */
function ownCertificatesText(config: ClusterConfig, host: HostRecord): string {
  const own = Object.entries(ownCertificatesOf(config, host));
  if (own.length === 0) return '';
  const given = own.map(([name, { validity, ...entry }]) => [
    name,
    { ...entry, ...(validity === undefined ? {} : { validity: `${validity}s` }) },
  ]);
  return stringify({ certificates: Object.fromEntries(given) }, { lineWidth: 0, aliasDuplicateObjects: false });
}

function makeCommonConfig(config: ClusterConfig): string {
  const { addons, apiserver, bus, containerd, flannel, kubelet, pki, proxy } = config;
  const node = {
    roles: ['node'],
    masterAddress: config.masterAddress,
    apiserverAddress: config.apiserverAddress,
    clusterCidr: config.clusterCidr,
    easyCerts: config.easyCerts,
    featureGates: config.featureGates,
    binDir: config.binDir,
    apiserver: pick(apiserver, ['securePort', 'serviceClusterIpRange']),
    containerd: pick(containerd, ['snapshotter', 'extraOpts']),
    kubelet: pick(kubelet, [
      'address',
      'clusterDns',
      'clusterDomain',
      'cni',
      'containerRuntimeEndpoint',
      'extraConfig',
      'extraOpts',
      'featureGates',
      'healthz',
      'port',
      'registerNode',
      'sandboxImage',
      'seedImages',
      'verbosity',
    ]),
    proxy: pick(proxy, ['bindAddress', 'extraOpts', 'featureGates', 'mode', 'verbosity']),
    flannel: pick(flannel, ['backend', 'extraOpts']),
    addons: { dns: pick(addons.dns, ['enable', 'clusterDomain', 'clusterIp']) },
    pki: {
      ...pick(pki, ['grpcPort', 'httpsPort', 'enrolPort', 'keyAlgorithm', 'commonNamePrefix']),
      validity: `${pki.validity}s`,
      authorityValidity: `${pki.authorityValidity}s`,
    },
    bus: pick(bus, ['port']),
  };
  return stringify(node, { lineWidth: 0, aliasDuplicateObjects: false });
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const chosen: Partial<Pick<T, K>> = {};
  for (const key of keys) if (from[key] !== undefined) chosen[key] = from[key];
  return chosen;
}
