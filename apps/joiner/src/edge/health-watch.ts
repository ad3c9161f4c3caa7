/** Follows the health of one component: quickly while it comes up, calmly while it is well. */

import type { Clock } from '@easycerts/core';
import type { Health } from './health-check.ts';

export interface HealthWatchOptions {
  readonly clock: Clock;
  /** Checks once. Never rejects. */
  readonly check: (timeoutMs: number) => Promise<Health>;
  /** Called when the component becomes healthy or unhealthy. */
  readonly onChange: () => void;
}

// Whoever waits for the component loses half of this on average.
const startingMs = 50;
/** After this long it will not matter when it comes up, and checks cost CPU. */
const startingForMs = 30_000;
const slowStartMs = 500;
const healthyMs = 5_000;
const watchedMs = 1_000;
const suspectMs = 500;
const startingTimeoutMs = 2_000;
const healthyTimeoutMs = 5_000;
/** A healthy component may miss two checks in a row: a busy moment is no failure. */
const toleratedFailures = 2;

export class HealthWatch {
  readonly #options: HealthWatchOptions;
  #epoch = 0;
  #timer: NodeJS.Timeout | undefined;
  #health: Health = { isHealthy: false, detail: 'not running' };
  #sinceMs: number;
  #resetAtMs: number;
  #failuresInRow = 0;
  #isWatchedClosely = false;

  constructor(options: HealthWatchOptions) {
    this.#options = options;
    this.#sinceMs = this.#resetAtMs = this.#nowMs();
  }

  get isHealthy(): boolean {
    return this.#health.isHealthy;
  }

  /** What is wrong; undefined when nothing is. */
  get detail(): string | undefined {
    return this.#health.isHealthy ? undefined : this.#health.detail;
  }

  /** Since when it is healthy, or not. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Forgets what was seen and begins to look: something has just been done to the component. */
  begin(): void {
    this.#forget('not checked yet');
    void this.#look(this.#epoch);
  }

  /** Stops looking: the component does not run. */
  pause(): void {
    this.#forget('not running');
  }

  /** Looks more often at a component on trial. */
  watchClosely(isWatchedClosely: boolean): void {
    if (this.#isWatchedClosely === isWatchedClosely) return;
    this.#isWatchedClosely = isWatchedClosely;
    if (isWatchedClosely && this.#timer !== undefined) this.#schedule();
  }

  #forget(detail: string): void {
    this.#epoch += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failuresInRow = 0;
    this.#resetAtMs = this.#nowMs();
    if (this.#health.isHealthy) this.#sinceMs = this.#resetAtMs;
    this.#health = { isHealthy: false, detail };
  }

  async #look(epoch: number): Promise<void> {
    const health = await this.#options.check(this.#health.isHealthy ? healthyTimeoutMs : startingTimeoutMs);
    // Something was done to the component meanwhile: the answer is about the one before.
    if (epoch !== this.#epoch) return;
    this.#note(health);
    this.#schedule();
  }

  #note(health: Health): void {
    this.#failuresInRow = health.isHealthy ? 0 : this.#failuresInRow + 1;
    const wasHealthy = this.#health.isHealthy;
    if (wasHealthy && !health.isHealthy && this.#failuresInRow <= toleratedFailures) return;
    this.#health = health;
    if (wasHealthy === health.isHealthy) return;
    this.#sinceMs = this.#nowMs();
    this.#options.onChange();
  }

  #schedule(): void {
    const epoch = this.#epoch;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(epoch), this.#intervalMs());
  }

  #intervalMs(): number {
    if (!this.#health.isHealthy) return this.#nowMs() - this.#resetAtMs < startingForMs ? startingMs : slowStartMs;
    if (this.#failuresInRow > 0) return suspectMs;
    return this.#isWatchedClosely ? watchedMs : healthyMs;
  }

  #nowMs(): number {
    return this.#options.clock.now().getTime();
  }
}
