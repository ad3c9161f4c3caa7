/**
 * The root file system of a host: an overlay over the common base, the kernel's file systems, and a /dev of its own. What is the
 * machine's stays the machine's: of /proc/sys only the network's settings can be written, /sys not at all. Pure.
 */

import { basename } from 'node:path';
import { shellQuote } from '@easycerts/core';
import { type DeviceNode, deviceNodes, makeDeviceNode } from '@easycerts/runtime';
import type { HostPlan } from './host-plan.ts';

/** Besides those that every host has. */
const moreDevices: readonly DeviceNode[] = [
  // What systemd prints during a start goes to the journal as well.
  ['console', '600', 1, 3],
  ['fuse', '666', 10, 229],
  ['net/tun', '666', 10, 200],
];

/**
 * Settings that are the machine's and that a kubelet wants to set: the host has copies of its own, with the values that it would
 * write (kubernetes/pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables).
 */
const ownSettings: readonly (readonly [string, string])[] = [
  ['vm/overcommit_memory', '1'],
  ['vm/panic_on_oom', '0'],
  ['kernel/panic', '10'],
  ['kernel/panic_on_oops', '1'],
  ['kernel/keys/root_maxkeys', '1000000'],
  ['kernel/keys/root_maxbytes', '25000000'],
];

/** Commands of PID 1 that make the root and change to it. */
export function rootLines(plan: HostPlan): readonly string[] {
  const { base, folders, host } = plan;
  return [
    `r=${shellQuote(folders.root)}`,
    `mount -t overlay ${shellQuote(host)} -o ${shellQuote(
      `lowerdir=${base},upperdir=${folders.upper},workdir=${folders.work}`,
    )} "$r"`,
    ...kernelLines,
    ...cgroupLines(plan),
    'mount -o remount,bind,ro "$r/sys"',
    ...settingLines(),
    `mkdir -p "$r/var/lib/containerd"; mount --bind ${shellQuote(folders.containerd)} "$r/var/lib/containerd"`,
    ...plan.shares.flatMap(({ from, to }) => {
      const target = `"$r"${shellQuote(to)}`;
      return [`mkdir -p ${target}; mount --bind ${shellQuote(from)} ${target}; mount -o remount,bind,ro ${target}`];
    }),
    'cd "$r"; mkdir -p .old; pivot_root . .old; umount --lazy /.old; rmdir /.old',
    '# What a kubelet mounts for pods has to be seen by the containers.',
    'mount --make-rshared /',
  ];
}

const kernelLines: readonly string[] = [
  'mount -t proc -o nosuid,nodev,noexec proc "$r/proc"',
  '# A fresh kernel forwards nothing; a network namespace begins with what the machine has set.',
  'for f in ipv4/ip_forward ipv6/conf/all/forwarding; do [ ! -e "$r/proc/sys/net/$f" ] || echo 0 > "$r/proc/sys/net/$f"; done',
  'mount -t sysfs -o nosuid,nodev,noexec sysfs "$r/sys"',
  'mount -t tmpfs -o mode=755,nosuid tmpfs "$r/dev"',
  'mkdir "$r/dev/pts" "$r/dev/shm" "$r/dev/mqueue" "$r/dev/net"',
  'mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$r/dev/pts"',
  'mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$r/dev/shm"',
  'mount -t mqueue mqueue "$r/dev/mqueue"',
  ...[...deviceNodes, ...moreDevices].map((node) => makeDeviceNode('"$r"', node)),
  'ln -s pts/ptmx "$r/dev/ptmx"; ln -s /proc/self/fd "$r/dev/fd"',
  'ln -s /proc/self/fd/0 "$r/dev/stdin"; ln -s /proc/self/fd/1 "$r/dev/stdout"; ln -s /proc/self/fd/2 "$r/dev/stderr"',
  'mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$r/run"',
  'mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$r/tmp"',
];

/** The same hierarchies as the machine's; in its cgroup namespace the host sees its own groups as their roots. */
function cgroupLines({ cgroups: { layout, hierarchies } }: HostPlan): readonly string[] {
  if (layout === 'v2') return ['mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$r/sys/fs/cgroup"'];
  return [
    'mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs "$r/sys/fs/cgroup"',
    ...hierarchies.map(({ version, mountPoint, mountOptions }) => {
      const target = `"$r"${shellQuote(`/sys/fs/cgroup/${basename(mountPoint)}`)}`;
      const what = version === 2 ? '-t cgroup2 cgroup2' : `-t cgroup -o ${shellQuote(mountOptions.join(','))} cgroup`;
      return `mkdir ${target}; mount ${what} ${target}`;
    }),
  ];
}

function settingLines(): readonly string[] {
  return [
    'mount --bind "$r/proc/sys" "$r/proc/sys"; mount --bind "$r/proc/sys/net" "$r/proc/sys/net"',
    'mount -o remount,bind,ro,nosuid,nodev,noexec "$r/proc/sys"',
    'mkdir "$r/run/settings"',
    ...ownSettings.map(([name, value]) => {
      const file = `"$r/run/settings/${name.replaceAll('/', '.')}"`;
      return `[ ! -e "$r/proc/sys/${name}" ] || { echo ${value} > ${file}; mount --bind ${file} "$r/proc/sys/${name}"; }`;
    }),
    'cat /proc/sys/kernel/random/uuid > "$r/run/settings/boot_id"',
    'mount --bind "$r/run/settings/boot_id" "$r/proc/sys/kernel/random/boot_id"',
  ];
}
