/** A host as data. Pure. */

import type { CgroupPlan } from '@easycerts/runtime';
import type { GroupNames } from './group-names.ts';
import type { Cable, GroupNetwork } from './host-network.ts';

/** A folder of the machine that a host sees, read-only. */
export interface Share {
  readonly from: string;
  readonly to: string;
}

export interface HostPlan {
  readonly host: string;
  readonly names: GroupNames;
  readonly network: GroupNetwork;
  readonly cable: Cable;
  readonly cgroups: Pick<CgroupPlan, 'layout' | 'hierarchies'>;
  /** The host's own group in every hierarchy. */
  readonly groups: readonly string[];
  readonly base: string;
  readonly folders: HostFolders;
  readonly shares: readonly Share[];
}

/** Where a host is kept on the machine. */
export interface HostFolders {
  /** What the host has written: its disk. */
  readonly upper: string;
  /** Work folder of the overlay file system. */
  readonly work: string;
  /** Mount point of its root, in its own mount namespace. */
  readonly root: string;
  /** `/var/lib/containerd`: a plain folder, because overlay does not stack on overlay. */
  readonly containerd: string;
  readonly script: string;
  /** Gets the line of /proc/<pid>/stat of PID 1. */
  readonly init: string;
  /** Exists while the cable is cut. */
  readonly cut: string;
  /** What script and systemd print. */
  readonly log: string;
}

/** The folders of a host below that of its group. */
export function hostFolders(groupFolder: string, host: string): HostFolders {
  const at = (name: string): string => `${groupFolder}/${host}/${name}`;
  return {
    upper: at('upper'),
    work: at('work'),
    root: at('root'),
    containerd: at('containerd'),
    script: at('power.sh'),
    init: at('init'),
    cut: at('cut'),
    log: at('boot.log'),
  };
}
