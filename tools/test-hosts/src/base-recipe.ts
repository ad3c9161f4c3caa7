/**
 * What the root file system of every host is made of: a minimal Debian with systemd and what a Kubernetes node needs from its
 * distribution. None of our files, no Node.js. Pure.
 */

import { createHash } from 'node:crypto';

/** The packages besides those that debootstrap's `minbase` has. */
export const basePackages: readonly string[] = [
  'adduser',
  'ca-certificates',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'dbus',
  'ethtool',
  'iproute2',
  'ipset',
  'iptables',
  'iputils-ping',
  'kmod',
  // Libraries that a program made by a newer compiler may want: hosts have no mirror to get them from.
  'libatomic1',
  'libgcc-s1',
  'libstdc++6',
  'nftables',
  'openssl',
  'procps',
  'runc',
  'socat',
  'systemd',
  'systemd-sysv',
];

/** Units that would wait for devices or terminals that a host has not, or work at their own time. */
export const maskedUnits: readonly string[] = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'console-getty.service',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
  'getty.target',
  'systemd-timesyncd.service',
  'systemd-udev-trigger.service',
  'systemd-udevd.service',
];

/** Links and files that are added, paths from the root of the host. */
export const addedEntries: readonly BaseEntry[] = [
  ...maskedUnits.map((unit) => ({ kind: 'link', path: `/etc/systemd/system/${unit}`, target: '/dev/null' }) as const),
  // /dev/kmsg is the machine's: every host would store the log of all.
  {
    kind: 'file',
    path: '/etc/systemd/journald.conf.d/test-host.conf',
    content: '[Journal]\nReadKMsg=no\nStorage=persistent\nSystemMaxUse=64M\nRateLimitIntervalSec=0\n',
  },
  // Kubernetes looks for CNI plugins there.
  { kind: 'link', path: '/opt/cni/bin', target: '/usr/lib/cni' },
  // Made new by each host at its first start (machine-id(5)).
  { kind: 'file', path: '/etc/machine-id', content: '' },
  { kind: 'file', path: '/etc/fstab', content: '' },
];

/** What installing leaves behind, and what each host gets anew. A trailing `/*` means what is in the folder. */
export const removedPaths: readonly string[] = [
  '/debootstrap',
  '/etc/apt/sources.list',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/var/cache/apt/*',
  '/var/lib/apt/lists/*',
  '/var/lib/dbus/machine-id',
  '/var/log/*',
];

export type BaseEntry =
  | { readonly kind: 'file'; readonly path: string; readonly content: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Name of the folder for a suite: it changes with everything that is listed here. */
export function baseName(suite: string, architecture: string): string {
  const content = JSON.stringify([suite, architecture, basePackages, addedEntries, removedPaths]);
  return `${suite}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
}

/** What debootstrap does now, by a line that it prints; undefined for lines that say nothing new. */
export function phaseOf(line: string): string | undefined {
  return phases.find(([pattern]) => pattern.test(line))?.[1];
}

const phases: readonly (readonly [RegExp, string])[] = [
  [/^I: Retrieving (InRelease|Packages|Release)/, 'reading what the mirror has'],
  [/^I: Retrieving /, 'downloading packages'],
  [/^I: Extracting /, 'extracting packages'],
  [/^I: (Installing core|Unpacking required|Configuring required) packages/, 'installing the required packages'],
  [/^I: (Unpacking|Configuring) the base system/, 'installing the other packages'],
];
