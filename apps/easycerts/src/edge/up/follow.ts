/** Follows a cluster until it is ready, or until it is stopped, and shows what changes. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, formatDuration } from '@easycerts/core';
import { changedLines, type ProgressLine, unfinishedLines } from '../../core/progress.ts';
import type { DataDirectory } from '../data-directory.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import { endedError, lastLogOf, notReadyError } from './failure.ts';
import type { ProgressView } from './progress-view.ts';

export interface FollowOptions {
  readonly watch: ClusterWatch;
  readonly view: ProgressView;
  readonly data: DataDirectory;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly isDetached: boolean;
  readonly until: 'ready' | 'stopped';
}

const lookEveryMs = 100;

/**
 * `ready`: resolves when everything is; AppError of the signal, of a cluster that ended, or, detached, DEADLINE_EXCEEDED.
 * `stopped`: resolves when the signal is aborted or `easycerts down` was called; AppError when the cluster ends by itself.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { data, signal, timeoutMs, until, view, watch } = options;
  const deadline = performance.now() + timeoutMs;
  let before: readonly ProgressLine[] = [];
  let isLate = false;
  let wasStopping = false;
  for (;;) {
    const { failure, hasEnded, isReady, isStopping, lines } = await watch.look();
    wasStopping ||= isStopping;
    view.update(lines);
    tellFailures(options, before, lines);
    before = lines;
    if (signal.aborted && until === 'stopped') return;
    signal.throwIfAborted();
    if (hasEnded && wasStopping && until === 'stopped') return;
    if (hasEnded && wasStopping) throw new AppError('CANCELLED', 'stopped by `easycerts down`');
    if (hasEnded || failure !== undefined) throw endedError(data, failure);
    if (until === 'ready' && isReady) return;
    if (until === 'ready' && !isLate && performance.now() > deadline) {
      isLate = true;
      if (options.isDetached) throw notReadyError(data, lines, formatDuration(timeoutMs));
      const names = unfinishedLines(lines).map(({ name }) => name);
      view.say(`not ready after ${formatDuration(timeoutMs)}, still waiting for: ${names.join(', ')}`);
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** The last lines of its log say more than that a component failed. */
function tellFailures(
  { data, view }: FollowOptions,
  before: readonly ProgressLine[],
  after: readonly ProgressLine[],
): void {
  for (const { name, state } of changedLines(before, after)) {
    const log = state === 'failed' ? lastLogOf(data, name) : '';
    if (log !== '') view.say(`${name}, last lines of its log:\n${log}`);
  }
}
