/** The processes of a sandbox, found from outside by the process namespace they share. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Cluster } from './cluster.ts';

export interface InsideProcess {
  /** As the machine numbers it. */
  readonly pid: number;
  readonly commandLine: string;
  /** Clock ticks since the start of the machine: together with the pid it never comes again. */
  readonly startedAt: string;
}

/** PID 1 of the sandbox; undefined when nothing runs. */
export function sandboxInit(cluster: Cluster): number | undefined {
  try {
    const record = JSON.parse(readFileSync(`${cluster.data}/sandbox/record.json`, 'utf8')) as {
      init?: { pid?: number };
    };
    return record.init?.pid;
  } catch {
    return undefined;
  }
}

/** Everything that runs inside, pods too. */
export function insideProcesses(cluster: Cluster): readonly InsideProcess[] {
  const init = sandboxInit(cluster);
  const namespace = init === undefined ? undefined : namespaceOf(init);
  if (namespace === undefined) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isWithin(Number(name), namespace))
    .flatMap((name) => readProcess(Number(name)));
}

/** How our own services and nats-server are told from other processes. */
export const serviceCommands = {
  'easycerts-nats': /nats-server .*--config/,
  'easycerts-ca': /main\.ts ca run/,
  'easycerts-certmgr': /main\.ts certmgr run/,
  'easycerts-config-renderer': /main\.ts config-renderer run/,
  'kube-addon-manager': /main\.ts addon-manager run/,
  'easycerts-joiner': /main\.ts joiner run/,
} as const;
export type ServiceUnit = keyof typeof serviceCommands;

/** The process of a service; undefined when it does not run. Throws when there are two. */
export function serviceProcess(cluster: Cluster, unit: ServiceUnit): InsideProcess | undefined {
  const found = insideProcesses(cluster).filter(({ commandLine }) => serviceCommands[unit].test(commandLine));
  if (found.length > 1) throw new Error(`${unit} runs ${found.length} times`);
  return found[0];
}

/** The processes of components, by program. */
export function componentProcesses(cluster: Cluster): ReadonlyMap<string, InsideProcess> {
  const programs = [
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kubelet',
    'kube-proxy',
    'flanneld',
    'containerd',
  ];
  const processes = insideProcesses(cluster);
  return new Map(
    programs.flatMap((program) => {
      const found = processes.find(({ commandLine }) => commandLine.split(' ')[0]?.endsWith(`/${program}`));
      return found === undefined ? [] : [[program, found] as const];
    }),
  );
}

/** Pods have namespaces of their own inside: only what sits directly in the sandbox's counts as its own. */
function isWithin(pid: number, namespace: string): boolean {
  return namespaceOf(pid) === namespace;
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function readProcess(pid: number): readonly InsideProcess[] {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return commandLine === '' ? [] : [{ pid, commandLine, startedAt }];
  } catch {
    return [];
  }
}
