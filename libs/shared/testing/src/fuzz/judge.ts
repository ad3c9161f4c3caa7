/** One input against one reader: what it may throw, how long it may take, how much memory it may touch. */

import { getHeapStatistics } from 'node:v8';
import { isAppError } from '@easycerts/core';
import { type FuzzLimits, type FuzzTarget, usualLimits } from './fuzz-target.ts';

export interface Verdict {
  readonly isAccepted: boolean;
  /** What is wrong with the reader; undefined when nothing is. */
  readonly problem: string | undefined;
}

/** The collector of garbage makes single measurements worthless. */
const measurements = 5;

/** Runs the reader once; only what looks too expensive is measured again, and the cheapest time counts. */
export function judge(target: FuzzTarget, input: Uint8Array): Verdict {
  const limits = { ...usualLimits, ...target.limits };
  const first = runOnce(target, input);
  if (first.problem !== undefined) return first;
  let { timeMs, allocated } = first;
  for (let again = 1; again < measurements && isTooMuch({ timeMs, allocated }, limits, input); again++) {
    const next = runOnce(target, input);
    timeMs = Math.min(timeMs, next.timeMs);
    allocated = Math.min(allocated, next.allocated);
  }
  return { isAccepted: first.isAccepted, problem: isTooMuch({ timeMs, allocated }, limits, input) };
}

interface Cost {
  readonly timeMs: number;
  readonly allocated: number;
}

function runOnce(target: FuzzTarget, input: Uint8Array): Verdict & Cost {
  // The reader gets a copy: what it does to it is seen.
  const given = Uint8Array.from(input);
  const allocatedBefore = allocatedBytes();
  const { user, system } = process.threadCpuUsage();
  let isAccepted = false;
  let problem: string | undefined;
  try {
    isAccepted = target.read(given) !== false;
  } catch (error) {
    problem = problemOfError(error, target);
  }
  // Of this thread, so that other processes do not count.
  const used = process.threadCpuUsage();
  const timeMs = (used.user - user + used.system - system) / 1_000;
  const allocated = allocatedBytes() - allocatedBefore;
  if (problem === undefined && Buffer.compare(given, input) !== 0) problem = 'the reader changed its input';
  return { isAccepted, problem, timeMs, allocated };
}

function problemOfError(error: unknown, { refusals, isRefusal, limits }: FuzzTarget): string | undefined {
  if (isRefusal?.(error)) return problemOfMessage(error, limits);
  if (!isAppError(error)) return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  if (!refusals.includes(error.code)) return `refused with ${error.code}: ${error.message}`;
  return problemOfMessage(error, limits);
}

function problemOfMessage(error: Error, { messageLength }: Partial<FuzzLimits> = {}): string | undefined {
  if (error.message.length > (messageLength ?? usualLimits.messageLength))
    return `refused with ${error.message.length} characters`;
  // Lines are told apart by line feeds; anything else would act on the terminal of whoever reads it.
  if (/[^\P{Cc}\n]/u.test(error.message)) return `refused with control characters: ${JSON.stringify(error.message)}`;
  return undefined;
}

function isTooMuch({ timeMs, allocated }: Cost, limits: FuzzLimits, { length }: Uint8Array): string | undefined {
  const mayTakeMs = limits.timeMs + (limits.timeMsPerKiB * length) / 1_024;
  if (timeMs > mayTakeMs) return `took ${timeMs.toFixed(1)} ms of ${mayTakeMs.toFixed(1)}`;
  const mayAllocate = limits.allocatedBytes + limits.allocatedBytesPerByte * length;
  if (allocated > mayAllocate) return `allocated ${Math.round(allocated)} bytes of ${mayAllocate}`;
  return undefined;
}

/** Of all that was ever allocated, garbage included: what it grows by is what an input cost. */
function allocatedBytes(): number {
  const { total_allocated_bytes: onHeap, external_memory: outside } = getHeapStatistics();
  return (onHeap ?? 0) + outside;
}
