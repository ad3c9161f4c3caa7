export { command } from './commands/command.ts';
export type { ComponentState, ComponentStatus, JoinerStatus } from './core/joiner-status.ts';
export { componentStates, parseJoinerStatus } from './core/joiner-status.ts';
export { type HostJoinerOptions, startHostJoiner } from './host-service.ts';
export type { JoinerOptions, RunningJoiner } from './start-joiner.ts';
export { controlSocketOf, startJoiner, statusFileOf } from './start-joiner.ts';
