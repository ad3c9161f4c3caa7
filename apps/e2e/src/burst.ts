/** Two hundred hosts without kubelets, as the benchmarks make them: on the network of the hosts, but on none of them. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHosts } from '@easycerts/test-hosts';
import { outputOf } from './cluster.ts';
import type { HostsCluster } from './hosts-cluster.ts';
import { repository } from './place.ts';

/** What it prints, as far as it is looked at. */
interface Printed {
  readonly elapsedMs: number;
  readonly hosts: readonly BurstHost[];
}

export interface BurstHost {
  readonly name: string;
  readonly report?: { readonly delivered: readonly string[] };
  readonly problem?: string;
}

export interface Burst {
  readonly count: number;
  join(token: string): Promise<Printed>;
  /** Each with its own identity, all at once. */
  leave(): Promise<Printed>;
  remove(): void;
}

const program = join(repository, 'bench/simulated-hosts/main.ts');
/** On a machine under load a quarter of it is needed. */
const timeoutMs = 240_000;

/** Hosts h001, h002, …; their folders are in memory where there is such a place: two hundred disks are not one. */
export async function burstOf(count: number, cluster: HostsCluster, master: string): Promise<Burst> {
  const place = await access('/dev/shm', constants.W_OK).then(
    () => '/dev/shm',
    () => tmpdir(),
  );
  const folder = mkdtempSync(join(place, 'easycerts-burst-'));
  const [tokenFile, hostsFile] = [join(folder, 'token'), join(folder, 'hosts-file')];
  // They are to know each other's names as hosts do, which the machine does not.
  writeFileSync(hostsFile, readFileSync(cluster.host(master).file('/etc/hosts')));
  const run = async (kind: 'join' | 'leave'): Promise<Printed> => {
    const options = { master, folder: join(folder, 'hosts'), count, 'token-file': tokenFile, 'hosts-file': hostsFile };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const outside = openHosts(cluster.group).outside;
    return JSON.parse(outputOf(await outside([process.execPath, program, kind, ...words], { timeoutMs }))) as Printed;
  };
  return {
    count,
    join(token) {
      writeFileSync(tokenFile, token, { mode: 0o600 });
      return run('join');
    },
    leave: () => run('leave'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
