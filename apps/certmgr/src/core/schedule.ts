/** When to renew, when to look again, how long to wait after a failure: pure functions of facts and time. */

import { hash } from 'node:crypto';
import { hourMs, minuteMs, secondMs } from '@easycerts/core';
import type { LeafFacts } from './observation.ts';

/** Renewal begins at two thirds of the lifetime at the latest, so a third is left for whatever fails. */
const latestShare = 2 / 3;
/** Earlier by up to this share of the lifetime, so that certificates issued together are not renewed together. */
const spreadShare = 1 / 20;

/**
 * When a certificate is due: at two thirds of its lifetime, earlier by up to a twentieth as a hash of its serial number says,
 * so the answer is the same every time. The CA dates certificates back against wrong clocks; that part, what the lifetime
 * has above the spec's `validityS`, is not counted: it would make a short-lived certificate due when it is issued.
 */
export function renewAtMs(leaf: Pick<LeafFacts, 'serial' | 'notBeforeMs' | 'notAfterMs'>, validityS: number): number {
  const beginMs = Math.max(leaf.notBeforeMs, leaf.notAfterMs - validityS * secondMs);
  const share = latestShare - spreadShare * fractionOf(leaf.serial);
  return Math.floor(beginMs + (leaf.notAfterMs - beginMs) * share);
}

/** 0 ≤ x < 1, evenly spread, always the same for the same text. */
export function fractionOf(text: string): number {
  return hash('sha256', text, 'buffer').readUInt32BE(0) / 2 ** 32;
}

/** When to look again: the earliest of what is due, but not before a moment has passed and not later than the interval. */
export function nextWakeMs(dueMs: readonly number[], nowMs: number, intervalMs: number): number {
  const earliest = dueMs.reduce((least, due) => Math.min(least, due), Number.POSITIVE_INFINITY);
  return Math.min(nowMs + intervalMs, Math.max(nowMs + leastPauseMs, earliest));
}

/** However wrong clocks and facts are, passes don't follow each other without a pause. */
const leastPauseMs = 100;

/** Whether the other side is likely to be back in a moment, as opposed to having said no. */
export type FailureKind = 'away' | 'refused';

const firstWaitMs: Readonly<Record<FailureKind, number>> = { away: 250, refused: 2 * secondMs };
/** A CA that comes back after an outage is found within this time, by ten thousand hosts at about 30 calls a second. */
const longestWaitMs = 5 * minuteMs;

/**
 * How long to wait after the given failure in a row (1, 2, …): doubling, up to five minutes, of which `jitter` (0 ≤ x < 1)
 * takes away up to half.
 */
export function backoffMs(attempt: number, jitter: number, kind: FailureKind): number {
  const whole = Math.min(longestWaitMs, firstWaitMs[kind] * 2 ** Math.max(0, attempt - 1));
  return Math.round(whole * (1 - jitter / 2));
}

/** What the breaker knows: issued certificates, newest last. */
export interface Reissue {
  readonly serial: string;
  readonly atMs: number;
  /** Of the spec it was issued for: a changed spec is a new story. */
  readonly specDigest: string;
}

export interface BreakerPolicy {
  readonly maxReissues: number;
  readonly windowMs: number;
}

/** Six of one certificate within an hour have never been anything but a loop. */
export const defaultBreaker: BreakerPolicy = { maxReissues: 5, windowMs: hourMs };

/**
 * Whether one certificate is issued in a loop: as often as the policy allows, for the same spec, within its window. For
 * certificates that live shorter than the window it is twice their lifetime, in which three renewals are normal.
 */
export function isLooping(
  reissues: readonly Reissue[],
  spec: { readonly digest: string; readonly validityS: number },
  { nowMs, policy }: { readonly nowMs: number; readonly policy: BreakerPolicy },
): boolean {
  const windowMs = Math.min(policy.windowMs, 2 * spec.validityS * secondMs);
  const recent = reissues.filter(({ atMs, specDigest }) => specDigest === spec.digest && atMs > nowMs - windowMs);
  return recent.length >= policy.maxReissues;
}
