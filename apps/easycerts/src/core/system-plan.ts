/** The part of the sandbox's root that is the machine's system: programs for reading, kernel file systems of its own. */

import type { CgroupPlan } from '@easycerts/runtime';
import { bind, bindReadOnly, directory, file, type Mount, type RootPlan, symlink } from './root-plan.ts';

export interface SystemFacts {
  /** `/bin`, `/lib64`, …: links into /usr on today's distributions, folders on older ones. */
  readonly topLevel: readonly TopLevel[];
  readonly varDirectory: string;
  readonly cgroups: CgroupPlan;
  /** What the sandbox says its boot id is: a fresh one for each start. */
  readonly bootId: string;
}

export interface TopLevel {
  readonly path: string;
  /** Of a symbolic link. */
  readonly linkTarget?: string;
}

/** Folders of the machine's root that hold programs and libraries, where they exist. */
export const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix'] as const;

/**
 * Machine-wide settings that kubelet wants to have its own way. They get private copies with the values it asks for; all
 * of /proc/sys but `net` (which belongs to the network namespace) can only be read.
 */
const sysctls: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

const sysctlCopies = '/.sandbox/sysctl';

/** Plans everything but /etc and our own programs. */
export function planSystem({ topLevel, varDirectory, cgroups, bootId }: SystemFacts): RootPlan {
  const links = topLevel.flatMap(({ path, linkTarget }) =>
    linkTarget === undefined ? [] : [symlink(path, linkTarget)],
  );
  const folders = topLevel.filter(({ linkTarget }) => linkTarget === undefined).map(({ path }) => path);
  const copies = Object.entries({ ...sysctls, 'kernel/random/boot_id': bootId });
  return {
    entries: [
      ...[
        '/proc',
        '/sys',
        '/dev',
        '/dev/pts',
        '/dev/shm',
        '/dev/mqueue',
        '/run',
        '/var',
        '/home',
        '/mnt',
        '/opt',
        '/srv',
      ]
        .concat('/.sandbox', sysctlCopies, oldRoot)
        .concat(folders)
        .map((path) => directory(path)),
      directory('/root', 0o700),
      directory('/tmp', 0o1777),
      ...links,
      symlink('/dev/ptmx', 'pts/ptmx'),
      symlink('/dev/fd', '/proc/self/fd'),
      symlink('/dev/stdin', '/proc/self/fd/0'),
      symlink('/dev/stdout', '/proc/self/fd/1'),
      symlink('/dev/stderr', '/proc/self/fd/2'),
      ...copies.map(([name, value]) => file(copyOf(name), `${value}\n`)),
    ],
    mounts: [
      ...folders.map((path) => bindReadOnly(path, path)),
      bind(varDirectory, '/var'),
      ...kernelFileSystems,
      ...cgroupMounts(cgroups),
      // On themselves: so they become mounts, of which one can be made read-only (by the start script, see readOnlyInTheEnd).
      { source: '/proc/sys', target: '/proc/sys', type: 'none', options: ['bind'], fromInside: true },
      { source: '/proc/sys/net', target: '/proc/sys/net', type: 'none', options: ['bind'], fromInside: true },
      ...copies.map(
        ([name]): Mount => ({
          source: copyOf(name),
          target: `/proc/sys/${name}`,
          type: 'none',
          options: ['bind'],
          fromInside: true,
        }),
      ),
    ],
  };
}

/** Where the machine's root is while the new one takes its place. */
export const oldRoot = '/.old';

/** Mounts that become read-only when everything on them has been mounted. */
export const readOnlyInTheEnd: readonly string[] = ['/proc/sys', '/sys'];

const kernelFileSystems: readonly Mount[] = [
  kernel('proc', '/proc', ['nosuid', 'nodev', 'noexec']),
  kernel('sysfs', '/sys', ['nosuid', 'nodev', 'noexec']),
  kernel('devpts', '/dev/pts', ['newinstance', 'ptmxmode=0666', 'mode=620', 'gid=5', 'nosuid', 'noexec']),
  kernel('tmpfs', '/dev/shm', ['mode=1777', 'nosuid', 'nodev']),
  kernel('mqueue', '/dev/mqueue', ['nosuid', 'nodev', 'noexec']),
  kernel('tmpfs', '/run', ['mode=755', 'nosuid', 'nodev']),
  kernel('tmpfs', '/tmp', ['mode=1777', 'nosuid', 'nodev']),
];

/** The machine's hierarchies again: in a new cgroup namespace each shows our own group as its root. */
function cgroupMounts({ layout, hierarchies }: CgroupPlan): readonly Mount[] {
  const flags = ['nosuid', 'nodev', 'noexec'];
  if (layout === 'v2') return [kernel('cgroup2', '/sys/fs/cgroup', flags)];
  const mounts = hierarchies.map(({ version, mountPoint, mountOptions }) =>
    kernel(version === 2 ? 'cgroup2' : 'cgroup', mountPoint, [...flags, ...mountOptions, 'X-mount.mkdir']),
  );
  return [kernel('tmpfs', '/sys/fs/cgroup', ['mode=755', ...flags]), ...mounts];
}

/** Names under which programs look for controllers that share a hierarchy: `cpu` beside `cpu,cpuacct`. */
export function cgroupLinks({ layout, hierarchies }: CgroupPlan): readonly { path: string; target: string }[] {
  if (layout === 'v2') return [];
  const mountPoints = new Set(hierarchies.map(({ mountPoint }) => mountPoint));
  return hierarchies.flatMap(({ mountPoint, mountOptions }) => {
    const folder = mountPoint.slice(0, mountPoint.lastIndexOf('/'));
    const target = mountPoint.slice(folder.length + 1);
    return mountOptions
      .filter((option) => option !== 'none' && !option.includes('='))
      .map((controller) => ({ path: `${folder}/${controller}`, target }))
      .filter(({ path }) => !mountPoints.has(path));
  });
}

function kernel(type: string, target: string, options: readonly string[]): Mount {
  return { source: type, target, type, options };
}

function copyOf(name: string): string {
  return `${sysctlCopies}/${name.replaceAll('/', '.')}`;
}
