/** One thing after another, each announced, and by one run at a time. */

import { performance } from 'node:perf_hooks';
import { toAppError } from '@easycerts/core';
import type { AssetEvent, Report } from './assets.ts';
import { type Lock, takeLock } from './lock.ts';
import { removeLeftovers } from './place-file.ts';

export interface SequenceOptions {
  readonly total: number;
  /** The cache: the lock is about it, and leftovers are removed from `folders` in it. */
  readonly root: string;
  readonly folders: readonly string[];
  readonly report?: Report | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Job<T> {
  /** From 0. */
  readonly index: number;
  readonly name: string;
  find(): Promise<T | undefined>;
  get(): Promise<T>;
}

export interface Sequence {
  /** Tells that something was there already. */
  tellCached(job: { readonly index: number; readonly name: string }, detail?: string): void;
  /** Gets a missing thing while holding the lock, unless another run got it meanwhile. */
  get<T>(job: Job<T>): Promise<T>;
  /** Lets other runs go on. */
  end(): Promise<void>;
}

/** The lock is taken for the first missing thing and kept until the end. */
export function openSequence({ total, root, folders, report, signal }: SequenceOptions): Sequence {
  let lock: Lock | undefined;
  const tell = (kind: AssetEvent['kind'], job: { index: number; name: string }, more: Partial<AssetEvent> = {}): void =>
    report?.({ kind, name: job.name, index: job.index + 1, total, ...more });

  const holdLock = async (job: { index: number; name: string }): Promise<void> => {
    if (lock !== undefined) return;
    const onWait = (): void => tell('start', job, { detail: 'waiting for another run that gets the same' });
    lock = await takeLock(root, { signal, onWait });
    await removeLeftovers(folders);
  };

  return {
    tellCached: (job, detail) => tell('cached', job, detail === undefined ? {} : { detail }),
    get: async (job) => {
      const startedMs = performance.now();
      const elapsed = (): { elapsedMs: number } => ({ elapsedMs: Math.round(performance.now() - startedMs) });
      try {
        await holdLock(job);
        const found = await job.find();
        if (found !== undefined) {
          tell('cached', job, elapsed());
          return found;
        }
        tell('start', job);
        const got = await job.get();
        tell('done', job, elapsed());
        return got;
      } catch (error) {
        const problem = toAppError(error, job.name);
        tell('failed', job, { detail: problem.message, ...elapsed() });
        throw problem;
      }
    },
    end: async () => lock?.release(),
  };
}
