/** A group of hosts on one switch: make it, find it again from another process, take it down. */

import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, toAppError } from '@easycerts/core';
import { type Environment, runCommand, takeLock } from '@easycerts/kube-assets';
import { type CgroupPlan, identify, makeControlGroups, planControlGroups } from '@easycerts/runtime';
import { ensureBase, type Report } from './ensure-base.ts';
import { checkHostNames, groupNames } from './group-names.ts';
import type { GroupRecord } from './group-record.ts';
import { readRecord, writeRecord } from './group-record-file.ts';
import { type Ended, type Host, hostOf } from './host.ts';
import { defaultNetwork, planNetwork } from './host-network.ts';
import { type HostPlan, hostFolders, type Share } from './host-plan.ts';
import { checkInotify } from './inotify-room.ts';
import { markerFile, removeGroup, removeGroupNow } from './remove-group.ts';
import { removeAbandonedGroups } from './remove-groups.ts';
import { systemEnvironment } from './system-environment.ts';
import { writeHost } from './write-host.ts';

export interface StartHostsOptions {
  /** Name of the group; an earlier group of this name is taken down first. */
  readonly group: string;
  /** Folder for the disks, on a file system that overlay takes (not itself an overlay). Made; removed by `down`. */
  readonly folder: string;
  readonly hosts: readonly string[];
  readonly shares?: readonly Share[];
  /** Default 10.77.0.0/24; see {@link defaultNetwork}. */
  readonly network?: string;
  /** Process whose end makes the group a leftover, which the next start removes. None: it stays until `down`. */
  readonly ownerPid?: number;
  readonly env: Environment;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

export interface OutsideOptions {
  readonly timeoutMs?: number;
  /** Ends the program; the call then rejects with CANCELLED. */
  readonly signal?: AbortSignal;
}

export interface Hosts {
  readonly group: string;
  readonly all: readonly Host[];
  /** AppError NOT_FOUND when the group has no such host. */
  host(name: string): Host;
  /** Runs a program of the machine in the switch's network namespace: somebody else on the hosts' network. */
  outside(words: readonly string[], options?: OutsideOptions): Promise<Ended>;
  /** Removes everything: processes, namespaces, control groups, disks. */
  down(): Promise<void>;
}

/**
 * Makes the hosts and resolves when all of them are up. Needs root. Removes groups that nobody takes down any more. When
 * something fails, nothing of the group is left. FAILED_PRECONDITION when the machine has too few inotify instances.
 */
export async function startHosts(options: StartHostsOptions): Promise<Hosts> {
  const { group, folder, env, report, signal } = options;
  const names = groupNames(group);
  checkHostNames(options.hosts);
  if (process.geteuid?.() !== 0) {
    throw new AppError('PERMISSION_DENIED', 'hosts need root: namespaces, mounts, control groups', {
      details: { cure: 'run it as root' },
    });
  }
  await removeAbandonedGroups((left) => report?.(`group ${left}: left behind by a run that has ended, removing it`));
  const lock = await takeLock(names.record, { signal, onWait: () => report?.(`group ${group}: another run has it`) });
  try {
    await removeGroupNow(group);
    checkInotify(options.hosts.length, report);
    const base = await ensureBase({ env, report, signal });
    const record = recordOf(options, base);
    const cgroups = planControlGroups(names.cgroup);
    await claimFolder(folder, group);
    writeRecord({ ...record, ...delegationOf(cgroups) });
    try {
      return await makeGroup(record, cgroups, report);
    } catch (error) {
      await removeGroupNow(group);
      throw toAppError(error, `start hosts ${options.hosts.join(', ')}`);
    }
  } finally {
    await lock.release();
  }
}

/** The group of this name, made by another process. AppError NOT_FOUND when there is none. */
export function openHosts(group: string): Hosts {
  const record = readRecord(group);
  if (record !== undefined) return hostsOf(record, planControlGroups(groupNames(group).cgroup));
  throw new AppError('NOT_FOUND', `there is no group of hosts ${group}`, { details: { cure: 'start it first' } });
}

async function makeGroup(record: GroupRecord, cgroups: CgroupPlan, report: Report | undefined): Promise<Hosts> {
  makeControlGroups(cgroups);
  await handDown(cgroups);
  await makeSwitch(record);
  const plans = plansOf(record, cgroups);
  await Promise.all(plans.map(writeHost));
  const hosts = hostsOf(record, cgroups);
  await Promise.all(
    hosts.all.map(async (host) => {
      const startedMs = performance.now();
      await host.boot();
      const elapsedS = ((performance.now() - startedMs) / 1_000).toFixed(1);
      report?.(`host ${host.name}: up at ${host.address} after ${elapsedS} s`);
    }),
  );
  return hosts;
}

function hostsOf(record: GroupRecord, cgroups: CgroupPlan): Hosts {
  const { group } = record;
  const all = plansOf(record, cgroups).map(hostOf);
  return {
    group,
    all,
    host(name) {
      const found = all.find((host) => host.name === name);
      if (found !== undefined) return found;
      throw new AppError('NOT_FOUND', `there is no host ${name} in group ${group}`, {
        details: { cure: `there are ${record.hosts.join(', ')}` },
      });
    },
    async outside(words, { timeoutMs = 60_000, signal } = {}) {
      const args = [`--net=/run/netns/${groupNames(group).switchNamespace}`, ...words];
      const { exitCode, stdout, stderr } = await runCommand('nsenter', args, {
        env: systemEnvironment,
        timeoutMs,
        signal,
      });
      return { command: `outside: ${words.join(' ')}`, code: exitCode, stdout, stderr };
    },
    down: () => removeGroup(group),
  };
}

function plansOf(record: GroupRecord, { layout, hierarchies, groups }: CgroupPlan): readonly HostPlan[] {
  const { group, base, folder, shares } = record;
  const network = planNetwork(record.network, record.hosts);
  return network.cables.map((cable) => ({
    host: cable.host,
    names: groupNames(group),
    network,
    cable,
    cgroups: { layout, hierarchies },
    groups: groups.map((path) => `${path}/${cable.host}`),
    base,
    folders: hostFolders(folder, cable.host),
    shares,
  }));
}

function recordOf(options: StartHostsOptions, base: string): GroupRecord {
  const { group, folder, hosts, shares = [], network = defaultNetwork, ownerPid } = options;
  for (const path of [folder, base]) refuseOverlayMarks(path);
  planNetwork(network, hosts);
  const owner = ownerPid === undefined ? undefined : identify(ownerPid);
  return {
    group,
    folder,
    base,
    network,
    hosts: [...hosts],
    shares: [...shares],
    ...(owner === undefined ? {} : { owner }),
    startedAt: new Date().toISOString(),
  };
}

/** v2 only: what is switched on for the group, to be switched off again. */
function delegationOf({ delegation }: CgroupPlan): Pick<GroupRecord, 'delegation'> {
  if (delegation === undefined) return {};
  return {
    delegation: { ...delegation, controllers: [...delegation.controllers], toEnable: [...delegation.toEnable] },
  };
}

/** v2 only: no process is in the group of the whole, so the groups of hosts get its controllers. */
async function handDown({ delegation }: CgroupPlan): Promise<void> {
  for (const controller of delegation?.controllers ?? []) {
    // A controller that cannot be handed down is one that hosts do without, as on a machine that lacks it.
    await writeFile(`${delegation?.group}/cgroup.subtree_control`, `+${controller}`).catch(() => undefined);
  }
}

/** Colons and commas separate what overlay is given (kernel documentation, overlayfs.rst). */
function refuseOverlayMarks(path: string): void {
  if (/^\/[^:,\\\n]*$/.test(path)) return;
  throw new AppError('INVALID_INPUT', `${path}: hosts need an absolute path without colon, comma and backslash`);
}

/** An empty folder of ours. AppError FAILED_PRECONDITION when somebody else's things are there. */
async function claimFolder(folder: string, group: string): Promise<void> {
  const marker = join(folder, markerFile);
  if (existsSync(folder) && !existsSync(marker) && (await readdir(folder)).length > 0) {
    throw new AppError('FAILED_PRECONDITION', `${folder} is not empty, and not a folder of hosts`, {
      details: { path: folder, cure: 'name another folder' },
    });
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { mode: 0o700 });
  await writeFile(marker, `${group}\n`);
}

/** The switch: a bridge in a network namespace of its own. */
async function makeSwitch({ group, network: cidr, hosts }: GroupRecord): Promise<void> {
  const { switchNamespace: hub } = groupNames(group);
  const { prefixLength, switchAddress } = planNetwork(cidr, hosts);
  const commands = [
    ['netns', 'add', hub],
    ['-n', hub, 'link', 'add', 'br0', 'type', 'bridge'],
    ['-n', hub, 'address', 'add', `${switchAddress}/${prefixLength}`, 'dev', 'br0'],
    ['-n', hub, 'link', 'set', 'br0', 'up'],
    ['-n', hub, 'link', 'set', 'lo', 'up'],
  ];
  for (const words of commands) {
    const { exitCode, stderr } = await runCommand('ip', words, { env: systemEnvironment });
    if (exitCode !== 0) throw new AppError('INTERNAL', `ip ${words.join(' ')}: ${stderr.trim()}`);
  }
}
