/** When this process ends in a hurry (a second Ctrl-C, a closed terminal), the cluster in the foreground ends with it. */

import { isRunning, removeControlGroupsNow, signalProcess } from '@easycerts/runtime';
import type { SandboxRecord } from '../core/sandbox-record.ts';
import type { LiveSandbox } from './sandbox-record-file.ts';

const lastMomentMs = 1_500;

/** Kills it when this process exits, until the returned function is called. */
export function killAtExit(live: LiveSandbox): () => void {
  const kill = (): void => killNow(live);
  process.on('exit', kill);
  return () => process.off('exit', kill);
}

/** An exit handler may not wait for anything, so this waits in the old way. */
function killNow({ groups, init }: LiveSandbox & SandboxRecord): void {
  if (!signalProcess(init, 'SIGKILL')) return;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + lastMomentMs;
  while (isRunning(init) && performance.now() < deadline) Atomics.wait(pause, 0, 0, 10);
  while (!removeControlGroupsNow(groups) && performance.now() < deadline) Atomics.wait(pause, 0, 0, 20);
}
