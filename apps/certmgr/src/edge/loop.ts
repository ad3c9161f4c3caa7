/** When the daemon looks: one timer for everything, hints that bring it forward, and never two passes at once. */

import type { Clock } from '@easycerts/core';

/** Several changes at once (a renderer that writes twenty files) cost one pass. */
const settleMs = 50;
/** setTimeout fires at once for more. */
const longestTimerMs = 2 ** 31 - 1;

export interface LoopOptions {
  readonly clock: Clock;
  /** One pass; answers when the next one is due, milliseconds since the epoch. Must not throw. */
  readonly pass: () => Promise<number>;
}

export class Loop {
  readonly #clock: Clock;
  readonly #pass: () => Promise<number>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  #isClosed = false;

  constructor({ clock, pass }: LoopOptions) {
    this.#clock = clock;
    this.#pass = pass;
  }

  /** Something may have changed: look soon. */
  hint(): void {
    if (this.#running !== undefined) this.#isAskedAgain = true;
    else this.#lookIn(settleMs);
  }

  /** Looks now, or again when a pass is under way; resolves when that pass has ended. */
  async lookNow(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (!this.#isClosed) await this.#look();
  }

  /** No further pass; resolves when the one under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #lookIn(delayMs: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), Math.min(longestTimerMs, Math.max(0, delayMs)));
  }

  #look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running ??= this.#onePass().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #onePass(): Promise<void> {
    this.#isAskedAgain = false;
    const wakeAtMs = await this.#pass();
    this.#lookIn(this.#isAskedAgain ? settleMs : wakeAtMs - this.#clock.now().getTime());
  }
}
