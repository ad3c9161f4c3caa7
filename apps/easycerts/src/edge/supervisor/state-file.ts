/** The supervisor's state on disk, always whole. */

import { renameSync, writeFileSync } from 'node:fs';
import {
  initialSupervisorState,
  type StepState,
  type SupervisorState,
  type SupervisorStep,
  withStep,
} from '../../core/supervisor-state.ts';

export interface StateFile {
  change(change: Partial<SupervisorState>): void;
  begin(step: SupervisorStep): void;
  end(step: SupervisorStep, state: 'done' | 'failed', detail?: string): void;
  countRestart(): void;
}

/** Begins a fresh state. */
export function openStateFile(path: string): StateFile {
  let state = initialSupervisorState;
  const write = (next: SupervisorState): void => {
    state = next;
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  const writeStep = (step: SupervisorStep, change: StepState): void => write(withStep(state, step, change));
  write(state);
  return {
    change: (change) => write({ ...state, ...change }),
    begin: (step) => writeStep(step, { state: 'working', startedAtMs: Date.now() }),
    end: (step, result, detail) =>
      writeStep(step, {
        state: result,
        startedAtMs: state.steps[step]?.startedAtMs ?? Date.now(),
        endedAtMs: Date.now(),
        ...(detail === undefined ? {} : { detail }),
      }),
    countRestart: () => write({ ...state, joinerRestarts: state.joinerRestarts + 1 }),
  };
}
