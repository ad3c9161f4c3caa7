/** What failed, how often in a row, and when it is tried again. In memory only: a restart tries everything at once. */

import { type AppError, type ErrorCode, toAppError } from '@easycerts/core';
import { backoffMs } from '../core/schedule.ts';

/** What is retried: one certificate, or the CA as a whole. */
export type RetryKey = { readonly name: string; readonly digest: string } | 'ca';

export interface Attempt {
  readonly attempts: number;
  readonly retryAtMs: number;
  readonly retryInMs: number;
  readonly error: AppError;
  /** Whether it is worth a line and an event: the first time, then ever more rarely, and whenever the error is another one. */
  readonly isWorthTelling: boolean;
}

interface Entry extends Attempt {
  readonly digest: string;
}

const isAwayCode: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'CONFLICT']);

export class RetryBook {
  readonly #random: () => number;
  readonly #entries = new Map<string, Entry>();

  /** `random`: 0 ≤ x < 1, for jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Notes a failure; answers when to try again. */
  fail(key: RetryKey, thrown: unknown, nowMs: number): Attempt {
    const error = toAppError(thrown, 'deliver certificate');
    const last = this.#entries.get(idOf(key));
    const attempts = (last?.digest === digestOf(key) ? last.attempts : 0) + 1;
    const waitMs = backoffMs(attempts, this.#random(), isAwayCode.has(error.code) ? 'away' : 'refused');
    const retryInMs = Math.max(waitMs, leastWaitMsOf(error));
    const isWorthTelling = (attempts & (attempts - 1)) === 0 || last?.error.code !== error.code;
    const entry = { attempts, retryInMs, retryAtMs: nowMs + retryInMs, error, isWorthTelling, digest: digestOf(key) };
    this.#entries.set(idOf(key), entry);
    return entry;
  }

  /** Notes that it worked. */
  succeed(key: RetryKey): void {
    this.#entries.delete(idOf(key));
  }

  /** Whether it failed and is not to be tried before its time. A changed spec is tried at once. */
  isWaiting(key: RetryKey, nowMs: number): boolean {
    const entry = this.#entries.get(idOf(key));
    return entry !== undefined && entry.digest === digestOf(key) && nowMs < entry.retryAtMs;
  }

  /** Lets everything be tried now; counts go on. */
  hurry(): void {
    for (const [id, entry] of this.#entries) this.#entries.set(id, { ...entry, retryAtMs: 0 });
  }

  /** Forgets certificates that nobody wants any more. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const id of this.#entries.keys()) {
      if (id !== idOf('ca') && !names.has(id)) this.#entries.delete(id);
    }
  }

  /** When something is to be tried again. */
  timesMs(): readonly number[] {
    return [...this.#entries.values()].map(({ retryAtMs }) => retryAtMs);
  }

  /** The last failure, until it works. */
  get(key: RetryKey): Attempt | undefined {
    const entry = this.#entries.get(idOf(key));
    return entry?.digest === digestOf(key) ? entry : undefined;
  }
}

/** What failed may know that trying again sooner makes no sense. */
function leastWaitMsOf({ details }: AppError): number {
  return typeof details.retryAfterMs === 'number' ? details.retryAfterMs : 0;
}

/** No certificate has an empty name. */
function idOf(key: RetryKey): string {
  return key === 'ca' ? '' : key.name;
}

function digestOf(key: RetryKey): string {
  return key === 'ca' ? '' : key.digest;
}
