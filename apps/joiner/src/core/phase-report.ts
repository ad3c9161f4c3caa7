/** What is told about a phase while a command works: in lines, in JSON, in events. */

import { formatDuration } from '@easycerts/core';
import { findingLines } from './findings-text.ts';
import type { PreflightFinding } from './preflight/finding.ts';

/** `waiting`: it goes on, and says what it waits for. */
export const phaseStates = ['started', 'waiting', 'done', 'skipped', 'failed'] as const;
export type PhaseState = (typeof phaseStates)[number];

/** One line of `--json`; fields are only ever added. */
export interface PhaseReport {
  readonly phase: string;
  readonly state: PhaseState;
  readonly message: string;
  /** Since the phase began. */
  readonly durationMs: number;
  readonly findings?: readonly PreflightFinding[];
}

const marks: Readonly<Record<PhaseState, string>> = {
  started: '·',
  waiting: '·',
  done: '✔',
  skipped: '✔',
  failed: '✖',
};

/** One line for people: `✔ enrol (0.4s) n1 is a node of the cluster`; findings follow, a line or two each. */
export function phaseText({ durationMs, findings = [], message, phase, state }: PhaseReport): string {
  const time = state === 'done' || state === 'failed' ? ` (${formatDuration(durationMs)})` : '';
  const head = `${marks[state]} ${phase}${time} ${message.replace(/\s+/g, ' ')}`.trimEnd();
  return [head, ...findings.flatMap(findingLines).map((line) => `    ${line}`)].join('\n');
}
