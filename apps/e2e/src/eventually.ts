/** Waits for what becomes true by itself. */

import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Default one minute, for a machine under load. */
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Tries until `attempt` gives something (neither undefined nor false) without throwing, and gives that back. Rejects with
 * the last error, or with `what`, when the time is over.
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 60_000, everyMs = 250 }: Patience = {},
): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const outcome = await tryOnce(attempt);
    if ('value' in outcome) return outcome.value;
    if (Date.now() > deadlineMs) {
      const words = `${what}: not within ${timeoutMs / 1_000} s`;
      throw new Error(outcome.error === undefined ? words : `${words}: ${messageOf(outcome.error)}`, {
        cause: outcome.error,
      });
    }
    await sleep(everyMs);
  }
}

async function tryOnce<T>(
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    const value = await attempt();
    return value === undefined || value === false ? { error: undefined } : { value };
  } catch (error) {
    return { error };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
