/** What joiner tells about a component, as a line of progress. */

import type { ProgressState } from './progress.ts';
import type { ComponentProgress } from './progress-lines.ts';

/** The part of joiner's status that is shown. */
export interface ComponentFacts {
  readonly unit: string;
  readonly state: 'waiting' | 'starting' | 'changing' | 'healthy' | 'unhealthy' | 'failed' | 'stopping';
  /** Of the state, ISO 8601. */
  readonly since: string;
  readonly startedAt?: string | undefined;
  readonly detail?: string | undefined;
  /** In a row. */
  readonly failures: number;
}

const progressOf: Readonly<Record<ComponentFacts['state'], ProgressState>> = {
  waiting: 'waiting',
  starting: 'working',
  changing: 'working',
  healthy: 'done',
  unhealthy: 'working',
  failed: 'failed',
  stopping: 'working',
};

/** Its time runs from the start of its process to the moment when it became healthy. */
export function componentProgress({
  detail,
  failures,
  since,
  startedAt,
  state,
  unit,
}: ComponentFacts): ComponentProgress {
  // A first failure is tried again at once, and often due to something that was not there yet.
  const progress = state === 'failed' && failures < 2 ? 'working' : progressOf[state];
  const hasEnded = progress === 'done' || progress === 'failed';
  const startedAtMs = progress === 'waiting' ? undefined : Date.parse(startedAt ?? since);
  return {
    unit,
    state: progress,
    ...(detail === undefined || progress === 'done' ? {} : { detail }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(hasEnded ? { endedAtMs: Date.parse(since) } : {}),
  };
}
