/** When each CA is asked whether it is still the same: at the interval of its specs, not of each spec by itself. */

import { secondMs } from '@easycerts/core';
import type { CfsslAuthority, SpecTimes } from '../../core/cfssl/cfssl-spec.ts';
import { mapLimited } from '../map-limited.ts';
import { type Authorities, authorityIdOf } from './authorities.ts';
import type { LoadedCfsslSpec } from './cfssl-spec-files.ts';

interface Scheduled {
  readonly authority: CfsslAuthority;
  /** The shortest of its specs. */
  readonly times: Omit<SpecTimes, 'beforeMs'>;
}

const parallelCalls = 4;
/** An interval of nothing must not mean asking all the time. */
const leastIntervalMs = secondMs;

export class AuthoritySchedule {
  readonly #authorities: Authorities;
  readonly #random: () => number;
  readonly #dueMs = new Map<string, number>();
  #scheduled: readonly Scheduled[] = [];

  constructor(authorities: Authorities, random: () => number) {
    this.#authorities = authorities;
    this.#random = random;
  }

  /** The CAs of these specs; a new one is due at once. */
  set(specs: readonly LoadedCfsslSpec[]): void {
    const groups = Map.groupBy(specs, ({ spec }) => authorityIdOf(spec.cfssl.authority));
    this.#scheduled = [...groups.values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const least = (pick: (times: SpecTimes) => number) =>
        group.reduce((least, { spec }) => Math.min(least, pick(spec.cfssl)), Number.POSITIVE_INFINITY);
      const times = {
        intervalMs: Math.max(
          leastIntervalMs,
          least(({ intervalMs }) => intervalMs),
        ),
        intervalSplayMs: least(({ intervalSplayMs }) => intervalSplayMs),
        initialSplayMs: least(({ initialSplayMs }) => initialSplayMs),
      };
      return [{ authority: first.spec.cfssl.authority, times }];
    });
    for (const id of this.#dueMs.keys()) if (!groups.has(id)) this.#dueMs.delete(id);
  }

  /** All are due. */
  hurry(): void {
    this.#dueMs.clear();
  }

  /** Asks those that are due; answers whether one is back that had failed. A failure is the business of the authorities. */
  async askDue(nowMs: number): Promise<boolean> {
    const due = this.#scheduled.filter((scheduled) => nowMs >= this.#dueAtMs(scheduled));
    const areBack = await mapLimited(due, parallelCalls, async ({ authority, times }) => {
      const hadFailed = this.#authorities.retryAtMs(authority) !== undefined;
      try {
        await this.#authorities.freshen(authority);
      } catch {
        return false;
      }
      const id = authorityIdOf(authority);
      const isFirst = !this.#dueMs.has(id);
      this.#dueMs.set(id, nowMs + this.#pauseMs(times, isFirst));
      return hadFailed;
    });
    return areBack.includes(true);
  }

  /** When one is due next. */
  timesMs(): readonly number[] {
    return this.#scheduled.map((scheduled) => this.#dueAtMs(scheduled));
  }

  #dueAtMs({ authority }: Scheduled): number {
    const retryAtMs = this.#authorities.retryAtMs(authority);
    return retryAtMs ?? this.#dueMs.get(authorityIdOf(authority)) ?? 0;
  }

  /** A fleet that was started at once is spread by chance, as certmgr does. */
  #pauseMs({ intervalMs, intervalSplayMs, initialSplayMs }: Scheduled['times'], isFirst: boolean): number {
    if (isFirst && initialSplayMs > 0) return this.#random() * initialSplayMs;
    return intervalMs + this.#random() * intervalSplayMs;
  }
}
