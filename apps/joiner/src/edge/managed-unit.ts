/** One component as joiner has it in hand: what it should be, how it is, what is being done about it. */

import type { ComponentSpec } from '@easycerts/cluster';
import type { Clock, ComponentActionReason } from '@easycerts/core';
import type { UnitStatus } from '@easycerts/runtime';
import { isSameFingerprint } from '../core/fingerprint.ts';
import type { UnitFacts } from '../core/plan.ts';
import { checkHealth, type Health } from './health-check.ts';
import { HealthWatch } from './health-watch.ts';
import type { Observation } from './observer.ts';
import type { ComponentRecord } from './records.ts';

/** Something that is being done to bring a component up. */
export interface Attempt {
  readonly kind: 'start' | 'restart' | 'reload';
  readonly reason: ComponentActionReason;
  /** What changed, in words. */
  readonly changed: readonly string[];
  readonly beganAtMs: number;
  /** Undefined until it has been started or told; then until when it must be healthy. */
  deadlineMs: number | undefined;
}

export interface UnitFailure {
  readonly message: string;
  readonly lastLines: readonly string[];
}

/** Fields change as things happen; only conductor.ts and what it calls changes them. */
export class ManagedUnit {
  spec: ComponentSpec;
  readonly health: HealthWatch;
  readonly #gate: HealthWatch;
  #isGateWatched = false;
  status: UnitStatus = { state: 'inactive' };
  observation: Observation;
  changedAtMs: number;
  attempt: Attempt | undefined;
  failures = 0;
  retryAtMs = 0;
  hasFailed = false;
  isForced = false;
  /** Since when it has been healthy without a break, as far as was seen. */
  healthySinceMs: number | undefined;
  /** It was seen running, so it is news when it no longer runs. */
  wasActive = false;
  lastFailure: UnitFailure | undefined;
  lastReason: ComponentActionReason | undefined;
  /** What is done to it is done one after the other. */
  work: Promise<void> = Promise.resolve();
  isStopping = false;
  waitingFor: string | undefined;
  readonly #clock: Clock;

  constructor(spec: ComponentSpec, given: { observation: Observation; clock: Clock; onChange: () => void }) {
    this.spec = spec;
    this.observation = given.observation;
    this.#clock = given.clock;
    this.changedAtMs = 0;
    this.health = new HealthWatch({
      clock: given.clock,
      check: (timeoutMs) => checkHealth(this.spec.health, { timeoutMs, runningForMs: this.#runningForMs() }),
      onChange: given.onChange,
    });
    this.#gate = new HealthWatch({
      clock: given.clock,
      check: (timeoutMs) => this.#checkGate(timeoutMs),
      onChange: given.onChange,
    });
  }

  /** Looks whether a component that does not run may start, or stops looking. */
  watchGate(): void {
    const isWanted =
      this.spec.startWhen !== undefined && !this.isActive && this.attempt === undefined && !this.isStopping;
    if (isWanted === this.#isGateWatched) return;
    this.#isGateWatched = isWanted;
    if (isWanted) this.#gate.begin();
    else this.#gate.pause();
  }

  /** Ends all looking: nobody asks any more. */
  pauseChecks(): void {
    this.health.pause();
    this.#gate.pause();
    this.#isGateWatched = false;
  }

  get unit(): string {
    return this.spec.unit;
  }

  get isActive(): boolean {
    return this.status.state === 'active';
  }

  get isHealthy(): boolean {
    return this.isActive && this.health.isHealthy;
  }

  observe(observation: Observation, nowMs: number): void {
    if (!isSameFingerprint(observation.fingerprint, this.observation.fingerprint)) this.changedAtMs = nowMs;
    this.observation = observation;
  }

  /** `lastChangeMs`: when its inputs last changed on disk, as far as that is known. */
  facts(record: ComponentRecord | undefined, lastChangeMs: number | undefined): UnitFacts {
    return {
      spec: this.spec,
      isActive: this.isActive,
      startGate: this.spec.startWhen === undefined ? undefined : this.#gate.detail,
      isHealthy: this.isHealthy,
      attempt: this.attempt === undefined ? 'none' : isChange(this.attempt) ? 'change' : 'start',
      startedWith: record?.startedWith,
      isStartedSinceChange: this.#isStartedSince(lastChangeMs),
      observed: this.observation.fingerprint,
      changedAtMs: this.changedAtMs,
      hasFailed: this.hasFailed,
      retryAtMs: this.retryAtMs,
      isForced: this.isForced,
    };
  }

  async #checkGate(timeoutMs: number): Promise<Health> {
    const { startWhen } = this.spec;
    return startWhen === undefined
      ? { isHealthy: true }
      : checkHealth(startWhen, { timeoutMs, runningForMs: undefined });
  }

  #isStartedSince(lastChangeMs: number | undefined): boolean {
    const { startedAt } = this.status;
    return lastChangeMs !== undefined && startedAt !== undefined && startedAt.getTime() > lastChangeMs;
  }

  #runningForMs(): number | undefined {
    const { startedAt, state } = this.status;
    if (state !== 'active') return undefined;
    return startedAt === undefined ? 0 : this.#clock.now().getTime() - startedAt.getTime();
  }
}

/** Bringing up what is down may be done beside other things; everything else one at a time. */
function isChange({ kind, reason }: Attempt): boolean {
  return kind !== 'start' && reason !== 'unhealthy';
}
