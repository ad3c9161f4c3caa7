/** Remembers what failed, how often, and when to try again. */

import { retryDelayMs } from './retry-delay.ts';

export interface RetryBook {
  /** When `key` is to be tried again, or undefined when it may be tried now. A changed manifest may be tried at once. */
  waitsUntil(key: string, manifestHash: string, nowMs: number): number | undefined;
  /** Notes a failure and gives back how often it has failed in a row, and when it is due. */
  failed(key: string, manifestHash: string, nowMs: number): { readonly attempts: number; readonly dueAtMs: number };
  /** Notes a success; true when it had been failing before. */
  succeeded(key: string): boolean;
  /** Forgets all but these keys. */
  keepOnly(keys: ReadonlySet<string>): void;
  /** Makes everything due now: what was missing may be there. */
  retryAll(): void;
}

interface Trouble {
  readonly manifestHash: string;
  readonly attempts: number;
  readonly dueAtMs: number;
}

/** An empty book. `random`: 0 ≤ x < 1, for jitter. */
export function createRetryBook(random: () => number): RetryBook {
  const troubles = new Map<string, Trouble>();
  return {
    waitsUntil(key, manifestHash, nowMs) {
      const trouble = troubles.get(key);
      if (trouble === undefined || trouble.manifestHash !== manifestHash || trouble.dueAtMs <= nowMs) return undefined;
      return trouble.dueAtMs;
    },
    failed(key, manifestHash, nowMs) {
      const before = troubles.get(key);
      const attempts = before?.manifestHash === manifestHash ? before.attempts + 1 : 1;
      const dueAtMs = nowMs + retryDelayMs(attempts, random());
      troubles.set(key, { manifestHash, attempts, dueAtMs });
      return { attempts, dueAtMs };
    },
    succeeded: (key) => troubles.delete(key),
    keepOnly(keys) {
      for (const key of troubles.keys()) if (!keys.has(key)) troubles.delete(key);
    },
    retryAll() {
      for (const [key, trouble] of troubles) troubles.set(key, { ...trouble, dueAtMs: 0 });
    },
  };
}
