/** `addon-manager apply`: one pass by hand. */

import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, parseDurationMs } from '@easycerts/core';
import type { CommandContext } from '@easycerts/runtime';
import { createLogger, formatTable, systemClock } from '@easycerts/runtime';
import type { AddonSetName } from '../core/addon-mode.ts';
import { describeObject } from '../core/kube-object.ts';
import type { ObjectResult, Outcome, PassReport } from '../core/pass-report.ts';
import { isSettled } from '../core/pass-report.ts';
import { retryDelayMs } from '../core/retry-delay.ts';
import type { AddonSet } from '../edge/addon-set.ts';
import type { AddonSetPaths } from '../edge/open-addon-sets.ts';
import { openAddonSets } from '../edge/open-addon-sets.ts';

export interface ApplyOptions {
  readonly dryRun?: boolean;
  /** Milliseconds. */
  readonly wait: number;
  readonly set?: AddonSetName;
}

/** Parses `--wait`. AppError INVALID_INPUT. */
export function parseWait(text: string): number {
  const waitMs = parseDurationMs(text);
  if (waitMs !== undefined) return waitMs;
  throw new AppError('INVALID_INPUT', `--wait ${text}: not a duration`, { details: { cure: 'write it as 30s or 2m' } });
}

/** Applies the sets and prints the results; the exit code is 1 unless everything is as it should be. */
export async function applyOnce(context: CommandContext, paths: AddonSetPaths, options: ApplyOptions): Promise<void> {
  const logger = createLogger({
    service: 'addon-manager',
    level: context.logLevel === 'info' ? 'warn' : context.logLevel,
  });
  const all = openAddonSets({ clock: systemClock, logger, random: Math.random }, { ...paths, pruneDelayMs: 0 });
  try {
    const sets = all.filter(({ name }) => options.set === undefined || name === options.set);
    const reports = await passUntilSettled(sets, options, context.signal);
    const interruption = reports.find((report) => report.interruption !== undefined)?.interruption;
    process.stdout.write(context.isJson ? jsonOf(reports) : textOf(reports));
    if (interruption !== undefined) throw interruption;
    if (!reports.every(isSettled)) process.exitCode = 1;
  } finally {
    for (const set of all) set.close();
  }
}

/** Later passes only say what is left to do, so what an earlier one changed is kept in the result. */
async function passUntilSettled(
  sets: readonly AddonSet[],
  { dryRun = false, wait }: ApplyOptions,
  signal: AbortSignal,
): Promise<readonly PassReport[]> {
  const deadlineMs = systemClock.now().getTime() + wait;
  const changes = new Map<string, ObjectResult>();
  for (let attempts = 1; ; attempts += 1) {
    const reports: PassReport[] = [];
    for (const set of sets) reports.push(withChanges(await set.pass({ dryRun }), changes));
    const pauseMs = Math.min(retryDelayMs(attempts, Math.random()), 2_000);
    if (reports.every(isSettled) || systemClock.now().getTime() + pauseMs > deadlineMs) return reports;
    for (const set of sets) set.retryAll();
    await sleep(pauseMs, undefined, { signal });
  }
}

function withChanges(report: PassReport, changes: Map<string, ObjectResult>): PassReport {
  const ofNow = new Map(report.results.map((result) => [keyOfResult(result), result]));
  for (const [key, result] of ofNow) if (changedOutcomes.has(result.outcome)) changes.set(key, result);
  const earlier = [...changes].filter(
    ([key, { set }]) => set === report.set && (ofNow.get(key)?.outcome ?? 'unchanged') === 'unchanged',
  );
  return { ...report, results: [...new Map([...ofNow, ...earlier]).values()] };
}

const changedOutcomes: ReadonlySet<Outcome> = new Set(['created', 'corrected', 'pruned']);

function keyOfResult({ set, reference }: ObjectResult): string {
  return `${set} ${describeObject(reference)}`;
}

function jsonOf(reports: readonly PassReport[]): string {
  const results = reports.flatMap((report) => report.results).map(plainResult);
  const problems = reports.flatMap(({ set, problems: found }) =>
    found.map(({ addon, cure, kind, message, source }) => ({ set, addon, kind, ...source, message, cure })),
  );
  return `${JSON.stringify({ results, problems }, undefined, 2)}\n`;
}

function plainResult({ set, addon, reference, mode, outcome, detail, error }: ObjectResult): unknown {
  const cure = error?.details.cure;
  return { set, addon, ...reference, mode, outcome, detail, ...(cure === undefined ? {} : { cure }) };
}

function textOf(reports: readonly PassReport[]): string {
  const results = reports.flatMap((report) => report.results);
  const rows = results.map(({ set, addon, reference, mode, outcome }) => [
    set,
    addon,
    describeObject(reference),
    mode,
    outcome,
  ]);
  const table = rows.length === 0 ? '' : formatTable(['SET', 'ADDON', 'OBJECT', 'MODE', 'RESULT'], rows);
  const failures = results.flatMap(({ error }) =>
    error === undefined ? [] : [faultText(error.message, error.details.cure)],
  );
  const problems = reports.flatMap((report) => report.problems).map(({ message, cure }) => faultText(message, cure));
  return [table, ...failures, ...problems].join('');
}

function faultText(message: string, cure: string | undefined): string {
  return `${message}\n${cure === undefined ? '' : `  → ${cure}\n`}`;
}
