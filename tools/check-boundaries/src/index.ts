export { checkBoundaries } from './check-boundaries.ts';
export type { Violation } from './workspace.ts';
