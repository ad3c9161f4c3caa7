/** What the supervisor of a developer's cluster tells about itself, in a file that `up` and `status` read. */

import type { ProcessIdentity } from '@easycerts/runtime';

/** Steps before and beside the components. */
export const supervisorSteps = ['authorities', 'configuration', 'images'] as const;
export type SupervisorStep = (typeof supervisorSteps)[number];

export interface StepState {
  readonly state: 'working' | 'done' | 'failed';
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  readonly detail?: string;
}

export interface SupervisorState {
  /** `failed`: it gave up, with `failure`; `stopped`: everything it ran has ended. */
  readonly phase: 'preparing' | 'running' | 'stopping' | 'stopped' | 'failed';
  readonly steps: Readonly<Partial<Record<SupervisorStep, StepState>>>;
  /** The joiner that runs; without a sandbox it outlives a supervisor that was killed. */
  readonly joiner?: ProcessIdentity;
  /** How often joiner had to be started again. */
  readonly joinerRestarts: number;
  readonly failure?: Failure;
}

/** Why it gave up: the last words of the command that failed, and its exit code. */
export interface Failure {
  readonly step: SupervisorStep;
  readonly exitCode: number;
  readonly output: string;
}

export const initialSupervisorState: SupervisorState = { phase: 'preparing', steps: {}, joinerRestarts: 0 };

/** Reads the file's text; undefined when it is no state (yet). */
export function parseSupervisorState(text: string): SupervisorState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('phase' in value) || !('steps' in value)) return undefined;
    return { ...initialSupervisorState, ...value } as SupervisorState;
  } catch {
    return undefined;
  }
}

/** The state with one step begun, done or failed. */
export function withStep(state: SupervisorState, step: SupervisorStep, change: StepState): SupervisorState {
  return { ...state, steps: { ...state.steps, [step]: change } };
}
