/** Makes the control groups of a sandbox, and removes them with everything that is still in them. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { waitUntil } from '../processes/processes.ts';
import {
  type CgroupPlan,
  type Delegation,
  findHierarchies,
  layoutOf,
  type ParentGroup,
  planCgroups,
} from './cgroup-plan.ts';
import { parseMountInfo } from './mountinfo.ts';

/** Plans the groups called `name` on this machine. AppError FAILED_PRECONDITION when it has no control groups. */
export function planControlGroups(name: string): CgroupPlan {
  const hierarchies = findHierarchies(parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')));
  const isV2 = layoutOf(hierarchies) === 'v2';
  const plan = planCgroups(hierarchies, name, isV2 ? readParent('/sys/fs/cgroup') : undefined);
  if (plan !== undefined) return plan;
  throw new AppError('FAILED_PRECONDITION', 'no control groups are mounted below /sys/fs/cgroup', {
    details: { cure: 'mount them (systemd does it at start), or run as an ordinary user for a control plane only' },
  });
}

/** Makes the groups. AppError when the machine does not let us. */
export function makeControlGroups(plan: CgroupPlan): void {
  try {
    if (plan.delegation !== undefined) delegate(plan.delegation);
    for (const group of plan.groups) mkdirSync(group, { recursive: true });
    if (plan.delegation !== undefined) mkdirSync(plan.delegation.leaf, { recursive: true });
    if (plan.cpuset !== undefined) fillCpuset(plan.cpuset);
  } catch (error) {
    const { code, message } = toAppError(error, 'make control groups');
    throw new AppError(code, message, {
      cause: error,
      details: { cure: 'root must be able to write below /sys/fs/cgroup (in a container: run it privileged)' },
    });
  }
}

/**
 * Kills what is left in the groups, removes them, and takes back what was delegated. True when nothing is left within the
 * time; asked for groups that are not there it does nothing.
 */
export async function removeControlGroups(
  groups: readonly string[],
  delegation: Delegation | undefined,
  timeoutMs = 10_000,
): Promise<boolean> {
  const areGone = await waitUntil(() => removeControlGroupsNow(groups), { timeoutMs, everyMs: 20 });
  if (areGone && delegation !== undefined) undelegate(delegation);
  return areGone;
}

/** One try, without waiting for anything: whether nothing is left. */
export function removeControlGroupsNow(groups: readonly string[]): boolean {
  killMembers(groups);
  return groups.map(removeTree).every((isGone) => isGone);
}

function readParent(path: string): ParentGroup {
  const words = (name: string): readonly string[] => readOr(`${path}/${name}`).split(/\s+/).filter(Boolean);
  return {
    controllers: words('cgroup.controllers'),
    subtreeControl: words('cgroup.subtree_control'),
    // The root of the machine has no type (cgroup-v2.rst, "cgroup.type exists on non-root cgroups").
    isMachineRoot: !existsSync(`${path}/cgroup.type`),
    hasProcesses: words('cgroup.procs').length > 0,
  };
}

function delegate({ parent, toEnable, evacuateTo }: Delegation): void {
  if (evacuateTo !== undefined) {
    mkdirSync(evacuateTo, { recursive: true });
    moveProcesses(parent, evacuateTo);
  }
  for (const controller of toEnable) writeIfPossible(`${parent}/cgroup.subtree_control`, `+${controller}`);
}

function undelegate({ parent, toEnable, evacuateTo }: Delegation): void {
  // Somebody else may use a controller by now: then the kernel refuses (EBUSY), and it stays on.
  for (const controller of toEnable) writeIfPossible(`${parent}/cgroup.subtree_control`, `-${controller}`);
  if (evacuateTo === undefined || !existsSync(evacuateTo)) return;
  moveProcesses(evacuateTo, parent);
  removeTree(evacuateTo);
}

/** Until none is left: processes fork while they are being moved. */
function moveProcesses(from: string, to: string): void {
  for (let round = 0; round < 10; round++) {
    const pids = readOr(`${from}/cgroup.procs`).split('\n').filter(Boolean);
    if (pids.length === 0) return;
    for (const pid of pids) writeIfPossible(`${to}/cgroup.procs`, pid);
  }
}

/** The file system of a new group of v1's cpuset takes processes only when it knows their processors and memory. */
function fillCpuset({ parent, group }: { readonly parent: string; readonly group: string }): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const effective =
      readOr(`${parent}/${name}`).trim() || readOr(`${parent}/${name.replace('.', '.effective_')}`).trim();
    writeFileSync(`${group}/${name}`, effective);
  }
  // Groups below get theirs by themselves.
  writeFileSync(`${group}/cgroup.clone_children`, '1');
}

function killMembers(groups: readonly string[]): void {
  for (const group of groups) {
    if (writeIfPossible(`${group}/cgroup.kill`, '1')) continue;
    for (const folder of treeOf(group)) {
      for (const pid of readOr(`${folder}/cgroup.procs`).split('\n').filter(Boolean).map(Number)) kill(pid);
    }
  }
}

function kill(pid: number): void {
  // 0: a process of another PID namespace, which is not ours to see.
  if (pid <= 1 || pid === process.pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

function removeTree(group: string): boolean {
  for (const folder of treeOf(group).reverse()) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') return false;
    }
  }
  return true;
}

/** A group and those below it, parents first. */
function treeOf(group: string): string[] {
  try {
    const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [group, ...below.flatMap(({ name }) => treeOf(`${group}/${name}`))];
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function readOr(path: string, otherwise = ''): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function writeIfPossible(path: string, text: string): boolean {
  try {
    // Never made by us: these files are the kernel's.
    writeFileSync(path, text, { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}
