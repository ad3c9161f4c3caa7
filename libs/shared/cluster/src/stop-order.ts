/** In which order the units of a host are stopped: nothing before what needs it. */

export interface StoppableUnit {
  readonly unit: string;
  readonly startAfter: readonly string[];
}

/** The bus goes last: everybody's last events pass through it. */
const last = 'easycerts-nats';

/** Groups of units, to be stopped one group after the other and together within a group. */
export function stopOrder(units: readonly StoppableUnit[]): readonly (readonly string[])[] {
  const waves: string[][] = [];
  let left = units.filter(({ unit }) => unit !== last);
  while (left.length > 0) {
    const needed = new Set(left.flatMap(({ startAfter }) => startAfter));
    const free = left.filter(({ unit }) => !needed.has(unit));
    // Units that need each other in a circle are stopped together.
    const wave = free.length > 0 ? free : left;
    waves.push(wave.map(({ unit }) => unit));
    left = left.filter((unit) => !wave.includes(unit));
  }
  if (units.some(({ unit }) => unit === last)) waves.push([last]);
  return waves;
}
