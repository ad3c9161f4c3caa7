/** What happened to each spec since the process started: small numbers behind the metrics. */

export const counterNames = ['writes', 'writeFailures', 'requestFailures', 'actionFailures'] as const;
export type CounterName = (typeof counterNames)[number];

export class CfsslCounters {
  readonly #counts = new Map<CounterName, Map<string, number>>(counterNames.map((name) => [name, new Map()]));

  count(counter: CounterName, spec: string): void {
    const counts = this.#counts.get(counter);
    counts?.set(spec, (counts.get(spec) ?? 0) + 1);
  }

  get(counter: CounterName, spec: string): number {
    return this.#counts.get(counter)?.get(spec) ?? 0;
  }

  /** Forgets specs that are gone. */
  keepOnly(specs: ReadonlySet<string>): void {
    for (const counts of this.#counts.values()) {
      for (const spec of counts.keys()) if (!specs.has(spec)) counts.delete(spec);
    }
  }
}
