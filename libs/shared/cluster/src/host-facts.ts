/** What is known about one host: gathered by the runtime library on the host itself, kept by the CA for every host. */

import type { Role } from './component-name.ts';
import type { HostProgram } from './host-programs.ts';

/** Which cgroup hierarchies the host has: only v1, v1 with `unified` beside it, only v2. */
export type CgroupLayout = 'v1' | 'hybrid' | 'v2';

/** The part of the facts that may stand in a certificate: kept in the CA's register of hosts. */
export interface HostRecord {
  /** Lowercase host name: the CN of its identity, the name of its Node object. `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$` */
  readonly name: string;
  readonly roles: readonly Role[];
  /** IP addresses, canonical text, loopback left out. */
  readonly addresses: readonly string[];
}

export interface HostFacts extends HostRecord {
  readonly cgroups: CgroupLayout;
  readonly serviceManager: 'systemd' | 'process';
  /** Whether we run as root: otherwise only the control plane can run. */
  readonly isRoot: boolean;
  /** Whether `net.netfilter.nf_conntrack_max` can be written (not in a container): decides kube-proxy's conntrack options. */
  readonly mayWriteConntrackMax: boolean;
  /** Whether containers may be given negative oom_score_adj (CAP_SYS_RESOURCE). */
  readonly maySetOomScore: boolean;
  /** The snapshotter that containerd can use on its data directory. */
  readonly snapshotter: 'overlayfs' | 'native';
  /** Absolute paths of the programs that were found. */
  readonly programs: Readonly<Partial<Record<HostProgram, string>>>;
  /** Where the CNI plugins were found. */
  readonly cniFolder: string | undefined;
  /** File with the host's name servers, as far as pods can ask them; '' when there is none. */
  readonly resolvConf: string;
}
