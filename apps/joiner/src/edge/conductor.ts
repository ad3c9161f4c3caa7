/**
 * Keeps all components of the host as their specs want them: looks at everything, judges what is under way, plans, begins what
 * is to be done; again at every hint, and at an interval. What it knows it has read from disk and from the service manager,
 * so it may be killed at any time.
 */

import { posix } from 'node:path';
import type { Paths } from '@easycerts/cluster';
import { AppError, secondMs } from '@easycerts/core';
import { missingInputs } from '../core/fingerprint.ts';
import type { ComponentStatus, JoinerStatus } from '../core/joiner-status.ts';
import { planActions, type UnitFacts } from '../core/plan.ts';
import { hostReady } from '../events.ts';
import { ComponentWork, type WorkParts } from './component-work.ts';
import { ConfigurationNews } from './configuration-news.ts';
import { FileHints } from './file-hints.ts';
import { hasWhatItNeeds, judgeUnit } from './judge.ts';
import type { Attempt, ManagedUnit } from './managed-unit.ts';
import { createNodeLabelKeeper, type NodeLabelKeeper } from './node-labels.ts';
import type { NoticeFiles } from './notices/notice-files.ts';
import { ServiceNotices } from './notices/service-notices.ts';
import { Roster } from './roster.ts';
import type { SpecFiles } from './spec-files.ts';
import { areAllHealthy, StatusBoard } from './status-board.ts';

export interface ConductorOptions extends Omit<WorkParts, 'hasWhatItNeeds' | 'wake' | 'onAttemptEnd'> {
  readonly specs: SpecFiles;
  readonly notices: NoticeFiles;
  readonly paths: Pick<Paths, 'appliedConfig' | 'certificateSpecs' | 'componentSpecs'>;
  readonly onStatus: (status: JoinerStatus) => void;
}

interface Waiter {
  readonly sinceMs: number;
  readonly resolve: () => void;
  readonly reject: (error: AppError) => void;
}

const calmIntervalMs = 5 * secondMs;
const busyIntervalMs = secondMs;
/** Inputs of a first start come one after the other; hints may be missing on folders that do not exist yet. */
const waitingIntervalMs = 200;

export class Conductor {
  readonly #options: ConductorOptions;
  readonly #roster: Roster;
  readonly #work: ComponentWork;
  readonly #hints: FileHints;
  readonly #board: StatusBoard;
  readonly #news: ConfigurationNews;
  readonly #labels: NodeLabelKeeper;
  readonly #notices: ServiceNotices;
  readonly #waiters = new Map<string, readonly Waiter[]>();
  readonly #stopListening: () => void;
  #notReadySinceMs: number;
  #wasReady = false;
  #isFirstLook = true;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAskedAgain = false;
  #isClosed = false;

  constructor(options: ConductorOptions) {
    this.#options = options;
    const wake = (): void => this.wake();
    this.#roster = new Roster({ ...options, wake });
    this.#work = new ComponentWork({
      ...options,
      wake,
      hasWhatItNeeds: (unit) => hasWhatItNeeds(unit, (name) => this.#roster.get(name)),
      onAttemptEnd: (unit, attempt, error) => this.#settleWaiters(unit.unit, { attempt, error }),
    });
    this.#hints = new FileHints(wake);
    this.#board = new StatusBoard(options.context.clock);
    this.#news = new ConfigurationNews(options);
    this.#labels = createNodeLabelKeeper(options);
    this.#notices = new ServiceNotices({ ...options, files: options.notices, wake });
    this.#notReadySinceMs = this.#nowMs();
    this.#stopListening = options.manager.onExit(wake);
  }

  /** Asks for a look soon; many requests cost one. */
  wake(): void {
    if (this.#isClosed) return;
    if (this.#looking !== undefined) this.#isAskedAgain = true;
    else this.#lookIn(0);
  }

  status(): JoinerStatus {
    return this.#board.show(this.#roster.all(), this.#notices.status(), this.#roster.problems);
  }

  /**
   * Restarts a component, whatever its state. Resolves with its status when it is healthy; AppError NOT_FOUND, or
   * FAILED_PRECONDITION when it did not come up.
   */
  async restart(name: string): Promise<ComponentStatus | undefined> {
    const unit = this.#roster.get(name);
    if (unit === undefined) {
      const names = this.#roster.all().map((known) => known.unit);
      throw new AppError('NOT_FOUND', `there is no component ${name} on this host`, {
        details: {
          cure:
            names.length === 0
              ? 'wait until config-renderer has written its spec'
              : `choose one of ${names.sort().join(', ')}`,
        },
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiters.set(name, [...(this.#waiters.get(name) ?? []), { sinceMs: this.#nowMs(), resolve, reject }]);
    unit.isForced = true;
    this.wake();
    await promise;
    return this.status().components.find((shown) => shown.unit === name);
  }

  /** Ends; leaves the components running, or stops them. */
  async close({ stopComponents }: { readonly stopComponents: boolean }): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stopListening();
    await this.#looking;
    // Not before: the look that is under way would open what is closed.
    this.#hints.close();
    await this.#roster.settle();
    await Promise.all([this.#labels.close(), this.#notices.close()]);
    for (const unit of this.#roster.all()) unit.pauseChecks();
    const error = new AppError('CANCELLED', 'joiner ends');
    for (const name of this.#waiters.keys()) this.#settleWaiters(name, { attempt: undefined, error });
    if (stopComponents) await this.#roster.stopAll();
  }

  #lookIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isAskedAgain = false;
      this.#looking = this.#look()
        .catch((err: unknown) => {
          this.#options.context.logger.error({ err }, 'look failed unexpectedly');
          return busyIntervalMs;
        })
        .then((nextMs) => {
          this.#looking = undefined;
          if (!this.#isClosed) this.#lookIn(this.#isAskedAgain ? 0 : nextMs);
        });
    }, delayMs);
  }

  /** One look; resolves with the time until the next one. */
  async #look(): Promise<number> {
    const { records, specs } = this.#options;
    // Before anything that follows from it.
    const applied = this.#news.read();
    this.#roster.takeOver(specs.load());
    const units = this.#roster.all().filter(({ isStopping }) => !isStopping);
    await Promise.all(units.map((unit) => this.#refresh(unit)));
    const noticesAtMs = await this.#notices.look();
    this.#hints.watch(this.#directoriesOf(units));
    if (this.#isFirstLook && units.some(({ isActive }) => !isActive)) this.#forgetReady();
    this.#isFirstLook = false;
    const parts = { work: this.#work, records, unitOf: (name: string) => this.#roster.get(name) };
    for (const unit of units) judgeUnit(unit, parts, this.#nowMs());
    const plan = planActions(
      units.map((unit) => this.#factsOf(unit)),
      this.#nowMs(),
    );
    for (const unit of units) unit.waitingFor = plan.waiting.get(unit.unit);
    for (const action of plan.actions) {
      const unit = this.#roster.get(action.unit);
      if (unit !== undefined && !this.#isClosed) this.#work.begin(unit, action);
    }
    this.#judgeHost(units);
    for (const { isHealthy, spec } of units) {
      if (isHealthy && spec.nodeLabels !== undefined) this.#labels.look(spec.nodeLabels);
    }
    const isSettled = this.#roster.problems.length === 0 && units.length === this.#roster.all().length;
    if (isSettled) {
      this.#news.judge(
        applied,
        units.map((unit) => this.#factsOf(unit)),
      );
    }
    this.#options.onStatus(this.status());
    return this.#intervalFor(units, earliest(plan.lookAgainAtMs, noticesAtMs));
  }

  /** A packaged unit is started by systemd: when we first see it, it need not be restarted to know what it runs with. */
  #factsOf(unit: ManagedUnit): UnitFacts {
    const record = this.#options.records.get(unit.unit);
    const isUnknown = record === undefined && unit.spec.isPackaged === true && unit.isActive;
    return unit.facts(record, isUnknown ? this.#options.observer.lastChangeMs(unit.spec) : undefined);
  }

  async #refresh(unit: ManagedUnit): Promise<void> {
    // While something is being done to it, only that knows.
    const isActing = unit.attempt !== undefined && unit.attempt.deadlineMs === undefined;
    if (!isActing) unit.status = await this.#options.manager.status(unit.unit);
    unit.observe(this.#options.observer.observe(unit.spec), this.#nowMs());
    unit.watchGate();
  }

  #judgeHost(units: readonly ManagedUnit[]): void {
    const { context, host, records } = this.#options;
    const isReady = areAllHealthy(units);
    if (this.#wasReady && !isReady) this.#notReadySinceMs = this.#nowMs();
    this.#wasReady = isReady;
    const readyFor = records.readyFor();
    // A component that comes back at once is no news; one that does not is.
    const isAnyDown = units.some(({ attempt, isActive }) => !isActive && attempt === undefined);
    if (isAnyDown) this.#forgetReady();
    const names = units.map(({ unit }) => unit).sort();
    if (!isReady || readyFor?.join() === names.join()) return;
    records.setReadyFor(names);
    const at = context.clock.now();
    context.logger.info({ components: names.length }, 'all components are healthy');
    hostReady({ events: context.events, host }, names, at.getTime() - this.#notReadySinceMs, at);
  }

  /** So that the host being ready is news again. */
  #forgetReady(): void {
    const { records } = this.#options;
    if (records.readyFor() !== undefined) records.setReadyFor(undefined);
  }

  #intervalFor(units: readonly ManagedUnit[], lookAgainAtMs: number | undefined): number {
    const plannedMs = lookAgainAtMs === undefined ? calmIntervalMs : Math.max(0, lookAgainAtMs - this.#nowMs());
    const isWaiting = units.some(
      ({ isActive, observation, spec }) => !isActive && missingInputs(spec, observation.fingerprint).length > 0,
    );
    const isBusy = units.some((unit) => unit.attempt !== undefined || !unit.isHealthy || this.#isOnTrial(unit));
    const deadlines = units.map(({ attempt }) => (attempt?.deadlineMs ?? Number.POSITIVE_INFINITY) - this.#nowMs());
    return Math.min(
      plannedMs,
      Math.max(0, Math.min(...deadlines)),
      isWaiting ? waitingIntervalMs : isBusy ? busyIntervalMs : calmIntervalMs,
    );
  }

  #isOnTrial({ unit }: ManagedUnit): boolean {
    return this.#options.records.get(unit)?.trial !== undefined;
  }

  #directoriesOf(units: readonly ManagedUnit[]): ReadonlySet<string> {
    const inputs = units.flatMap(({ spec }) => [
      ...spec.files.map(({ path }) => posix.dirname(path)),
      ...spec.certificates.map(({ directory }) => posix.dirname(directory)),
    ]);
    const { appliedConfig, certificateSpecs, componentSpecs } = this.#options.paths;
    const services = this.#notices.directories().map((directory) => posix.dirname(directory));
    return new Set([certificateSpecs, componentSpecs, posix.dirname(appliedConfig), ...inputs, ...services]);
  }

  /** Whoever asked before the attempt began is told how it ended. */
  #settleWaiters(
    name: string,
    end: { readonly attempt: Attempt | undefined; readonly error: AppError | undefined },
  ): void {
    const { attempt, error } = end;
    const waiters = this.#waiters.get(name) ?? [];
    const isOver = ({ sinceMs }: Waiter): boolean => attempt === undefined || attempt.beganAtMs >= sinceMs;
    this.#waiters.set(
      name,
      waiters.filter((waiter) => !isOver(waiter)),
    );
    for (const { reject, resolve } of waiters.filter(isOver)) error === undefined ? resolve() : reject(error);
  }

  #nowMs(): number {
    return this.#options.context.clock.now().getTime();
  }
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
