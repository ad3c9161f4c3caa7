/**
 * Starts a sandbox in the data directory given, asks a program inside what it sees, stops it, and prints all of that as
 * JSON. With `hold` as second argument it stops nothing and waits to be killed. A program of its own, so that the test can run it in another mount namespace, where control groups look different.
 */

import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunning, signalProcess, waitUntil } from '@easycerts/runtime';
import { insidePaths } from '../src/core/programs-plan.ts';
import { chooseCable } from '../src/edge/choose-cable.ts';
import { dataDirectoryAt, makeDataDirectory } from '../src/edge/data-directory.ts';
import { insideShared } from '../src/edge/prepare-sandbox.ts';
import { removeSandbox } from '../src/edge/remove-sandbox.ts';
import { startSandbox } from '../src/edge/start-sandbox.ts';

/** What the program inside tells; see `look` below. */
export interface InsideFacts {
  readonly pid: number;
  readonly hostName: string;
  readonly addresses: readonly string[];
  readonly cgroup: string;
  readonly cgroupRoot: readonly string[];
  readonly canMakeGroup: boolean;
  readonly rootEntries: readonly string[];
  readonly usrIsReadOnly: boolean;
  readonly panic: string;
  readonly panicIsPrivate: boolean;
  readonly otherSysctlIsReadOnly: boolean;
  readonly netSysctlIsWritable: boolean;
  readonly bootId: string;
  readonly hosts: string;
  readonly sharedMounts: boolean;
  readonly processes: number;
  readonly seesData: boolean;
}

export interface ProbeResult {
  readonly inside: InsideFacts;
  readonly startMs: number;
  readonly stopMs: number;
  readonly namespacesDiffer: Readonly<Record<string, boolean>>;
  readonly hadInterface: boolean;
  readonly groupsDuring: readonly boolean[];
  readonly groupsAfter: readonly boolean[];
  readonly sandboxAddress: string;
  /** Whether the processes beside us had to move. */
  readonly isEvacuated: boolean;
}

/** Runs inside as the init program: plain JavaScript for `node -e`. */
const look = `
const fs = require('node:fs'), os = require('node:os');
const cannot = (work) => { try { work(); return false; } catch { return true; } };
const text = (path) => { try { return fs.readFileSync(path, 'utf8').trim(); } catch { return ''; } };
const groupBase = fs.existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/' + fs.readdirSync('/sys/fs/cgroup').find((name) => name === 'pids' || name === 'unified');
const facts = {
  pid: process.pid,
  hostName: os.hostname(),
  addresses: Object.values(os.networkInterfaces()).flat().map(({ address }) => address),
  cgroup: text('/proc/self/cgroup'),
  cgroupRoot: text('/sys/fs/cgroup/cgroup.procs').split('\\n').filter(Boolean),
  canMakeGroup: !cannot(() => fs.mkdirSync(groupBase + '/nested')),
  rootEntries: fs.readdirSync('/'),
  usrIsReadOnly: cannot(() => fs.writeFileSync('/usr/x', '')),
  panic: text('/proc/sys/kernel/panic'),
  panicIsPrivate: !cannot(() => fs.writeFileSync('/proc/sys/kernel/panic', '11')),
  otherSysctlIsReadOnly: cannot(() => fs.writeFileSync('/proc/sys/vm/swappiness', text('/proc/sys/vm/swappiness'))),
  netSysctlIsWritable: !cannot(() => fs.writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')),
  bootId: text('/proc/sys/kernel/random/boot_id'),
  hosts: text('/etc/hosts'),
  sharedMounts: / shared:/.test(text('/proc/self/mountinfo').split('\\n')[0]),
  processes: fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length,
  seesData: fs.existsSync('${insidePaths.app}/package.json'),
};
fs.writeFileSync('${insideShared}/facts.json.new', JSON.stringify(facts));
fs.renameSync('${insideShared}/facts.json.new', '${insideShared}/facts.json');
process.on('SIGTERM', () => process.exit(0));
setInterval(() => undefined, 1000);
`;

const namespaces = ['mnt', 'pid', 'net', 'uts', 'ipc', 'cgroup'] as const;

async function probe(path: string): Promise<ProbeResult> {
  const data = dataDirectoryAt(path);
  makeDataDirectory(data);
  const cable = await chooseCable(data, []);
  const began = performance.now();
  const { live } = await startSandbox({
    data,
    cable,
    programs: {
      nodeExecutable: realpathSync(process.execPath),
      repository: resolve(dirname(fileURLToPath(import.meta.url)), '..'),
      dataDirectory: data.path,
      binDirectory: realpathSync('/usr/bin'),
      cniDirectory: realpathSync('/usr/lib'),
      images: [],
    },
    command: [insidePaths.node, '-e', look],
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    isAttached: false,
    modules: [],
  });
  const factsFile = join(data.sandbox, 'shared/facts.json');
  await waitUntil(() => existsSync(factsFile) || !isRunning(live.init), { timeoutMs: 10_000 });
  const startMs = performance.now() - began;
  if (process.argv[3] === 'hold') await new Promise(() => setInterval(() => undefined, 1000));
  const inside = JSON.parse(readFileSync(factsFile, 'utf8')) as InsideFacts;
  const linkOf = (pid: number | 'self', name: string): string => readlinkSync(`/proc/${pid}/ns/${name}`);
  const during = {
    namespacesDiffer: Object.fromEntries(
      namespaces.map((name) => [name, linkOf(live.init.pid, name) !== linkOf('self', name)]),
    ),
    hadInterface: existsSync(`/sys/class/net/${data.instance.interfaceName}`),
    groupsDuring: live.groups.map((group) => existsSync(group)),
    isEvacuated: live.delegation?.evacuateTo !== undefined && existsSync(live.delegation.evacuateTo),
  };
  const stopBegan = performance.now();
  signalProcess(live.init, 'SIGTERM');
  await waitUntil(() => !isRunning(live.init), { timeoutMs: 10_000 });
  await removeSandbox(data);
  const stopMs = performance.now() - stopBegan;
  const groupsAfter = live.groups.map((group) => existsSync(group));
  return { inside, startMs, stopMs, ...during, groupsAfter, sandboxAddress: cable.sandboxAddress };
}

process.stdout.write(JSON.stringify(await probe(process.argv[2] ?? '')));
