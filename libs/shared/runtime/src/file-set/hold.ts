/**
 * Holds: joiner put the previous set back, so certmgr must not deliver a new one right away, only to see it put back again.
 * Each roll-back doubles the wait.
 */

import { readFile, rm } from 'node:fs/promises';
import { hourMs, minuteMs, toAppError } from '@easycerts/core';
import { writeFileAtomically } from '../write-file.ts';
import { layoutOf } from './layout.ts';

export interface Hold {
  /** Of the certificate that was put away. */
  readonly serial: string;
  /** Milliseconds since the epoch; until then nothing is delivered, unless the certificate in use can't be used any more. */
  readonly untilMs: number;
  /** For people: what the component said. */
  readonly reason: string;
  /** How often in a row. */
  readonly rollbacks: number;
}

export interface HoldRequest {
  readonly directory: string;
  readonly serial: string;
  readonly reason: string;
  readonly nowMs: number;
}

/** The first wait: long enough for a person who watches to see and stop it. */
const firstHoldMs = 5 * minuteMs;
/** The longest wait: still several attempts in the last third of a 30-day certificate. */
const longestHoldMs = 24 * hourMs;
/** Longer than this after the end of a hold, a roll-back counts as a new story. */
const forgetAfterMs = 48 * hourMs;

/** Read and written by our own services only, as whoever they run. */
const ourOwnFile = { mode: 0o600, owner: 'root', group: 'root', users: { idsOf: () => undefined } };

/** How long the given roll-back in a row (1, 2, …) holds the next delivery back, milliseconds. */
export function holdDurationMs(rollbacks: number): number {
  return Math.min(longestHoldMs, firstHoldMs * 2 ** Math.max(0, rollbacks - 1));
}

/** Holds the next delivery of a set back, twice as long as the last time; answers what it wrote. */
export async function holdSet(request: HoldRequest): Promise<Hold> {
  const last = await readHold(request.directory);
  const isSameStory = last !== undefined && request.nowMs - last.untilMs < forgetAfterMs;
  const rollbacks = isSameStory ? last.rollbacks + 1 : 1;
  const hold: Hold = {
    serial: request.serial,
    untilMs: request.nowMs + holdDurationMs(rollbacks),
    reason: request.reason,
    rollbacks,
  };
  await writeFileAtomically(layoutOf(request.directory).hold, `${JSON.stringify(hold)}\n`, ourOwnFile);
  return hold;
}

/**
 * The hold of a set, also when it is over: its count is needed by the next one. Undefined when there is none, or when the
 * file makes no sense: a hold only delays, and a wrong one must not stop renewal.
 */
export async function readHold(directory: string): Promise<Hold | undefined> {
  const text = await readFile(layoutOf(directory).hold, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return holdOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Forgets the hold: the component is healthy with the new set, or somebody forces a delivery. */
export async function clearHold(directory: string): Promise<void> {
  const path = layoutOf(directory).hold;
  await rm(path, { force: true }).catch((error: unknown) => {
    throw toAppError(error, `remove ${path}`);
  });
}

function holdOf(value: unknown): Hold | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { serial, untilMs, reason, rollbacks } = value as Readonly<Record<string, unknown>>;
  if (typeof serial !== 'string' || typeof reason !== 'string') return undefined;
  if (!Number.isSafeInteger(untilMs) || !Number.isSafeInteger(rollbacks)) return undefined;
  return { serial, untilMs: Number(untilMs), reason, rollbacks: Number(rollbacks) };
}
