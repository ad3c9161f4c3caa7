/** A phase of a command: its name, what it does, how to know that it is done, and how to do it. */

import type { HostState } from '../core/host-state.ts';
import type { PreflightFinding } from '../core/preflight/finding.ts';

/** What a phase has to say when it is done. */
export interface PhaseResult {
  readonly message: string;
  /** There was nothing to do. */
  readonly isSkipped?: true;
  readonly findings?: readonly PreflightFinding[];
}

export interface Phase<Context> {
  /** One word or two with a hyphen: for people, `--json` and events. */
  readonly name: string;
  /** For the help and `joiner phases`: `verify the token and keep it for certmgr`. */
  readonly description: string;
  /** What to look at when it does not end in time. */
  readonly cure: string;
  /** It looks and changes nothing. */
  readonly onlyLooks?: true;
  /** Decides by facts alone, so that a command that was killed goes on where it was. */
  isDone(state: HostState): boolean;
  run(context: Context): Promise<PhaseResult>;
}

/** What every context has: facts, and a way to wait for them. */
export interface WaitingContext {
  /** Aborted by Ctrl-C and by the time limit. */
  readonly signal: AbortSignal;
  look(): Promise<HostState>;
  /** Says what is being waited for. */
  waiting(message: string): void;
  /** Looks again and again until `judge` gives a result; a text is what it still waits for. */
  until<T extends object>(
    judge: (state: HostState) => T | string | Promise<T | string>,
    options?: { readonly everyMs?: number },
  ): Promise<T>;
}

/** The facts of a list of phases, for `joiner phases` and the help. */
export interface PhaseDescription {
  readonly name: string;
  readonly description: string;
}

export function describePhases(phases: readonly PhaseDescription[]): readonly PhaseDescription[] {
  return phases.map(({ name, description }) => ({ name, description }));
}
