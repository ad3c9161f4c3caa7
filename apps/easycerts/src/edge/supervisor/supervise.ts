/**
 * The supervisor of a developer's cluster: prepares the host, then keeps joiner running (which runs everything else), and
 * stops all of it in order in the end. It is what the sandbox lives by: when it ends, the sandbox does.
 *
 *   preparing → running → stopping → stopped
 *        └────────────────────────→ failed
 */

import type { Paths } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { importImages } from './import-images.ts';
import { keepJoinerRunning } from './keep-joiner-running.ts';
import { runPrepare } from './run-prepare.ts';
import { openStateFile } from './state-file.ts';
import { stopUnits } from './stop-units.ts';

export interface SuperviseOptions {
  readonly paths: Paths;
  readonly stateFile: string;
  /** How this program is called: its commands are run as processes of their own. */
  readonly easycerts: readonly string[];
  /** Image archives that containerd gets. */
  readonly images: readonly string[];
  /** `ctr`, when there are images. */
  readonly ctr: string;
  /** Aborted when everything has to stop. */
  readonly signal: AbortSignal;
}

/** Resolves with the exit code when everything has been stopped, or when the host could not be prepared. */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { paths, signal, stateFile } = options;
  const state = openStateFile(stateFile);
  const failure = signal.aborted ? undefined : await runPrepare(options.easycerts, { signal, state });
  if (failure !== undefined && !signal.aborted) {
    state.change({ phase: 'failed', failure });
    return failure.exitCode;
  }
  if (!signal.aborted) state.change({ phase: 'running' });
  void importImages({ ...options, socket: paths.containerdSocket, state }).catch((error: unknown) => {
    process.stderr.write(`${toAppError(error, 'import images').message}\n`);
  });
  await keepJoinerRunning({ ...options, state });
  state.change({ phase: 'stopping' });
  await stopUnits(paths);
  state.change({ phase: 'stopped' });
  return 0;
}
