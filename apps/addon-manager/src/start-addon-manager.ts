/** The service: passes over the bootstrap set and the addons, at once when a file changed, on an interval otherwise. */

import { setTimeout as sleep } from 'node:timers/promises';
import { secondMs } from '@easycerts/core';
import type { RunningService, ServiceContext } from '@easycerts/runtime';
import type { PassReport } from './core/pass-report.ts';
import { intervalDelayMs, nextPassDelayMs, retryDelayMs } from './core/retry-delay.ts';
import type { AddonSet } from './edge/addon-set.ts';
import type { AddonSetPaths } from './edge/open-addon-sets.ts';
import { openAddonSets } from './edge/open-addon-sets.ts';
import { createPassReporter } from './edge/pass-reporter.ts';
import type { DirectoryWatch } from './edge/watch-directory.ts';
import { watchDirectory } from './edge/watch-directory.ts';

export interface AddonManagerOptions extends AddonSetPaths {
  /** How often to look when nothing happens. */
  readonly intervalMs?: number;
  /** How long a manifest must be missing before its objects are pruned. */
  readonly pruneDelayMs?: number;
}

export const defaultIntervalMs = 5 * secondMs;
export const defaultPruneDelayMs = 10 * secondMs;

/** Starts the loop and resolves at once; `close` resolves when the pass under way has ended. */
export async function startAddonManager(
  context: ServiceContext,
  options: AddonManagerOptions,
): Promise<RunningService> {
  const intervalMs = options.intervalMs ?? defaultIntervalMs;
  const sets = openAddonSets(context, { ...options, pruneDelayMs: options.pruneDelayMs ?? defaultPruneDelayMs });
  const reporters = new Map(sets.map(({ name }) => [name, createPassReporter(context, name)]));
  const closing = new AbortController();
  let wake = new AbortController();
  const watches = [options.bootstrapDirectory, options.addonsDirectory].map((directory) =>
    watchDirectory(directory, () => wake.abort()),
  );

  const passOver = async (set: AddonSet): Promise<PassReport> => {
    const report = await set.pass({ dryRun: false });
    reporters.get(set.name)?.report(report);
    return report;
  };

  let interruptions = 0;
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      wake = new AbortController();
      for (const watch of watches) watch.renew();
      const reports: PassReport[] = [];
      for (const set of sets) {
        // What the bootstrap set changed may be the rights that an addon was refused.
        if (reports.some(hasChanged)) set.retryAll();
        if (!closing.signal.aborted) reports.push(await passOver(set));
      }
      interruptions = reports.some(({ interruption }) => interruption !== undefined) ? interruptions + 1 : 0;
      await pause(delayUntilNext(reports), [closing.signal, wake.signal]);
    }
  };

  const delayUntilNext = (reports: readonly PassReport[]): number => {
    const nowMs = context.clock.now().getTime();
    const dueAtMs = reports.flatMap((report) => report.dueAtMs);
    if (interruptions > 0) dueAtMs.push(nowMs + retryDelayMs(interruptions, context.random()));
    return nextPassDelayMs(intervalDelayMs(intervalMs, context.random()), dueAtMs, nowMs);
  };

  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
      closeAll(sets, watches);
    },
  };
}

function hasChanged({ results }: PassReport): boolean {
  return results.some(({ outcome }) => outcome === 'created' || outcome === 'corrected');
}

async function pause(delayMs: number, signals: readonly AbortSignal[]): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal: AbortSignal.any([...signals]) });
  } catch {
    // Woken, or told to end: the loop sees which.
  }
}

function closeAll(sets: readonly AddonSet[], watches: readonly DirectoryWatch[]): void {
  for (const watch of watches) watch.close();
  for (const set of sets) set.close();
}
