/** What is to be done about one certificate now: the one decision that `check`, `ensure` and `run` share. */

import type { CertificateSpec } from '@easycerts/cluster';
import type { Finding, ReissueReason } from '@easycerts/core';
import { type ReissueInput, reissueFinding } from './chains.ts';
import type { CertificateObservation, LeafFacts } from './observation.ts';
import { type BreakerPolicy, isLooping, type Reissue, renewAtMs } from './schedule.ts';

/**
 * `ok` nothing to do; `reissue` get a new certificate; `bundle` replace `ca.crt` only; `modes` correct owners and modes only;
 * `action` the files are right, what was to follow has not succeeded yet; `clock` wait until the clock is right; `held` joiner
 * rolled the last one back, wait; `stopped` issued in a loop, wait for a person; `error` the files cannot be looked at.
 */
export const planStates = ['ok', 'reissue', 'bundle', 'modes', 'action', 'clock', 'held', 'stopped', 'error'] as const;
export type PlanState = (typeof planStates)[number];

/** What is remembered about a certificate between passes and processes. */
export interface CertificateHistory {
  /** Newest last. */
  readonly reissues: readonly Reissue[];
  /** Digest of the spec for which the breaker has stopped; until somebody forces a new certificate. */
  readonly stoppedFor?: string;
}

/** What a plan needs of a spec, whoever wrote it. `directory` is where its files are, for people. */
export interface PlannedSpec {
  readonly name: string;
  readonly authority: string;
  readonly directory: string;
  readonly validityS: number;
}

/** When certificates are issued again: the rules differ with who wrote the spec. */
export interface PlanRules<S> {
  readonly finding: (input: ReissueInput<S>) => Finding<ReissueReason> | undefined;
  readonly renewAtMs: (leaf: LeafFacts, spec: S) => number;
}

export interface PlanInput<S extends PlannedSpec = CertificateSpec> {
  readonly spec: S;
  readonly specDigest: string;
  readonly observation: CertificateObservation;
  readonly isForced: boolean;
  /** joiner's, also when it is over. */
  readonly hold: { readonly untilMs: number; readonly reason: string } | undefined;
  readonly history: CertificateHistory;
  readonly breaker: BreakerPolicy;
  readonly nowMs: number;
}

export interface CertificatePlan {
  readonly name: string;
  readonly directory: string;
  readonly state: PlanState;
  /** Why a new certificate is needed, also when it has to wait. */
  readonly reason?: ReissueReason;
  /** For people. */
  readonly detail: string;
  readonly serial?: string;
  readonly notAfterMs?: number;
  readonly renewAtMs?: number;
  /** When the plan may become another one just because time passes. */
  readonly wakeAtMs: number;
}

/** The set in use serves nobody: no hold is worth keeping it. */
const unusable: ReadonlySet<ReissueReason> = new Set(['missing', 'unreadable', 'key-mismatch', 'forced', 'expired']);

const listRules: PlanRules<CertificateSpec> = {
  finding: reissueFinding,
  renewAtMs: (leaf, { validityS }) => renewAtMs(leaf, validityS),
};

/** Decides. Pure: the same input gives the same plan. */
export function planCertificate(input: PlanInput): CertificatePlan {
  return planByRules(input, listRules);
}

/** The same, by the rules of another kind of spec. */
export function planByRules<S extends PlannedSpec>(input: PlanInput<S>, rules: PlanRules<S>): CertificatePlan {
  const { spec, observation } = input;
  const leaf = observation.kind === 'present' ? observation.leaf : undefined;
  const dueMs = leaf === undefined ? Number.POSITIVE_INFINITY : rules.renewAtMs(leaf, spec);
  const facts = leaf === undefined ? {} : { serial: leaf.serial, notAfterMs: leaf.notAfterMs, renewAtMs: dueMs };
  const known = { name: spec.name, directory: spec.directory, ...facts };
  if (observation.kind === 'inaccessible') return { ...known, ...standing('error', observation.detail) };
  const finding = rules.finding(input);
  if (finding !== undefined) return { ...known, reason: finding.reason, ...outcomeOf(finding, input) };
  return { ...known, ...outcomeWithoutReissue(input, dueMs) };
}

type AnyInput = PlanInput<PlannedSpec>;
type Outcome = Pick<CertificatePlan, 'state' | 'detail' | 'wakeAtMs'>;

function outcomeOf(finding: Finding<ReissueReason>, input: AnyInput): Outcome {
  const { observation, nowMs } = input;
  if (finding.reason === 'not-yet-valid') {
    const wakeAtMs = observation.kind === 'present' ? observation.leaf.notBeforeMs : nowMs;
    return { state: 'clock', detail: `${finding.detail}: set the clock`, wakeAtMs };
  }
  if (isStopped(input)) {
    const detail = `${finding.detail}; issued ${input.breaker.maxReissues} times in a row, so it is stopped until forced`;
    return standing('stopped', detail);
  }
  return heldOutcome(input, finding) ?? { state: 'reissue', detail: finding.detail, wakeAtMs: nowMs };
}

function outcomeWithoutReissue(input: AnyInput, dueMs: number): Outcome {
  const { observation, nowMs, spec } = input;
  if (observation.kind !== 'present' && observation.kind !== 'bundle-only') return standing('ok', '');
  if (observation.bundle === 'outdated' || observation.bundle === 'damaged') {
    const is = observation.bundle === 'outdated' ? 'is not the trust bundle' : 'cannot be read as the trust bundle';
    const detail = `ca.crt ${is} of ${spec.authority}`;
    return heldOutcome(input, undefined) ?? { state: 'bundle', detail, wakeAtMs: nowMs };
  }
  if (observation.wrongModes.length > 0) {
    return { state: 'modes', detail: observation.wrongModes.join('; '), wakeAtMs: nowMs };
  }
  return { state: 'ok', detail: '', wakeAtMs: dueMs };
}

/** Whether the breaker stops the next one: it has stopped before, or the next one would be one too many. */
export function isStopped({ isForced, history, specDigest, spec, breaker, nowMs }: AnyInput): boolean {
  if (isForced) return false;
  if (history.stoppedFor === specDigest) return true;
  return isLooping(history.reissues, { digest: specDigest, validityS: spec.validityS }, { nowMs, policy: breaker });
}

function heldOutcome(input: AnyInput, finding: Finding<ReissueReason> | undefined): Outcome | undefined {
  const { hold, nowMs, observation } = input;
  if (hold === undefined || nowMs >= hold.untilMs) return undefined;
  if (finding !== undefined && unusable.has(finding.reason)) return undefined;
  const endMs = observation.kind === 'present' ? observation.leaf.notAfterMs + 1 : hold.untilMs;
  const detail = `held until ${new Date(hold.untilMs).toISOString()}: ${hold.reason}`;
  return { state: 'held', detail, wakeAtMs: Math.min(hold.untilMs, endMs) };
}

function standing(state: PlanState, detail: string): Outcome {
  return { state, detail, wakeAtMs: Number.POSITIVE_INFINITY };
}
