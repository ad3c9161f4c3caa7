/** Init program, swap, control groups. */

import type { PreflightInput } from './facts.ts';
import type { Found } from './finding.ts';

export function serviceManager({ facts }: PreflightInput): readonly Found[] {
  if (facts.serviceManager === 'systemd') return [];
  return [
    {
      severity: 'error',
      message: 'this host has no systemd, which is to start our services',
      cure: 'use a host with systemd; for a cluster on a developer’s machine there is `easycerts up`',
    },
  ];
}

export function swap({ facts, wants }: PreflightInput): readonly Found[] {
  if (!wants.runsPods || !wants.failsOnSwap || facts.swaps.length === 0) return [];
  return [
    {
      severity: 'error',
      message: `this host swaps to ${facts.swaps.join(', ')}, and kubelet does not start then`,
      cure: 'swapoff -a, and take the lines with `swap` out of /etc/fstab; or say kubelet: {extraConfig: {failSwapOn: false}} in cluster.yaml',
    },
  ];
}

/** https://github.com/kubernetes/system-validators: those without which kubelet does not start pods. */
const neededControllers = ['cpu', 'memory', 'pids', 'cpuset'];

export function controlGroups({ facts, wants }: PreflightInput): readonly Found[] {
  if (!wants.runsPods) return [];
  const missing = neededControllers.filter((name) => !facts.cgroupControllers.includes(name));
  const absent: readonly Found[] =
    missing.length === 0
      ? []
      : [
          {
            severity: 'error',
            message: `the kernel has no control groups for ${missing.join(', ')}`,
            cure: 'boot with the kernel parameters cgroup_enable=memory cgroup_enable=cpuset, or a kernel that has them',
          },
        ];
  const old: readonly Found[] =
    facts.cgroups === 'v2'
      ? []
      : [
          {
            severity: 'warning',
            message: `this host has control groups ${facts.cgroups === 'v1' ? 'v1' : 'v1 with v2 beside it'}: Kubernetes will stop working with them`,
            cure: 'boot with the kernel parameter systemd.unified_cgroup_hierarchy=1',
          },
        ];
  return [...absent, ...old];
}
