/** In which order components start and stop, by what each one needs first. */

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

/** The bus goes last: everybody's last events pass through it. */
const lastToStop = 'easycerts-nats';

/** Groups to stop one after the other, together within a group: nothing before what needs it. */
export function stopWavesOf(units: readonly OrderedUnit[]): readonly (readonly string[])[] {
  const waves: string[][] = [];
  let left = units.filter(({ unit }) => unit !== lastToStop);
  while (left.length > 0) {
    const needed = new Set(left.flatMap(({ startAfter }) => startAfter));
    const free = left.filter(({ unit }) => !needed.has(unit));
    // In a circle there is no right order.
    const wave = free.length > 0 ? free : left;
    waves.push(wave.map(({ unit }) => unit));
    left = left.filter((unit) => !wave.includes(unit));
  }
  return units.some(({ unit }) => unit === lastToStop) ? [...waves, [lastToStop]] : waves;
}
