/**
 * What is done to a component, and what becomes of it.
 *
 *   begin ──▶ ACTING (stop, folders, start | signal) ──▶ CHECKING ──healthy──▶ succeed
 *                                                           └──ended, or too late──▶ fail ──on trial──▶ roll back ──▶ ACTING
 *                                                                                      └──else──▶ back off, try again later
 */

import type { ComponentSpec } from '@easycerts/cluster';
import { AppError, type ComponentActionReason, toAppError } from '@easycerts/core';
import type { ServiceContext, ServiceManager, Users } from '@easycerts/runtime';
import { retryDelayMs, stableAfterMs } from '../core/back-off.ts';
import { duePreparations } from '../core/due-preparations.ts';
import type { Change } from '../core/fingerprint.ts';
import { missingInputs } from '../core/fingerprint.ts';
import type { Action } from '../core/plan.ts';
import type { Trial, TriedSet } from '../core/trial.ts';
import { extendTrial, startLimitMs } from '../core/trial.ts';
import { certificateRolledBack, componentFailed, componentUp } from '../events.ts';
import { makeDirectories } from './directories.ts';
import type { Attempt, ManagedUnit } from './managed-unit.ts';
import type { Observation, Observer } from './observer.ts';
import { prepare } from './prepare.ts';
import type { Records } from './records.ts';
import { rollBack } from './roll-back.ts';

export interface WorkParts {
  readonly context: ServiceContext;
  readonly host: string;
  readonly manager: ServiceManager;
  readonly users: Users;
  readonly observer: Observer;
  readonly records: Records;
  /** Whether everything that the component needs is healthy: otherwise it is not to blame. */
  readonly hasWhatItNeeds: (unit: ManagedUnit) => boolean;
  /** Asks for the next look. */
  readonly wake: () => void;
  /** Tells whoever waits for an attempt how it ended. */
  readonly onAttemptEnd: (unit: ManagedUnit, attempt: Attempt, error: AppError | undefined) => void;
}

/** Lines of a component's log that are shown when it fails. */
const shownLines = 20;
const longestLine = 500;
/** A restart for one of these makes something new count. */
const changeReasons: ReadonlySet<ComponentActionReason> = new Set([
  'unit-changed',
  'config-changed',
  'certificate-changed',
]);
/** From this many failures in a row on, a person should look. */
const alarmingFailures = 3;

export class ComponentWork {
  readonly #parts: WorkParts;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  /** Begins an action. Never throws; what goes wrong is the attempt's failure. */
  begin(unit: ManagedUnit, action: Action): void {
    const { kind, reason, changes } = action;
    const trial = this.#trialOf(unit, changes);
    if (kind === 'accept') {
      this.#accept(unit, action, trial);
      return;
    }
    if (kind === 'restart' && changeReasons.has(reason)) this.#parts.records.noteRestarted(unit.unit);
    const attempt = this.#openAttempt(unit, { kind, reason, changed: changes.map(({ what }) => what) });
    this.#parts.context.logger.info({ unit: unit.unit, reason, changed: attempt.changed }, `${kind} component`);
    this.#queue(unit, attempt, () => this.#carryOut(unit, attempt, trial));
  }

  /** The component is healthy after an attempt. */
  succeed(unit: ManagedUnit): void {
    const { attempt } = unit;
    if (attempt === undefined) return;
    const { context, host, onAttemptEnd, records } = this.#parts;
    const at = context.clock.now();
    const durationMs = at.getTime() - attempt.beganAtMs;
    unit.attempt = undefined;
    unit.hasFailed = false;
    unit.lastFailure = undefined;
    unit.lastReason = attempt.reason;
    const record = records.get(unit.unit);
    // After a reload the old certificates may still be in use for a while: the trial goes on.
    if (record?.trial !== undefined && attempt.kind !== 'reload')
      records.set(unit.unit, { startedWith: record.startedWith });
    const { kind, reason, changed } = attempt;
    context.logger.info({ unit: unit.unit, reason, durationMs }, 'component is healthy');
    componentUp({ events: context.events, host }, { component: unit.unit, kind, reason, changed, durationMs, at });
    onAttemptEnd(unit, attempt, undefined);
  }

  /** An attempt did not succeed, or a component on trial is not well. */
  fail(unit: ManagedUnit, message: string): void {
    const trial = this.#parts.records.get(unit.unit)?.trial;
    if (trial !== undefined && this.#parts.hasWhatItNeeds(unit)) this.#beginRollBack(unit, trial, message);
    else this.noteFailure(unit, message);
  }

  /** Counts a failure, ends the attempt and lets the component back off. Tells of it once its last lines are read. */
  noteFailure(unit: ManagedUnit, message: string): void {
    const { clock, random } = this.#parts.context;
    const nowMs = clock.now().getTime();
    const wasStable = unit.healthySinceMs !== undefined && nowMs - unit.healthySinceMs >= stableAfterMs;
    unit.healthySinceMs = undefined;
    unit.failures = wasStable ? 1 : unit.failures + 1;
    const retryInMs = retryDelayMs(unit.failures, random());
    unit.retryAtMs = nowMs + retryInMs;
    unit.hasFailed = true;
    unit.lastFailure = { message, lastLines: [] };
    const { attempt } = unit;
    unit.attempt = undefined;
    const cure = this.#parts.manager.kind === 'systemd' ? `journalctl -u ${unit.unit}` : `${unit.unit}.log`;
    const details = { cure: `see its log: ${cure}` };
    const error = new AppError('FAILED_PRECONDITION', `component ${unit.unit}: ${message}`, { details });
    if (attempt !== undefined) this.#parts.onAttemptEnd(unit, attempt, error);
    void this.#tellFailure(unit, { message, retryInMs, attempts: unit.failures });
  }

  async #tellFailure(
    unit: ManagedUnit,
    failure: { readonly message: string; readonly retryInMs: number; readonly attempts: number },
  ): Promise<void> {
    const { context, host, wake } = this.#parts;
    const at = context.clock.now();
    const lastLines = await this.#lastLines(unit.unit);
    if (unit.lastFailure?.message === failure.message) unit.lastFailure = { message: failure.message, lastLines };
    const level = failure.attempts >= alarmingFailures ? 'error' : 'warn';
    context.logger[level]({ unit: unit.unit, ...failure, lastLines }, 'component is not healthy');
    componentFailed({ events: context.events, host }, { component: unit.unit, ...failure, lastLines, at });
    wake();
  }

  async #carryOut(unit: ManagedUnit, attempt: Attempt, trial: Trial | undefined): Promise<void> {
    const { manager, observer, records, users } = this.#parts;
    const { spec } = unit;
    if (attempt.kind !== 'reload') {
      const startedWith = records.get(spec.unit)?.startedWith;
      const observed = observer.observe(spec).fingerprint;
      await prepare(duePreparations(spec, { startedWith, observed, isForced: attempt.reason === 'forced' }));
    }
    if (attempt.kind === 'restart') {
      unit.health.pause();
      await manager.stop(spec.unit);
      unit.wasActive = false;
    }
    if (attempt.kind !== 'reload') await makeDirectories(spec.directories, users);
    // Before the start: what changes from now on is a difference, whether the component has read it already or not.
    const observation = observer.observe(spec);
    if (attempt.kind !== 'reload' && missingInputs(spec, observation.fingerprint).length > 0) {
      unit.attempt = undefined;
      return;
    }
    const startedWith = observation.fingerprint;
    records.set(
      spec.unit,
      trial === undefined ? { startedWith } : { startedWith, trial: withSerials(trial, spec, observation) },
    );
    await (attempt.kind === 'reload' ? manager.reload(spec.unit) : manager.start(spec));
    unit.status = await manager.status(spec.unit);
    unit.wasActive = true;
    unit.healthySinceMs = undefined;
    attempt.deadlineMs = this.#nowMs() + startLimitMs(spec.startTimeoutMs, trial !== undefined);
    unit.health.begin();
  }

  #accept(unit: ManagedUnit, { changes }: Action, trial: Trial | undefined): void {
    const { context, records } = this.#parts;
    const startedWith = unit.observation.fingerprint;
    records.set(unit.unit, trial === undefined ? { startedWith } : { startedWith, trial });
    context.logger.info(
      { unit: unit.unit, changed: changes.map(({ what }) => what) },
      changes.length > 0 ? 'component reads the change by itself' : 'component was started with what lies on disk',
    );
  }

  #beginRollBack(unit: ManagedUnit, trial: Trial, message: string): void {
    const { context, host, records } = this.#parts;
    const changed = trial.sets.map(({ name }) => `certificate ${name}`);
    const attempt = this.#openAttempt(unit, { kind: 'restart', reason: 'rolled-back', changed });
    context.logger.error({ unit: unit.unit, message, changed }, 'put previous certificates back');
    this.#queue(unit, attempt, async () => {
      const nowMs = this.#nowMs();
      const restored = await rollBack(trial, { logger: context.logger, nowMs, message: `${unit.unit}: ${message}` });
      const record = records.get(unit.unit);
      if (record !== undefined) records.set(unit.unit, { startedWith: record.startedWith });
      const teller = { events: context.events, host };
      for (const { name, previousSerial, serial } of restored) {
        const at = context.clock.now();
        certificateRolledBack(teller, { component: unit.unit, certificate: name, serial, previousSerial, message, at });
      }
      if (restored.length === 0) throw new AppError('FAILED_PRECONDITION', message);
      await this.#carryOut(unit, attempt, undefined);
    });
  }

  #openAttempt(unit: ManagedUnit, given: Pick<Attempt, 'kind' | 'reason' | 'changed'>): Attempt {
    const attempt: Attempt = { ...given, beganAtMs: this.#nowMs(), deadlineMs: undefined };
    unit.attempt = attempt;
    unit.isForced = false;
    unit.lastReason = attempt.reason;
    return attempt;
  }

  #queue(unit: ManagedUnit, attempt: Attempt, work: () => Promise<void>): void {
    unit.work = unit.work
      .then(work)
      .catch((error: unknown) => {
        // What could not even be begun says nothing about certificates.
        if (unit.attempt === attempt) this.noteFailure(unit, toAppError(error, attempt.kind).message);
      })
      .finally(() => this.#parts.wake());
  }

  /** The trial that an action begins or carries on: only a component that was healthy can blame its new certificates. */
  #trialOf(unit: ManagedUnit, changes: readonly Change[]): Trial | undefined {
    const current = this.#parts.records.get(unit.unit)?.trial;
    const names = new Set(changes.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate])));
    if (!unit.isHealthy || names.size === 0) return current;
    const uses = unit.spec.certificates.filter(({ name }) => names.has(name));
    const sets = uses.map(({ name, directory }) => ({ name, directory, serial: unit.observation.serials[name] ?? '' }));
    return extendTrial(current, sets, this.#nowMs());
  }

  async #lastLines(unit: string): Promise<readonly string[]> {
    try {
      const lines = await this.#parts.manager.lastLogLines(unit, shownLines);
      return lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
    } catch (error) {
      return [toAppError(error, 'read its log').message];
    }
  }

  #nowMs(): number {
    return this.#parts.context.clock.now().getTime();
  }
}

/** The trial with the certificates that the component is really started with. */
function withSerials(trial: Trial, spec: ComponentSpec, { serials }: Observation): Trial {
  const used = new Set(spec.certificates.map(({ name }) => name));
  const sets: readonly TriedSet[] = trial.sets
    .filter(({ name }) => used.has(name))
    .map((set) => ({ ...set, serial: serials[set.name] ?? set.serial }));
  return { ...trial, sets };
}
