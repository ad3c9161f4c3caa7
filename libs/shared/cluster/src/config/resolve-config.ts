/** Fills in what follows from other options: which components run, addresses, the DNS addon's address. Pure. */

import { type ComponentName, componentNames, type Role } from '../component-name.ts';
import { addressAt, formatIp, isLoopback, parseCidr, parseIp } from '../ip-network.ts';
import type { GivenConfig } from './cluster-config-schema.ts';

type Enabled<T> = Omit<T, 'enable'> & { readonly enable: boolean };

/** cluster.yaml with every default filled in and roles resolved. Frozen. */
export type ClusterConfig = Omit<GivenConfig, ComponentName | 'addons'> & {
  readonly [K in ComponentName]: Enabled<GivenConfig[K]>;
} & {
  readonly easyCerts: boolean;
  readonly apiserverAddress: string;
  readonly addons: { readonly dns: GivenConfig['addons']['dns'] & { readonly clusterIp: string } };
};

/** The components that a role runs (NixOS's services.kubernetes.roles). */
export const componentsOfRole: Readonly<Record<Role, readonly ComponentName[]>> = {
  master: ['apiserver', 'controllerManager', 'scheduler', 'addonManager', 'proxy', 'etcd', 'kubelet', 'flannel'],
  node: ['kubelet', 'proxy', 'flannel'],
};

/** Resolves roles into components, and defaults that depend on other options. */
export function resolveConfig(given: GivenConfig): ClusterConfig {
  const byRole = new Set(given.roles.flatMap((role) => componentsOfRole[role]));
  const enabled = (name: ComponentName): boolean => given[name].enable ?? byRole.has(name);
  const enable = <K extends ComponentName>(name: K): Enabled<GivenConfig[K]> => ({
    ...given[name],
    enable: enabled(name),
  });
  const { clusterDomain, clusterIp } = given.addons.dns;
  const dnsAddress = clusterIp ?? defaultDnsAddress(given.apiserver.serviceClusterIpRange);
  return deepFreeze({
    ...given,
    easyCerts: given.easyCerts ?? given.roles.length > 0,
    apiserverAddress: given.apiserverAddress ?? defaultApiserverAddress(given),
    etcd: enable('etcd'),
    apiserver: enable('apiserver'),
    controllerManager: {
      ...enable('controllerManager'),
      clusterCidr: given.controllerManager.clusterCidr ?? given.clusterCidr,
    },
    scheduler: enable('scheduler'),
    addonManager: enable('addonManager'),
    proxy: enable('proxy'),
    flannel: enable('flannel'),
    kubelet: {
      ...enable('kubelet'),
      clusterDns: given.kubelet.clusterDns ?? (given.addons.dns.enable ? [dnsAddress] : []),
      clusterDomain: given.kubelet.clusterDomain ?? clusterDomain,
      taints: { ...masterTaints(given.roles), ...given.kubelet.taints },
    },
    containerd: { ...given.containerd, enable: given.containerd.enable ?? enabled('kubelet') },
    addons: { dns: { ...given.addons.dns, clusterIp: dnsAddress } },
  }) as ClusterConfig;
}

/** Names of the components that run on this host. */
export function enabledComponents(config: ClusterConfig): readonly ComponentName[] {
  return componentNames.filter((name) => config[name].enable);
}

/** A range's last usable address: .254 of a /24 (NixOS's choice), by arithmetic for every other size. */
function defaultDnsAddress(serviceRange: string): string {
  const network = parseCidr(serviceRange);
  const address = network && (addressAt(network, -2n) ?? addressAt(network, 0n));
  return address === undefined ? '' : formatIp(address);
}

function defaultApiserverAddress({ apiserver, masterAddress }: GivenConfig): string {
  return `https://${hostInUrl(apiserver.advertiseAddress ?? masterAddress)}:${apiserver.securePort}`;
}

/** An address or name as it stands in a URL. */
export function hostInUrl(nameOrAddress: string): string {
  return nameOrAddress.includes(':') ? `[${nameOrAddress}]` : nameOrAddress;
}

/** A master that is not also a node takes no ordinary pods. */
function masterTaints(roles: readonly Role[]): GivenConfig['kubelet']['taints'] {
  if (!roles.includes('master') || roles.includes('node')) return {};
  return {
    master: { key: 'node-role.kubernetes.io/master', value: 'true', effect: 'NoSchedule' },
    'control-plane': { key: 'node-role.kubernetes.io/control-plane', value: '', effect: 'NoSchedule' },
  };
}

/** Whether the master is only reachable from its own host. */
export function isSingleMachine(masterAddress: string): boolean {
  const address = parseIp(masterAddress);
  return masterAddress === 'localhost' || (address !== undefined && isLoopback(address));
}

/** Freezes a value of plain data, all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
