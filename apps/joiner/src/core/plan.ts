/**
 * Decides what to do with every component now. Pure; called again after every change, so each answer only has to be right
 * for this moment.
 *
 * - Starts are parallel: a component starts as soon as its inputs are on disk and everything it needs is healthy.
 * - Changes (restart, reload) are one at a time, in start order, and never while something the component needs is not healthy.
 * - Several inputs that change together cost one action: an input must have been still for a moment.
 */

import type { ComponentSpec } from '@easycerts/cluster';
import type { ComponentActionReason } from '@easycerts/core';
import type { Change, Fingerprint } from './fingerprint.ts';
import { changesOf, missingInputs } from './fingerprint.ts';
import { startOrderOf } from './start-order.ts';

/** What is known about one component. */
export interface UnitFacts {
  readonly spec: ComponentSpec;
  readonly isActive: boolean;
  /** What its `startWhen` still waits for; undefined when it may start. */
  readonly startGate: string | undefined;
  readonly isHealthy: boolean;
  /** An attempt is under way: to bring it up, or to change it while it runs. */
  readonly attempt: 'none' | 'start' | 'change';
  /** What it was started with; undefined when it never was, or nobody remembers. */
  readonly startedWith: Fingerprint | undefined;
  /** It was started by somebody else after its inputs last changed. */
  readonly isStartedSinceChange: boolean;
  readonly observed: Fingerprint;
  /** When its inputs last became different, milliseconds. */
  readonly changedAtMs: number;
  /** It failed, and is not tried again before `retryAtMs`. */
  readonly hasFailed: boolean;
  readonly retryAtMs: number;
  /** Somebody asked for a restart. */
  readonly isForced: boolean;
}

export interface Action {
  /** `accept`: the component reads the change by itself; only remember it. */
  readonly kind: 'start' | 'restart' | 'reload' | 'accept';
  readonly unit: string;
  readonly reason: ComponentActionReason;
  readonly changes: readonly Change[];
}

export interface Plan {
  /** In the order in which to begin them. */
  readonly actions: readonly Action[];
  /** What components that cannot go on are waiting for, by unit. */
  readonly waiting: ReadonlyMap<string, string>;
  /** When to look again although nothing happens; undefined: no need to. */
  readonly lookAgainAtMs: number | undefined;
}

/** Long enough for certmgr to deliver several certificates that became due together. */
export const settleMs = 400;

type Decision =
  | { readonly kind: 'act'; readonly action: Action; readonly isChange: boolean }
  | { readonly kind: 'wait'; readonly for: string }
  | { readonly kind: 'later'; readonly atMs: number; readonly for?: string }
  | { readonly kind: 'nothing' };

/** Plans for all components of the host. */
export function planActions(units: readonly UnitFacts[], nowMs: number): Plan {
  const byUnit = new Map(units.map((facts) => [facts.spec.unit, facts]));
  const { ordered, inCycle } = startOrderOf(units.map(({ spec }) => spec));
  const actions: Action[] = [];
  const waiting = new Map(
    inCycle.map(({ unit }) => [unit, `itself: startAfter makes a circle of ${namesOf(inCycle)}`]),
  );
  const times: number[] = [];
  let isChanging = units.some(({ attempt }) => attempt === 'change');
  for (const { unit } of ordered) {
    const facts = byUnit.get(unit);
    if (facts === undefined) continue;
    const decision = decide(facts, { byUnit, nowMs });
    if (decision.kind === 'wait') waiting.set(unit, decision.for);
    if (decision.kind === 'later') {
      times.push(decision.atMs);
      if (decision.for !== undefined) waiting.set(unit, decision.for);
    }
    if (decision.kind !== 'act') continue;
    if (decision.isChange && isChanging) continue;
    isChanging ||= decision.isChange;
    actions.push(decision.action);
  }
  return { actions, waiting, lookAgainAtMs: times.length === 0 ? undefined : Math.min(...times) };
}

interface Surroundings {
  readonly byUnit: ReadonlyMap<string, UnitFacts>;
  readonly nowMs: number;
}

function decide(facts: UnitFacts, around: Surroundings): Decision {
  if (facts.attempt !== 'none') return { kind: 'nothing' };
  return facts.isActive ? decideForRunning(facts, around) : decideForStopped(facts, around);
}

function decideForStopped(facts: UnitFacts, around: Surroundings): Decision {
  const { spec, observed, startedWith } = facts;
  const missing = missingInputs(spec, observed);
  if (missing.length > 0) return { kind: 'wait', for: missing.join(', ') };
  const need = unmetNeed(facts, around);
  if (need !== undefined) return { kind: 'wait', for: need };
  if (facts.startGate !== undefined) return { kind: 'wait', for: facts.startGate };
  const changes = startedWith === undefined ? [] : changesOf(spec, startedWith, observed);
  // With other inputs a component that failed deserves another chance at once.
  const mayStart = around.nowMs >= facts.retryAtMs || facts.isForced || changes.length > 0;
  if (!mayStart) return { kind: 'later', atMs: facts.retryAtMs };
  const reason = facts.isForced ? 'forced' : 'not-running';
  return { kind: 'act', isChange: false, action: { kind: 'start', unit: spec.unit, reason, changes } };
}

function decideForRunning(facts: UnitFacts, around: Surroundings): Decision {
  const { spec, observed, startedWith } = facts;
  const need = unmetNeed(facts, around);
  const act = (kind: Action['kind'], reason: ComponentActionReason, changes: readonly Change[]): Decision => ({
    kind: 'act',
    isChange: kind !== 'accept' && reason !== 'unhealthy',
    action: { kind, unit: spec.unit, reason, changes },
  });
  if (startedWith === undefined) {
    if (facts.isStartedSinceChange) return act('accept', 'not-running', []);
    const unknown: Change = { reason: 'unit-changed', what: 'unit', onChange: 'restart' };
    return need === undefined ? act('restart', 'unit-changed', [unknown]) : { kind: 'wait', for: need };
  }
  const changes = changesOf(spec, startedWith, observed);
  if (facts.isForced) return need === undefined ? act('restart', 'forced', changes) : { kind: 'wait', for: need };
  const [strongest] = [...changes].sort((a, b) => strengthOf(b) - strengthOf(a));
  if (strongest !== undefined) {
    const settledAtMs = facts.changedAtMs + settleMs;
    if (around.nowMs < settledAtMs) return { kind: 'later', atMs: settledAtMs };
    if (strongest.onChange === 'none') return act('accept', strongest.reason, changes);
    if (need !== undefined) return { kind: 'wait', for: need };
    return act(strongest.onChange === 'reload' && mayReload(facts) ? 'reload' : 'restart', strongest.reason, changes);
  }
  if (!facts.hasFailed) return { kind: 'nothing' };
  if (need !== undefined) return { kind: 'wait', for: need };
  return around.nowMs >= facts.retryAtMs ? act('restart', 'unhealthy', []) : { kind: 'later', atMs: facts.retryAtMs };
}

/** A component that is not well may not hear a signal. */
function mayReload({ spec, isHealthy }: UnitFacts): boolean {
  return spec.reloadSignal !== undefined && isHealthy;
}

function strengthOf({ onChange }: Change): number {
  return { none: 0, reload: 1, restart: 2 }[onChange];
}

/** The first thing that the component needs and that is not ready for it, in words. */
function unmetNeed({ spec }: UnitFacts, { byUnit }: Surroundings): string | undefined {
  for (const name of spec.startAfter) {
    const needed = byUnit.get(name);
    if (needed === undefined) return `${name} (not on this host)`;
    if (!needed.isActive || !needed.isHealthy || needed.attempt !== 'none') return name;
  }
  return undefined;
}

function namesOf(units: readonly { readonly unit: string }[]): string {
  return units.map(({ unit }) => unit).join(', ');
}
