/** When to look again: after a failure, and when all is well. */

import { minuteMs, secondMs } from '@easycerts/core';

/** First failures at the start of a cluster are normal (a namespace or a right is not there yet) and over in a moment. */
const firstRetryMs = 250;
const longestRetryMs = 5 * minuteMs;

/** Failures that others cure are reported only when they outlive the start of a cluster: the 6th attempt is after 7.75 s. */
const attemptsBeforeReport = 6;

/** The n-th retry (from 1): doubling from a quarter of a second to five minutes, spread by a quarter. `random`: 0 ≤ x < 1. */
export function retryDelayMs(attempts: number, random: number): number {
  const base = Math.min(firstRetryMs * 2 ** Math.min(attempts - 1, 20), longestRetryMs);
  return Math.round(base * (0.875 + random / 4));
}

/** The pause between two looks when all is well, spread by a fifth so that several masters don't look in step. */
export function intervalDelayMs(intervalMs: number, random: number): number {
  return Math.round(intervalMs * (0.9 + random / 5));
}

/** How long to wait for the next pass: until the first retry that is due, at most the interval, at least a tenth of a second. */
export function nextPassDelayMs(intervalDelay: number, dueAtMs: readonly number[], nowMs: number): number {
  const soonest = Math.min(intervalDelay, ...dueAtMs.map((at) => at - nowMs));
  return Math.max(soonest, secondMs / 10);
}

/** Whether a failure is to be reported at this attempt: at once when only a person can cure it, later when others may. */
export function isToBeReported(attempts: number, isTransient: boolean): boolean {
  return !isTransient || attempts >= attemptsBeforeReport;
}
