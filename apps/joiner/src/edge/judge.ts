/** Judges how a component does: whether what is being done to it has succeeded, and whether it is still well. */

import { formatDuration, minuteMs } from '@easycerts/core';
import { judgeTrial, startLimitMs } from '../core/trial.ts';
import type { ComponentWork } from './component-work.ts';
import type { Attempt, ManagedUnit } from './managed-unit.ts';
import type { Records } from './records.ts';

export interface JudgeParts {
  readonly work: Pick<ComponentWork, 'succeed' | 'fail' | 'noteFailure'>;
  readonly records: Records;
  /** The component of this name, if this host has it. */
  readonly unitOf: (name: string) => ManagedUnit | undefined;
}

/** A running component that is not well is restarted after its start time, but never before this. */
const shortestUnhealthyMs = minuteMs;

/** Whether everything that the component needs is on this host and healthy. */
export function hasWhatItNeeds({ spec }: ManagedUnit, unitOf: JudgeParts['unitOf']): boolean {
  return spec.startAfter.every((name) => unitOf(name)?.isHealthy === true);
}

/** Judges a component by its fresh status, and has the consequences begin. */
export function judgeUnit(unit: ManagedUnit, parts: JudgeParts, nowMs: number): void {
  if (unit.attempt !== undefined) judgeAttempt(unit, { attempt: unit.attempt, work: parts.work, nowMs });
  else if (unit.isActive) judgeRunning(unit, parts, nowMs);
  else judgeStopped(unit, parts);
}

function judgeAttempt(
  unit: ManagedUnit,
  { attempt, nowMs, work }: { attempt: Attempt; work: JudgeParts['work']; nowMs: number },
): void {
  // Still acting.
  if (attempt.deadlineMs === undefined) return;
  if (!unit.isActive) {
    unit.health.pause();
    unit.wasActive = false;
    work.fail(unit, endMessage(unit));
  } else if (unit.isHealthy) {
    unit.healthySinceMs = nowMs;
    work.succeed(unit);
  } else if (nowMs >= attempt.deadlineMs) {
    work.fail(unit, lateMessage(unit, nowMs - attempt.beganAtMs));
  }
}

function judgeStopped(unit: ManagedUnit, { work }: JudgeParts): void {
  unit.health.pause();
  if (unit.wasActive) work.noteFailure(unit, endMessage(unit));
  unit.wasActive = false;
}

function judgeRunning(unit: ManagedUnit, parts: JudgeParts, nowMs: number): void {
  if (!unit.wasActive) unit.health.begin();
  unit.wasActive = true;
  if (unit.isHealthy) {
    unit.healthySinceMs ??= nowMs;
    unit.hasFailed = false;
    unit.lastFailure = undefined;
  }
  const blamedSinceMs = blamedSince(unit, parts);
  if (judgeOnTrial(unit, parts, { blamedSinceMs, nowMs })) return;
  const limitMs = Math.max(shortestUnhealthyMs, unit.spec.startTimeoutMs);
  if (blamedSinceMs === undefined || unit.hasFailed || nowMs - blamedSinceMs < limitMs) return;
  parts.work.noteFailure(unit, lateMessage(unit, limitMs));
}

/** Whether the component's trial has ended badly. */
function judgeOnTrial(
  unit: ManagedUnit,
  { records, work }: JudgeParts,
  { blamedSinceMs, nowMs }: { readonly blamedSinceMs: number | undefined; readonly nowMs: number },
): boolean {
  const record = records.get(unit.unit);
  unit.health.watchClosely(record?.trial !== undefined);
  if (record?.trial === undefined || isStarting(unit, nowMs)) return false;
  const verdict = judgeTrial(record.trial, { nowMs, isHealthy: unit.isHealthy, blamedSinceMs });
  if (verdict === 'passed') records.set(unit.unit, { startedWith: record.startedWith });
  if (verdict === 'failed') work.fail(unit, `not healthy with its new certificates: ${unit.health.detail ?? ''}`);
  return verdict === 'failed';
}

/** Adopted from a joiner that ended in the middle of a start. */
function isStarting({ healthySinceMs, spec, status }: ManagedUnit, nowMs: number): boolean {
  if (healthySinceMs !== undefined || status.startedAt === undefined) return false;
  return nowMs < status.startedAt.getTime() + startLimitMs(spec.startTimeoutMs, true);
}

/** Since when the component is not healthy although everything it needs is; undefined when it is not to blame. */
function blamedSince(unit: ManagedUnit, { unitOf }: JudgeParts): number | undefined {
  if (unit.isHealthy || !hasWhatItNeeds(unit, unitOf)) return undefined;
  return Math.max(unit.health.sinceMs, ...unit.spec.startAfter.map((name) => unitOf(name)?.health.sinceMs ?? 0));
}

function endMessage({ status }: ManagedUnit): string {
  const { lastExit } = status;
  // Nobody learns how a process ended that was not their own child.
  if (lastExit === undefined || lastExit === 'unknown') return 'ended by itself';
  return `ended by itself (${/^\d+$/.test(lastExit) ? `exit code ${lastExit}` : lastExit})`;
}

function lateMessage({ health }: ManagedUnit, limitMs: number): string {
  return `not healthy after ${formatDuration(limitMs)}${health.detail === undefined ? '' : `: ${health.detail}`}`;
}
