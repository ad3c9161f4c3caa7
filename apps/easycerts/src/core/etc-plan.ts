/** /etc of the sandbox: the machine's, entry by entry for reading, but for the files that make it a host of its own. */

import type { CableNetwork } from './choose-network.ts';
import {
  bind,
  bindReadOnly,
  directory,
  file,
  type Mount,
  type RootEntry,
  type RootPlan,
  symlink,
} from './root-plan.ts';
import { addSystemUsers } from './system-users.ts';

export interface EtcFacts {
  readonly hostName: string;
  readonly cable: CableNetwork;
  /** Name of the master in cluster.yaml, when it is a name: it leads to the sandbox itself. */
  readonly masterName?: string;
  readonly machineId: string;
  /** The machine's /etc. */
  readonly entries: readonly EtcEntry[];
  /** What the machine has in /etc/systemd. */
  readonly systemdEntries: readonly string[];
  readonly passwd: string;
  readonly group: string;
  /** The cache of shared libraries is made anew, since there are more than the machine's. */
  readonly hasOwnLibraries: boolean;
  /** Folder that holds `easycerts`, `kubernetes`, `cni` and `systemd/system`. */
  readonly dataEtc: string;
}

export interface EtcEntry {
  readonly name: string;
  readonly kind: 'directory' | 'file';
  /** Of a symbolic link: repeated as it stands. */
  readonly linkTarget?: string;
}

/** Where the machine's /etc can be read. */
const machineEtc = '/.host/etc';

/** Folders of the data directory that are mounted in /etc, writable: what our services render. */
export const ownEtcFolders: readonly string[] = ['easycerts', 'kubernetes', 'cni', 'systemd/system'];

/** Of the machine, and of no use in the sandbox: secrets, other clusters and runtimes, start-up of the machine. */
const hidden = new Set([
  ...['shadow', 'shadow-', 'gshadow', 'gshadow-', 'sudoers', 'sudoers.d', 'krb5.keytab', 'opasswd', 'ssh'],
  ...['letsencrypt', 'wireguard', 'openvpn', 'NetworkManager', 'netplan', 'ipsec.d', 'ipsec.secrets'],
  ...['containerd', 'containers', 'docker', 'crio', 'rancher', 'k0s', 'etcd', 'flannel', 'kube-flannel'],
  ...['fstab', 'crontab', 'cron.d', 'cron.daily', 'cron.hourly', 'cron.monthly', 'cron.weekly', 'init.d', 'motd'],
]);
const runLevel = /^rc[0-9S]\.d$/;

/** Entries whose content could be a secret even for root inside, since pods may be given folders of the host. */
const secret = /^(shadow|gshadow|sudoers|krb5|opasswd|ssh$|letsencrypt|wireguard|openvpn|NetworkManager|netplan|ipsec)/;

/** Plans /etc. */
export function planEtc(facts: EtcFacts): RootPlan {
  const own = ownFiles(facts);
  const ownNames = new Set([
    ...own.map(nameInEtc),
    ...ownEtcFolders.map((path) => path.split('/')[0]),
    'systemd',
    'mtab',
    ...(facts.hasOwnLibraries ? ['ld.so.cache'] : []),
  ]);
  const linked = facts.entries.filter(({ name }) => !ownNames.has(name) && !hidden.has(name) && !runLevel.test(name));
  const secrets = facts.entries.filter(({ name, linkTarget }) => secret.test(name) && linkTarget === undefined);
  return {
    entries: [
      directory('/etc'),
      directory('/.host'),
      directory(machineEtc),
      directory(emptyFolder, 0o700),
      file(emptyFile, '', 0o600),
      // Links of the machine's /etc that lead out of it by a relative way.
      ...['usr', 'var', 'run', 'bin', 'lib', 'opt'].map((name) => symlink(`/.host/${name}`, `../${name}`)),
      ...linked.map(({ name, linkTarget }) => symlink(`/etc/${name}`, linkTarget ?? `${machineEtc}/${name}`)),
      directory('/etc/systemd'),
      ...facts.systemdEntries
        .filter((name) => name !== 'system')
        .map((name) => symlink(`/etc/systemd/${name}`, `${machineEtc}/systemd/${name}`)),
      ...ownEtcFolders.map((path) => directory(`/etc/${path}`)),
      symlink('/etc/mtab', '/proc/self/mounts'),
      ...own,
    ],
    mounts: [
      bindReadOnly('/etc', machineEtc),
      ...secrets.map(({ name, kind }) => mask(name, kind)),
      ...ownEtcFolders.map((path) => bind(`${facts.dataEtc}/${path}`, `/etc/${path}`)),
    ],
  };
}

const emptyFolder = '/.sandbox/empty';
const emptyFile = '/.sandbox/empty-file';

function mask(name: string, kind: EtcEntry['kind']): Mount {
  const source = kind === 'directory' ? emptyFolder : emptyFile;
  return { source, target: `${machineEtc}/${name}`, type: 'none', options: ['bind', 'ro'], fromInside: true };
}

function ownFiles({ hostName, cable, masterName, machineId, passwd, group }: EtcFacts): readonly RootEntry[] {
  const users = addSystemUsers(passwd, group);
  const names = [hostName, ...(masterName === undefined || masterName === hostName ? [] : [masterName])];
  return [
    file('/etc/hostname', `${hostName}\n`),
    file('/etc/machine-id', `${machineId}\n`, 0o444),
    file(
      '/etc/hosts',
      `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${cable.sandboxAddress} ${names.join(' ')}\n`,
    ),
    // The machine itself: it refuses at once, or answers when it happens to serve DNS there.
    file('/etc/resolv.conf', `nameserver ${cable.machineAddress}\noptions timeout:1 attempts:1\n`),
    file('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\n'),
    file('/etc/passwd', users.passwd),
    file('/etc/group', users.group),
  ];
}

function nameInEtc({ path }: RootEntry): string {
  return path.slice('/etc/'.length);
}
