/** In which order components start, by what each one needs first. */

export interface OrderedUnit {
  readonly unit: string;
  readonly startAfter: readonly string[];
}

export interface StartOrder<T extends OrderedUnit> {
  /** Each after everything it needs; among equals by name. */
  readonly ordered: readonly T[];
  /** Units that need each other in a circle, or need such a unit: they can never start. */
  readonly inCycle: readonly T[];
}

/** Sorts units by need. What a unit needs and is not there counts as nothing here: the unit waits for it elsewhere. */
export function startOrderOf<T extends OrderedUnit>(units: readonly T[]): StartOrder<T> {
  const present = new Set(units.map(({ unit }) => unit));
  const placed = new Set<string>();
  const ordered: T[] = [];
  let left = [...units].sort((a, b) => (a.unit < b.unit ? -1 : 1));
  for (;;) {
    const free = left.filter(({ startAfter }) => startAfter.every((name) => !present.has(name) || placed.has(name)));
    if (free.length === 0) return { ordered, inCycle: left };
    for (const unit of free) placed.add(unit.unit);
    ordered.push(...free);
    left = left.filter(({ unit }) => !placed.has(unit));
  }
}
