/** Ends a developer's cluster, with or without a sandbox, and removes what it had on the machine. Its data stay. */

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathsUnder } from '@easycerts/cluster';
import { isRunning, signalProcess, waitUntil } from '@easycerts/runtime';
import { parseSupervisorState } from '../core/supervisor-state.ts';
import { type DataDirectory, readIfThere } from './data-directory.ts';
import { removeSandbox } from './remove-sandbox.ts';
import { type LiveSandbox, readRecordOrNothing } from './sandbox-record-file.ts';
import { stopUnits } from './supervisor/stop-units.ts';

// The supervisor has a time limit of its own for each component, the sum of which is less.
const stopTimeoutMs = 20_000;

/**
 * Asks the supervisor to stop everything in order and waits for it; kills what does not stop in time, or when the signal
 * is aborted; then removes what is left.
 */
export async function endCluster(data: DataDirectory, { init }: Pick<LiveSandbox, 'init'>): Promise<void> {
  signalProcess(init, 'SIGTERM');
  await waitUntil(() => !isRunning(init), { timeoutMs: stopTimeoutMs });
  await removeCluster(data);
}

/** Removes at once whatever is left of a cluster, running or killed; does nothing when there is nothing. */
export async function removeCluster(data: DataDirectory): Promise<void> {
  const record = readRecordOrNothing(data);
  if (process.geteuid?.() === 0 && !(record !== undefined && record.cable === undefined)) await removeSandbox(data);
  else await removePlain(data, record?.init);
  for (const name of ['record.json', 'init.pid', 'skeleton', 'root', 'fstab', 'start.sh', 'shared/supervisor.json']) {
    rmSync(join(data.sandbox, name), { recursive: true, force: true });
  }
}

/** Without root there are neither control groups nor namespaces: the service manager's records tell what runs. */
async function removePlain(data: DataDirectory, supervisor: LiveSandbox['init'] | undefined): Promise<void> {
  // Before the components: these two would start them again.
  const { joiner } = parseSupervisorState(readIfThere(data.supervisorState) ?? '') ?? {};
  for (const process of [supervisor, joiner]) {
    if (process === undefined) continue;
    signalProcess(process, 'SIGKILL');
    await waitUntil(() => !isRunning(process), { timeoutMs: 2_000 });
  }
  const paths = pathsUnder(data.path);
  if (existsSync(paths.joinerState)) await stopUnits(paths);
}
