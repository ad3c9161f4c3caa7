/** The components of this host: comes to know new ones, and stops those that are no longer wanted. */

import { stopOrder } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { componentFailed, componentStopped } from '../events.ts';
import type { WorkParts } from './component-work.ts';
import { ManagedUnit } from './managed-unit.ts';
import type { LoadedSpecs, SpecProblem } from './spec-files.ts';

export type RosterParts = Pick<WorkParts, 'context' | 'host' | 'manager' | 'observer' | 'records' | 'wake'>;

/** The bus may be slow to store what is said last, but a host that goes down does not wait for it. */
const flushTimeoutMs = 1_000;

export class Roster {
  readonly #parts: RosterParts;
  readonly #units = new Map<string, ManagedUnit>();
  readonly #removals = new Map<string, Promise<void>>();
  readonly #toldProblems = new Set<string>();
  #problems: readonly SpecProblem[] = [];

  constructor(parts: RosterParts) {
    this.#parts = parts;
  }

  get(name: string): ManagedUnit | undefined {
    return this.#units.get(name);
  }

  /** All of them, those that are being stopped too. */
  all(): readonly ManagedUnit[] {
    return [...this.#units.values()];
  }

  get problems(): readonly SpecProblem[] {
    return this.#problems;
  }

  /**
   * Takes over what the spec files say now. A component whose file is damaged goes on as it was; one whose file is gone is
   * stopped.
   */
  takeOver({ problems, specs, units: wanted }: LoadedSpecs): void {
    const { context, observer, records, wake } = this.#parts;
    for (const spec of specs) {
      const unit = this.#units.get(spec.unit);
      if (unit !== undefined) unit.spec = spec;
      else if (!this.#removals.has(spec.unit)) {
        const observation = observer.observe(spec);
        this.#units.set(spec.unit, new ManagedUnit(spec, { observation, clock: context.clock, onChange: wake }));
      }
    }
    this.#problems = problems;
    for (const problem of problems) this.#tell(problem);
    if (wanted === undefined) return;
    for (const name of new Set([...records.units(), ...this.#units.keys()])) {
      if (!wanted.has(name) && !this.#removals.has(name)) this.#remove(name);
    }
  }

  /** Resolves when nothing is being done to any component. */
  async settle(): Promise<void> {
    await Promise.all([...this.all().map(({ work }) => work), ...this.#removals.values()]);
  }

  /** Stops all components, each before what it needs, the bus last. */
  async stopAll(): Promise<void> {
    const { context, manager } = this.#parts;
    for (const wave of stopOrder(this.all().map(({ spec }) => spec))) {
      await context.events.flush(flushTimeoutMs);
      await Promise.all(
        wave.map(async (name) => {
          await manager.stop(name);
          this.#tellStopped(name);
        }),
      );
    }
  }

  #remove(name: string): void {
    const { context, manager, records, wake } = this.#parts;
    const unit = this.#units.get(name);
    if (unit !== undefined) unit.isStopping = true;
    const stop = async (): Promise<void> => {
      await unit?.work;
      unit?.pauseChecks();
      await manager.stop(name);
      records.delete(name);
      this.#units.delete(name);
      context.logger.info({ unit: name }, 'component is no longer wanted and was stopped');
      this.#tellStopped(name);
    };
    const removal = stop()
      .catch((error: unknown) =>
        context.logger.error({ err: toAppError(error, `stop ${name}`) }, 'component not stopped'),
      )
      .finally(() => {
        this.#removals.delete(name);
        wake();
      });
    this.#removals.set(name, removal);
  }

  #tellStopped(name: string): void {
    const { context, host } = this.#parts;
    componentStopped({ events: context.events, host }, name, context.clock.now());
  }

  #tell({ message, path, unit }: SpecProblem): void {
    const key = `${path}: ${message}`;
    if (this.#toldProblems.has(key)) return;
    this.#toldProblems.add(key);
    const { context, host } = this.#parts;
    context.logger.error({ path, message }, 'component spec cannot be used');
    if (unit === '') return;
    const fact = { component: unit, message: `spec ${key}`, lastLines: [], retryInMs: 0, attempts: 0 };
    componentFailed({ events: context.events, host }, { ...fact, at: context.clock.now() });
  }
}
