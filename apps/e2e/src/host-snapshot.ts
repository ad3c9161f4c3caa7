/** What a host looks like: everything that joining a cluster changes, and that leaving it has to put back. */

import type { Host } from '@easycerts/test-hosts';

/** Lines of text for each aspect. */
export type HostSnapshot = Readonly<Record<string, readonly string[]>>;

/** Logs and images stay; containerd changes the mode of a folder when it starts; what the system itself writes, and files of tests, say nothing. */
const passedOver = [
  ...['/var/log', '/var/cache', '/var/tmp', '/var/lib/containerd', '/var/lib/systemd', '/var/lib/dpkg'],
  ...['/root', '/home', '/tmp', '/opt', '/usr/lib', '/usr/share'],
];

const files = [
  ...['find', '/', '-xdev', '('],
  ...passedOver.flatMap((path, index) => [...(index === 0 ? [] : ['-o']), '-path', path]),
  ...[')', '-prune', '-o', '-type', 'd', '-printf', '%y %u %g %p\\n'],
  ...['-o', '-printf', '%y %m %u %g %p %s %l\\n'],
];

const ourUnits = '^(easycerts|kube|flannel|containerd|etcd)\\S*';

const aspects: Readonly<Record<string, readonly string[]>> = {
  files,
  interfaces: ['sh', '-c', 'ls /sys/class/net'],
  routes: ['ip', 'route', 'show', 'table', 'all'],
  // tables and chains come into being when a program first looks at them, and rules are what counts
  'firewall rules': ['sh', '-c', 'iptables-save | grep -e "^-A" || true'],
  mounts: ['findmnt', '--raw', '--noheadings', '--output', 'TARGET,FSTYPE'],
  services: ['sh', '-c', `systemctl list-units --plain --no-legend --type service | grep -oE "${ourUnits}" || true`],
  'services at boot': ['sh', '-c', 'systemctl list-unit-files --plain --no-legend --state enabled | cut -d" " -f1'],
  'failed units': ['sh', '-c', 'systemctl --failed --plain --no-legend | cut -d" " -f1'],
};

/** Looks at the host, as root. */
export async function hostSnapshot(host: Host): Promise<HostSnapshot> {
  const looked = Object.entries(aspects).map(async ([name, words]) => {
    const lines = (await host.mustExec(words)).split('\n').filter((line) => line.trim() !== '');
    return [name, lines.toSorted()] as const;
  });
  return Object.fromEntries(await Promise.all(looked));
}
