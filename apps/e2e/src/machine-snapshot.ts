/** What a machine looks like from outside: everything that a cluster must leave as it was. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runCommand } from './run-command.ts';

/** Lines of text for each aspect. */
export type MachineSnapshot = Readonly<Record<string, readonly string[]>>;

/** Looks at the machine. What belongs to other developers' clusters (other data directories) is left out. */
export async function takeSnapshot(dataDirectory: string): Promise<MachineSnapshot> {
  const own = instanceId(dataDirectory);
  const isForeign = (line: string): boolean =>
    [...line.matchAll(/\b(?:ec|easycerts)-([\w-]+)/g)].some(([, id]) => id !== own);
  const aspects: Record<string, readonly string[]> = {
    links: (await linesOf(['ip', '-o', 'link', 'show'])).map((line) =>
      line
        .replace(/^\d+: /, '')
        .replace(/@.*/, '')
        .replace(/: .*/, ''),
    ),
    addresses: (await linesOf(['ip', '-o', 'address', 'show'])).map((line) =>
      line.replace(/^\d+: /, '').replace(/\s+valid_lft.*/, ''),
    ),
    routes: await linesOf(['ip', 'route', 'show', 'table', 'all']),
    rules: await linesOf(['ip', 'rule', 'show']),
    'network namespaces': await linesOf(['ip', 'netns', 'list']),
    iptables: (await linesOf(['iptables-save']))
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/\[\d+:\d+\]/, '')),
    nftables: (await linesOf(['nft', 'list', 'ruleset'])).filter((line) => !line.includes('counter')),
    mounts: readLines('/proc/self/mountinfo').map((line) => line.split(' ').slice(3).join(' ')),
    'kernel modules': readLines('/proc/modules').map((line) => line.split(' ', 1)[0] ?? ''),
    'control groups': groupsBelow('/sys/fs/cgroup'),
    settings: settings(),
    folders: folders.filter((path) => existsSync(path)),
  };
  return Object.fromEntries(
    Object.entries(aspects).map(([name, lines]) => [name, lines.filter((line) => !isForeign(line)).sort()]),
  );
}

/** Processes whose command line or environment names the data directory. */
export function processesOf(dataDirectory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const commandLine = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      return commandLine.includes(dataDirectory) ? [`${name} ${commandLine}`] : [];
    });
}

/** As the product names its interface and control groups: by the place of the data directory. */
function instanceId(dataDirectory: string): string {
  const parent = existsSync(dirname(dataDirectory)) ? realpathSync(dirname(dataDirectory)) : dirname(dataDirectory);
  return createHash('sha256')
    .update(join(parent, basename(dataDirectory)))
    .digest('hex')
    .slice(0, 6);
}

/** Where an installed cluster keeps its things: the developer's one must not touch them. */
const folders = [
  ...['/etc/kubernetes', '/etc/easycerts', '/etc/cni', '/etc/containerd', '/opt/cni', '/opt/easycerts'],
  ...[
    '/var/lib/kubelet',
    '/var/lib/etcd',
    '/var/lib/easycerts',
    '/var/lib/kubernetes',
    '/var/lib/containerd',
    '/var/lib/cni',
  ],
  ...[
    '/run/containerd',
    '/run/flannel',
    '/run/easycerts',
    '/var/log/easycerts',
    '/var/log/pods',
    '/var/log/containers',
  ],
];

/** Switches that Kubernetes' components like to turn. */
function settings(): readonly string[] {
  const paths = [
    ...[
      'net/ipv4/ip_forward',
      'net/ipv6/conf/all/forwarding',
      'net/ipv4/conf/all/route_localnet',
      'net/ipv4/conf/all/rp_filter',
    ],
    ...[
      'net/bridge/bridge-nf-call-iptables',
      'net/netfilter/nf_conntrack_max',
      'net/netfilter/nf_conntrack_tcp_timeout_established',
    ],
    ...[
      'vm/overcommit_memory',
      'vm/panic_on_oom',
      'kernel/panic',
      'kernel/panic_on_oops',
      'kernel/keys/root_maxkeys',
      'kernel/keys/root_maxbytes',
    ],
  ];
  return paths.map((path) => `${path} = ${read(`/proc/sys/${path}`).trim()}`);
}

function groupsBelow(root: string): readonly string[] {
  const found: string[] = [];
  const visit = (folder: string, depth: number): void => {
    // Deeper ones come and go with what the machine itself runs; ours begin near the top.
    if (depth > 3) return;
    for (const entry of entriesOf(folder)) {
      found.push(join(folder, entry));
      visit(join(folder, entry), depth + 1);
    }
  };
  visit(root, 0);
  return found;
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

async function linesOf(words: readonly string[]): Promise<readonly string[]> {
  const ended = await runCommand(words, { timeoutMs: 10_000 }).catch(() => undefined);
  return ended === undefined || ended.code !== 0 ? [] : ended.stdout.split('\n').filter((line) => line.trim() !== '');
}

function readLines(path: string): readonly string[] {
  return read(path)
    .split('\n')
    .filter((line) => line !== '');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
