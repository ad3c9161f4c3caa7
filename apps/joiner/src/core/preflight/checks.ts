/** Preflight as a literal list of pure checks. Each says everything that it finds, with the command that mends it. */

import type { PreflightInput } from './facts.ts';
import type { Found, PreflightFinding } from './finding.ts';
import { clock, configuration, disk, hostName, master, memory, ports, root } from './host-checks.ts';
import { bridgeFilter, ipForwarding, kernelModules } from './kernel-checks.ts';
import { programs, programVersions } from './program-checks.ts';
import { controlGroups, serviceManager, swap } from './system-checks.ts';

export interface PreflightCheck {
  readonly name: string;
  /** For the documentation. */
  readonly description: string;
  readonly find: (input: PreflightInput) => readonly Found[];
}

export const preflightChecks: readonly PreflightCheck[] = [
  { name: 'root', description: 'we run as root', find: root },
  { name: 'service-manager', description: 'systemd is the init program', find: serviceManager },
  { name: 'host-name', description: 'the host name can be the name of a node', find: hostName },
  { name: 'configuration', description: 'configuration files that are there can be used', find: configuration },
  { name: 'kernel', description: 'overlay, br_netfilter, nf_conntrack, vxlan are in the kernel', find: kernelModules },
  { name: 'ip-forward', description: 'the kernel forwards packets', find: ipForwarding },
  { name: 'bridge-filter', description: 'packets of bridges pass iptables', find: bridgeFilter },
  { name: 'swap', description: 'nothing is swapped, or kubelet is told that it may be', find: swap },
  { name: 'cgroups', description: 'the controllers that kubelet uses are there', find: controlGroups },
  { name: 'ports', description: 'the ports of the components are free, or held by them', find: ports },
  { name: 'programs', description: 'the programs of the components are installed', find: programs },
  { name: 'versions', description: 'the programs are of versions that work together', find: programVersions },
  { name: 'master', description: 'the master can be reached', find: master },
  { name: 'clock', description: 'the clock agrees with the master’s', find: clock },
  { name: 'disk', description: '/var has room, and so have the folders of keys and state', find: disk },
  { name: 'memory', description: 'there is memory enough', find: memory },
];

/** All findings of all checks, in their order. */
export function runPreflight(input: PreflightInput): readonly PreflightFinding[] {
  return preflightChecks.flatMap(({ find, name }) => find(input).map((found) => ({ check: name, ...found })));
}

/** The findings about programs alone. */
export function runProgramChecks(input: PreflightInput): readonly PreflightFinding[] {
  const names = ['programs', 'versions'];
  return runPreflight(input).filter(({ check }) => names.includes(check));
}
