/** What preflight knows about a host, and what it wants of it. */

import type { CgroupLayout, Role } from '@easycerts/cluster';

/**
 * `ready`: loaded, or part of the kernel. `loadable`: a module that lies on disk. `absent`: this kernel has none. `unknown`: it
 * has no list of its modules, as in a container.
 */
export type FeatureState = 'ready' | 'loadable' | 'absent' | 'unknown';

export const kernelFeatures = ['overlay', 'br_netfilter', 'nf_conntrack', 'vxlan'] as const;
export type KernelFeature = (typeof kernelFeatures)[number];

export interface Listener {
  readonly port: number;
  /** Text of the address; `0.0.0.0` or `::` for all. */
  readonly address: string;
  /** Name of the program; undefined when it cannot be seen. */
  readonly program?: string;
  /** systemd unit without suffix, when the program is part of one. */
  readonly unit?: string;
}

export interface ProgramFacts {
  readonly name: string;
  /** Where it was looked for, or found. */
  readonly path: string;
  readonly isFound: boolean;
  /** First words of what `--version` prints; undefined when it was not asked, or said nothing. */
  readonly version?: string;
}

export interface EndpointFacts {
  /** `host:port`. */
  readonly endpoint: string;
  /** Why it cannot be reached; undefined when it can. */
  readonly problem?: string;
  /** Its time less ours; undefined when it does not say. */
  readonly clockAheadMs?: number;
}

export interface FolderFacts {
  readonly path: string;
  readonly freeBytes: number;
}

export interface PreflightFacts {
  readonly isRoot: boolean;
  readonly features: Readonly<Record<KernelFeature, FeatureState>>;
  /** Values of sysctls by their dotted names; absent ones do not exist. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Devices or files that are swapped to. */
  readonly swaps: readonly string[];
  readonly cgroups: CgroupLayout;
  /** Controllers that the kernel has and not turned off. */
  readonly cgroupControllers: readonly string[];
  readonly serviceManager: 'systemd' | 'process';
  readonly listeners: readonly Listener[];
  readonly programs: readonly ProgramFacts[];
  /** As the machine has it. */
  readonly hostName: string;
  readonly endpoints: readonly EndpointFacts[];
  readonly varFreeBytes: number;
  /** Folders of keys, state and configuration, which may be file systems of their own; absent ones are left out. */
  readonly folders: readonly FolderFacts[];
  readonly memoryBytes: number;
  /** Whether a cluster.yaml of its own lies on the host. */
  readonly hasClusterFile: boolean;
  /** Problems of the configuration files: overlay.yaml, node.yaml, cluster.yaml. */
  readonly configProblems: readonly string[];
}

export interface WantedPort {
  readonly port: number;
  /** What for, for people: `kubelet`. */
  readonly use: string;
  /** Units that may hold it: ours. */
  readonly unit: string;
}

export interface WantedProgram {
  readonly name: string;
  /** Its folder; undefined: anywhere on PATH. */
  readonly directory: string | undefined;
  /** Folders where it does as well, when its own has none. */
  readonly elsewhere?: readonly string[];
  /** A program that does as well. */
  readonly substitute?: string;
  /** Asked for its version and compared with what is supported. */
  readonly kind: 'kubernetes' | 'containerd' | 'other';
  /** Where it comes from. */
  readonly cure: string;
}

export interface PreflightWants {
  readonly role: Role;
  /** Whether the configuration of the cluster is known: before that, places of programs are only likely. */
  readonly isConfigured: boolean;
  readonly runsPods: boolean;
  readonly usesVxlan: boolean;
  /** kubelet ends where there is swap, unless told otherwise. */
  readonly failsOnSwap: boolean;
  readonly ports: readonly WantedPort[];
  readonly programs: readonly WantedProgram[];
}

export interface PreflightInput {
  readonly facts: PreflightFacts;
  readonly wants: PreflightWants;
}
