/** A cluster on hosts of its own, used only as an administrator can: packages, commands, units, files, kubectl on the master. */

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Ended, ExecOptions, Host, Hosts } from '@easycerts/test-hosts';
import { hostBinDir, openHosts, removeGroup, startHosts } from '@easycerts/test-hosts';
import { outputOf } from './cluster.ts';
import { hostLogTails } from './host-log-tails.ts';
import { type Memory, memoryAt } from './memory.ts';
import { dataDirectory, hostShares, ownerPid } from './place.ts';

export interface HostsCluster extends Memory {
  readonly name: string;
  /** Name of the group of hosts: part of the name of all they have on the machine. */
  readonly group: string;
  /** Names of its hosts, the master first. */
  readonly hosts: readonly string[];
  /** Makes the hosts, with nothing on them but Debian and Kubernetes' programs. */
  start(): Promise<Hosts>;
  down(): Promise<void>;
  host(name: string): Host;
  all(): readonly Host[];
  /** Runs a command on the master, as root. */
  exec(words: readonly string[], options?: ExecOptions): Promise<Ended>;
  mustExec(words: readonly string[], options?: ExecOptions): Promise<string>;
  /** kubectl on the master, as root, with the administrator's kubeconfig. */
  kubectl(words: readonly string[], options?: ExecOptions): Promise<Ended>;
  mustKubectl(words: readonly string[], options?: ExecOptions): Promise<string>;
  /** `kubectl get … -o json`. */
  get<T>(words: readonly string[]): Promise<T>;
  apply(manifest: unknown): Promise<string>;
  /** The last lines of the journals of our and Kubernetes' units. */
  logTails(): Promise<string>;
}

const kubeconfig = '/etc/kubernetes/cluster-admin.kubeconfig';

/** The words of kubectl as root types it on a master. */
export function kubectlOnMaster(words: readonly string[]): readonly string[] {
  return [`${hostBinDir}/kubectl`, '--kubeconfig', kubeconfig, ...words];
}

/** The cluster with this name and hosts, the master first; nothing is started. */
export function hostsCluster(name: string, hosts: readonly [string, ...string[]]): HostsCluster {
  const folder = dataDirectory(name);
  // The same for every step of a run, another one for every run.
  const group = `e2e-${createHash('sha256').update(folder).digest('hex').slice(0, 10)}`;
  const [master] = hosts;
  const exec: HostsCluster['exec'] = (words, options) => openHosts(group).host(master).exec(words, options);
  const mustExec: HostsCluster['mustExec'] = async (words, options) => outputOf(await exec(words, options));
  const kubectl: HostsCluster['kubectl'] = (words, options) =>
    exec(kubectlOnMaster(words), { timeoutMs: 60_000, ...options });
  const mustKubectl: HostsCluster['mustKubectl'] = async (words, options) => outputOf(await kubectl(words, options));
  const memory = `${folder}.memory.json`;
  return {
    name,
    group,
    hosts,
    start() {
      const owner = ownerPid();
      return startHosts({
        group,
        folder,
        hosts,
        shares: hostShares(),
        ...(owner === undefined ? {} : { ownerPid: owner }),
        env: process.env,
        report: (line) => process.stdout.write(`${line}\n`),
      });
    },
    async down() {
      await removeGroup(group);
      rmSync(memory, { force: true });
    },
    host: (wanted) => openHosts(group).host(wanted),
    all: () => openHosts(group).all,
    exec,
    mustExec,
    kubectl,
    mustKubectl,
    get: async <T>(words: readonly string[]) => JSON.parse(await mustKubectl(['get', ...words, '-o', 'json'])) as T,
    apply: (manifest) => mustKubectl(['apply', '-f', '-'], { input: JSON.stringify(manifest) }),
    logTails: () => hostLogTails(group),
    ...memoryAt(memory),
  };
}
