/**
 * How a sandbox gets control groups of its own, by what the machine has:
 *
 *   v1      every controller is a hierarchy, `<mount>/easycerts-<id>` in each; all processes sit there
 *   hybrid  the same, and `unified` (v2, for bookkeeping only) beside them
 *   v2      one hierarchy. No process may sit in a group that hands controllers down, so the sandbox's processes start in
 *           the leaf `easycerts-<id>/init`, and where the parent itself holds processes (inside a container) they have to
 *           move to a leaf of their own first
 */

import type { CgroupLayout } from '@easycerts/cluster';
import type { MountInfo } from './mountinfo.ts';

const base = '/sys/fs/cgroup';

/** One cgroup file system of the machine. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** Where it is mounted: `/sys/fs/cgroup/cpu,cpuacct`. */
  readonly mountPoint: string;
  /** Mount options that name it again (v1: controllers, or `none,name=systemd`). */
  readonly mountOptions: readonly string[];
}

/** What a v2 hierarchy says about the group that will be our parent. */
export interface ParentGroup {
  readonly controllers: readonly string[];
  readonly subtreeControl: readonly string[];
  /** Whether it is the root of the machine, which alone may hold processes and hand controllers down. */
  readonly isMachineRoot: boolean;
  readonly hasProcesses: boolean;
}

export interface CgroupPlan {
  readonly layout: CgroupLayout;
  readonly hierarchies: readonly Hierarchy[];
  /** Our group in every hierarchy. */
  readonly groups: readonly string[];
  /** v1's cpuset takes no process before it has been told its processors and memory. */
  readonly cpuset?: { readonly parent: string; readonly group: string };
  readonly delegation?: Delegation;
}

/** v2 only: how controllers come down to the sandbox. */
export interface Delegation {
  readonly parent: string;
  readonly group: string;
  /** Leaf in which the sandbox's own processes sit. */
  readonly leaf: string;
  readonly controllers: readonly string[];
  /** Controllers that the parent does not hand down yet: switched on, and off again in the end. */
  readonly toEnable: readonly string[];
  /** Leaf to which the parent's own processes have to move first. */
  readonly evacuateTo?: string;
}

/** Controllers that a kubelet needs or can use. */
const wanted = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'];

/** The cgroup file systems of a machine, one per hierarchy, in mount order. */
export function findHierarchies(mounts: readonly MountInfo[]): readonly Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const mount of mounts) {
    const isInPlace = mount.mountPoint === base || mount.mountPoint.startsWith(`${base}/`);
    const hierarchy = isInPlace ? hierarchyOf(mount) : undefined;
    if (hierarchy !== undefined) found.set(hierarchy.mountPoint, hierarchy);
  }
  return [...found.values()];
}

/** Which layout those hierarchies are; undefined when there are none. */
export function layoutOf(hierarchies: readonly Hierarchy[]): CgroupLayout | undefined {
  if (hierarchies.length === 0) return undefined;
  if (hierarchies.every(({ version }) => version === 2)) return 'v2';
  return hierarchies.some(({ version }) => version === 2) ? 'hybrid' : 'v1';
}

/** The plan for a machine; undefined when it has no control groups. `parent` is asked for in layout v2 only. */
export function planCgroups(
  hierarchies: readonly Hierarchy[],
  name: string,
  parent: ParentGroup | undefined,
): CgroupPlan | undefined {
  const layout = layoutOf(hierarchies);
  if (layout === undefined) return undefined;
  const groups = hierarchies.map(({ mountPoint }) => `${mountPoint}/${name}`);
  const plan = { layout, hierarchies, groups };
  if (layout === 'v2') return { ...plan, delegation: delegationOf(name, parent) };
  const cpuset = hierarchies.find(({ mountOptions }) => mountOptions.includes('cpuset'));
  if (cpuset === undefined) return plan;
  return { ...plan, cpuset: { parent: cpuset.mountPoint, group: `${cpuset.mountPoint}/${name}` } };
}

function delegationOf(name: string, parent: ParentGroup | undefined): Delegation {
  const controllers = wanted.filter((controller) => parent?.controllers.includes(controller));
  const toEnable = controllers.filter((controller) => !parent?.subtreeControl.includes(controller));
  const group = `${base}/${name}`;
  const delegation = { parent: base, group, leaf: `${group}/init`, controllers, toEnable };
  const mustEvacuate = toEnable.length > 0 && parent?.isMachineRoot === false && parent.hasProcesses;
  return mustEvacuate ? { ...delegation, evacuateTo: `${base}/${name}-machine` } : delegation;
}

function hierarchyOf(mount: MountInfo): Hierarchy | undefined {
  if (mount.type === 'cgroup2') return { version: 2, mountPoint: mount.mountPoint, mountOptions: [] };
  if (mount.type !== 'cgroup') return undefined;
  const names = mount.superOptions.filter(
    (option) => !/^(rw|ro|xattr|clone_children|noprefix|release_agent=.*)$/.test(option),
  );
  if (names.length === 0) return undefined;
  const isNamed = names.some((option) => option.startsWith('name='));
  const hasController = names.some((option) => !option.startsWith('name='));
  const mountOptions = isNamed && !hasController ? ['none', ...names] : names;
  return { version: 1, mountPoint: mount.mountPoint, mountOptions };
}
