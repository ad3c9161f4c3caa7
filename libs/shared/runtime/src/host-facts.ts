/** Finds out what this host is and can, without changing anything. */

import { constants } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import type { CgroupLayout, HostFacts, HostRecord, Role } from '@easycerts/cluster';
import { isHostName } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { lastingAddresses, readAddressFacts } from './host-addresses.ts';
import { findCniFolder, findHostPrograms, findResolvConf, foldersWith } from './host-programs.ts';
import { findSnapshotter } from './snapshotter.ts';

export interface HostIdentityOptions {
  readonly roles: readonly Role[];
  /** Default: the host name of the machine. */
  readonly hostName?: string;
  /** For tests: another place than /proc. */
  readonly procDirectory?: string;
}

export interface HostFactsOptions extends HostIdentityOptions {
  /** Where containerd keeps its data (`paths.containerd`): decides the snapshotter. */
  readonly containerdDirectory: string;
  /** Where programs are looked for first. */
  readonly binDir?: string;
  /** For tests: other places than /sys, /run and /etc. */
  readonly sysDirectory?: string;
  readonly runDirectory?: string;
  readonly etcDirectory?: string;
}

const capSysResource = 24n; // include/uapi/linux/capability.h

/** What this host is called and where it is. AppError FAILED_PRECONDITION when its name cannot be the name of a node. */
export async function gatherHostIdentity(options: HostIdentityOptions): Promise<HostRecord> {
  const facts = await readAddressFacts(options.procDirectory ?? '/proc', networkInterfaces());
  return {
    name: nodeNameOf(options.hostName ?? hostname()),
    roles: options.roles,
    addresses: lastingAddresses(facts),
  };
}

/** Gathers the facts of this host. AppError as {@link gatherHostIdentity}. */
export async function gatherHostFacts(options: HostFactsOptions): Promise<HostFacts> {
  const proc = options.procDirectory ?? '/proc';
  const isRoot = process.geteuid?.() === 0;
  const run = options.runDirectory ?? '/run';
  const [identity, cgroups, serviceManager, mayWriteConntrackMax, maySetOomScore, snapshotter] = await Promise.all([
    gatherHostIdentity(options),
    findCgroupLayout(options.sysDirectory ?? '/sys'),
    findServiceManager(run),
    canOpenForWriting(`${proc}/sys/net/netfilter/nf_conntrack_max`),
    hasCapability(`${proc}/self/status`, capSysResource),
    isRoot ? findSnapshotter(options.containerdDirectory) : ('native' as const),
  ]);
  const [programs, cniFolder, resolvConf] = await Promise.all([
    findHostPrograms(foldersWith(options.binDir)),
    findCniFolder(),
    findResolvConf(options.etcDirectory ?? '/etc', run),
  ]);
  return {
    ...identity,
    cgroups,
    serviceManager,
    isRoot,
    mayWriteConntrackMax,
    maySetOomScore,
    snapshotter,
    programs,
    cniFolder,
    resolvConf,
  };
}

/** What runs services on this host: systemd only where it is PID 1 (sd_booted(3)), not where it is merely installed. */
export async function findServiceManager(runDirectory = '/run'): Promise<HostFacts['serviceManager']> {
  return (await exists(`${runDirectory}/systemd/system`)) ? 'systemd' : 'process';
}

/** The name that a host has in the cluster: the first label of its host name, lowercase. */
export function nodeNameOf(hostName: string): string {
  const name = (hostName.split('.')[0] ?? '').toLowerCase();
  if (isHostName(name)) return name;
  throw new AppError('FAILED_PRECONDITION', `host name ${JSON.stringify(hostName)} cannot be the name of a node`, {
    details: { cure: 'give the machine a name of letters, digits and hyphens: `hostnamectl set-hostname <name>`' },
  });
}

async function findCgroupLayout(sysDirectory: string): Promise<CgroupLayout> {
  if (await exists(`${sysDirectory}/fs/cgroup/cgroup.controllers`)) return 'v2';
  return (await exists(`${sysDirectory}/fs/cgroup/unified/cgroup.controllers`)) ? 'hybrid' : 'v1';
}

// The kernel checks a sysctl's permission when it is opened: nothing needs to be written.
async function canOpenForWriting(path: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_WRONLY);
    await file.close();
    return true;
  } catch {
    return false;
  }
}

async function hasCapability(statusFile: string, bit: bigint): Promise<boolean> {
  const status = await readFile(statusFile, 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/im.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
