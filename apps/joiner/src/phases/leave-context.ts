/** What the phases of `joiner leave` act upon. */

import type { DrainStep } from '../edge/host/drain-node.ts';
import type { Phase, WaitingContext } from './phase.ts';

export interface LeaveActions {
  /** Why the master cannot be reached; undefined when it can. */
  masterProblem(): Promise<string | undefined>;
  cordon(node: string): Promise<void>;
  drainStep(node: string): Promise<DrainStep>;
  /** Stops joiner, then the components with their pods, then our other services, and keeps them from the next boot. */
  stopEverything(units: readonly string[]): Promise<void>;
  deleteNode(node: string): Promise<void>;
  /** The last call of this host: its certificates are revoked. How many. */
  leaveCluster(): Promise<number>;
  /** What was rendered, keys, identity, and, unless it is kept, kubelet's data. */
  removeFiles(): Promise<void>;
  /** Remembers a phase that is done, so that the next run passes over it. */
  remember(done: readonly string[]): Promise<void>;
  /** Nothing is left of it: the end. */
  forget(): Promise<void>;
}

export interface LeaveContext extends WaitingContext {
  readonly actions: LeaveActions;
  /** What the master does not take part in is passed over. */
  readonly isForced: boolean;
}

export type LeavePhase = Phase<LeaveContext>;
