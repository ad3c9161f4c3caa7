/** What the kernel must be able to do, and let through. */

import type { KernelFeature, PreflightInput } from './facts.ts';
import { kernelFeatures } from './facts.ts';
import type { Found } from './finding.ts';

/** The kernel loads these by itself when they are first used (module aliases `fs-`, `rtnl-link-`, and those of netfilter). */
const loadedWhenUsed: readonly KernelFeature[] = ['overlay', 'nf_conntrack', 'vxlan'];
const uses: Readonly<Record<KernelFeature, string>> = {
  overlay: 'containers share the layers of their images by it',
  br_netfilter: 'Services are reached by it from pods of the same node',
  nf_conntrack: 'kube-proxy leads connections by it',
  vxlan: 'the network of the pods goes from host to host by it',
};

export function kernelModules({ facts, wants }: PreflightInput): readonly Found[] {
  if (!wants.runsPods) return [];
  return kernelFeatures
    .filter((feature) => feature !== 'vxlan' || wants.usesVxlan)
    .flatMap((feature) => {
      switch (facts.features[feature]) {
        case 'ready':
          return [];
        case 'loadable':
          return loadedWhenUsed.includes(feature) ? [] : [notLoaded(feature)];
        case 'absent':
          return [missing(feature)];
        case 'unknown':
          return [unseen(feature)];
        default:
          throw new TypeError('unknown state of a kernel feature');
      }
    });
}

function notLoaded(feature: KernelFeature): Found {
  return {
    severity: 'error',
    message: `the kernel module ${feature} is not loaded: ${uses[feature]}`,
    cure: `modprobe ${feature} && echo ${feature} > /etc/modules-load.d/easycerts.conf`,
  };
}

function missing(feature: KernelFeature): Found {
  return {
    severity: 'error',
    message: `this kernel has no ${feature}: ${uses[feature]}`,
    cure: `install a kernel with ${feature} (the package linux-modules-extra of some distributions), and boot it`,
  };
}

function unseen(feature: KernelFeature): Found {
  return {
    severity: 'warning',
    message: `nobody can say whether this kernel has ${feature}: ${uses[feature]}`,
    cure: `modprobe ${feature}, on the machine itself when this is a container`,
  };
}

export function ipForwarding({ facts, wants }: PreflightInput): readonly Found[] {
  if (!wants.runsPods || facts.sysctls['net.ipv4.ip_forward'] === '1') return [];
  return [
    {
      severity: 'error',
      message:
        'the kernel does not forward packets (net.ipv4.ip_forward is not 1): pods would reach nothing outside their node',
      cure: sysctlCure('net.ipv4.ip_forward'),
    },
  ];
}

/** The sysctl is there once br_netfilter is. */
export function bridgeFilter({ facts, wants }: PreflightInput): readonly Found[] {
  const value = facts.sysctls['net.bridge.bridge-nf-call-iptables'];
  if (!wants.runsPods || value === undefined || value === '1') return [];
  return [
    {
      severity: 'error',
      message:
        'packets of bridges do not pass iptables (net.bridge.bridge-nf-call-iptables is not 1): Services would fail on one node',
      cure: sysctlCure('net.bridge.bridge-nf-call-iptables'),
    },
  ];
}

function sysctlCure(name: string): string {
  return `sysctl -w ${name}=1 && echo ${name}=1 >> /etc/sysctl.d/90-easycerts.conf`;
}
