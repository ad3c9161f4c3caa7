export { type Chance, chanceOf } from './chance.ts';
export { fuzz, type LongRun } from './fuzz.ts';
export type { FuzzLimits, FuzzTarget, InputFormat } from './fuzz-target.ts';
