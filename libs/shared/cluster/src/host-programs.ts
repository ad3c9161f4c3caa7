/** Programs of the host that Kubernetes needs but does not bring along: where distributions put them, and what follows. */

import type { ClusterConfig } from './config/resolve-config.ts';
import type { HostFacts } from './host-facts.ts';

export const hostPrograms = ['containerd', 'runc', 'ctr', 'iptables', 'nft'] as const;
export type HostProgram = (typeof hostPrograms)[number];

/** Where they are looked for after `binDir`. */
export const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;
/** Where CNI plugins lie: upstream's place, Debian's, Fedora's. */
export const cniFolders = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'] as const;

interface Context {
  readonly config: ClusterConfig;
  readonly host: HostFacts;
}

/** Where a program lies, or else should lie. */
export function programPath({ config, host }: Context, name: HostProgram): string {
  return host.programs[name] ?? `${config.binDir}/${name}`;
}

/** Where the CNI plugins lie, or else should lie. */
export function cniFolderOf({ config, host }: Context): string {
  return config.kubelet.cni.binDir ?? host.cniFolder ?? cniFolders[0];
}

/** How kube-proxy makes Services: with iptables, unless the host has only nft. */
export function proxyModeOf({ config, host }: Context): 'iptables' | 'nftables' {
  const hasOnlyNft = host.programs.iptables === undefined && host.programs.nft !== undefined;
  return config.proxy.mode ?? (hasOnlyNft ? 'nftables' : 'iptables');
}
