/** A process full of simulated hosts; main.ts starts it and talks to it. */

import { join } from 'node:path';
import type { Outcome } from './burst-report.ts';
import { leaveCluster, simulatedHost } from './simulated-host.ts';

export interface Work {
  readonly kind: 'join' | 'leave';
  readonly names: readonly string[];
  readonly folder: string;
  readonly master: string;
  /** Empty when they leave. */
  readonly token: string;
  readonly timeoutMs: number;
}

export type WorkerMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'done'; readonly hosts: readonly Outcome[]; readonly cpuMs: number };

process.once('message', (work: Work) => void carryOut(work));
tell({ kind: 'loaded' });

async function carryOut(work: Work): Promise<void> {
  const hosts = await (work.kind === 'join' ? joinAll(work) : leave(work));
  const { user, system } = process.cpuUsage();
  tell({ kind: 'done', hosts, cpuMs: (user + system) / 1_000 });
  process.disconnect?.();
}

/** All at once; each goes on running until the last one has everything. */
async function joinAll({ names, folder, master, token, timeoutMs }: Work): Promise<readonly Outcome[]> {
  const hosts = names.map((name) => simulatedHost({ name, root: join(folder, name), token, master }));
  const outcomes = await Promise.all(
    hosts.map((host) => outcomeOf(host.name, async () => ({ report: await host.join(timeoutMs) }))),
  );
  await Promise.all(hosts.map((host) => host.close()));
  return outcomes;
}

function leave({ names, folder, master }: Work): Promise<readonly Outcome[]> {
  const leaveOne = async (name: string): Promise<object> => {
    await leaveCluster(join(folder, name), master);
    return {};
  };
  return Promise.all(names.map((name) => outcomeOf(name, () => leaveOne(name))));
}

async function outcomeOf(name: string, act: () => Promise<Omit<Outcome, 'name'>>): Promise<Outcome> {
  try {
    return { name, ...(await act()) };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error) };
  }
}

function tell(message: WorkerMessage): void {
  if (!process.send) throw new Error('main.ts starts this');
  process.send(message);
}
