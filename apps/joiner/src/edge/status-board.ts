/** What joiner shows of its components, and since when. */

import type { Clock } from '@easycerts/core';
import type { ComponentState, ComponentStatus, JoinerStatus, ServiceStatus } from '../core/joiner-status.ts';
import type { ManagedUnit } from './managed-unit.ts';
import type { SpecProblem } from './spec-files.ts';

export class StatusBoard {
  readonly #clock: Clock;
  readonly #startedAt: string;
  readonly #states = new Map<string, { readonly state: ComponentState; readonly since: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now().toISOString();
  }

  show(
    units: readonly ManagedUnit[],
    services: readonly ServiceStatus[],
    problems: readonly SpecProblem[],
  ): JoinerStatus {
    return {
      updatedAt: this.#clock.now().toISOString(),
      startedAt: this.#startedAt,
      isReady: areAllHealthy(units) && problems.length === 0,
      components: units.map((unit) => this.#showUnit(unit)).sort((a, b) => (a.unit < b.unit ? -1 : 1)),
      ...(services.length === 0 ? {} : { services: [...services] }),
      problems: problems.map(({ message, path }) => ({ path, message })),
    };
  }

  #showUnit(unit: ManagedUnit): ComponentStatus {
    const state = stateOf(unit);
    const known = this.#states.get(unit.unit);
    const since = known?.state === state ? known.since : this.#clock.now().toISOString();
    this.#states.set(unit.unit, { state, since });
    const { lastFailure, lastReason, spec, status } = unit;
    const detail = detailOf(unit, state);
    return {
      unit: spec.unit,
      description: spec.description,
      state,
      since,
      isHealthy: unit.isHealthy,
      failures: unit.hasFailed ? unit.failures : 0,
      lastLines: unit.hasFailed ? [...(lastFailure?.lastLines ?? [])] : [],
      ...(lastReason === undefined ? {} : { reason: lastReason }),
      ...(detail === undefined ? {} : { detail }),
      ...(status.state !== 'active' || status.pid === undefined ? {} : { pid: status.pid }),
      ...(status.state !== 'active' || status.startedAt === undefined
        ? {}
        : { startedAt: status.startedAt.toISOString() }),
      ...(state === 'failed' ? { retryAt: new Date(unit.retryAtMs).toISOString() } : {}),
    };
  }
}

/** Whether there are components and every one of them is healthy and left alone. */
export function areAllHealthy(units: readonly ManagedUnit[]): boolean {
  return (
    units.length > 0 &&
    units.every(({ attempt, isHealthy, isStopping }) => isHealthy && attempt === undefined && !isStopping)
  );
}

function stateOf(unit: ManagedUnit): ComponentState {
  if (unit.isStopping) return 'stopping';
  if (unit.attempt !== undefined) return unit.attempt.kind === 'start' ? 'starting' : 'changing';
  if (unit.isHealthy) return 'healthy';
  if (unit.hasFailed) return 'failed';
  return unit.isActive ? 'unhealthy' : 'waiting';
}

function detailOf(
  { hasFailed, health, isActive, lastFailure, waitingFor }: ManagedUnit,
  state: ComponentState,
): string | undefined {
  const failure = hasFailed ? lastFailure?.message : undefined;
  switch (state) {
    case 'healthy':
      return waitingFor === undefined ? undefined : `a change waits for ${waitingFor}`;
    case 'waiting':
      return waitingFor === undefined ? undefined : `waiting for ${waitingFor}`;
    case 'failed':
      return waitingFor === undefined ? failure : `${failure}; waiting for ${waitingFor}`;
    case 'starting':
    case 'changing':
      return failure ?? (isActive ? health.detail : undefined);
    case 'unhealthy':
      return health.detail;
    case 'stopping':
      return undefined;
    default:
      throw new TypeError(`unknown state ${state satisfies never}`);
  }
}
