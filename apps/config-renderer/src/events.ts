/** The events of config-renderer. */

import { createHash } from 'node:crypto';
import type { ConfigProblem } from '@easycerts/cluster';
import type { EventPublisher } from '@easycerts/runtime';
import type { ApplyOutcome } from './edge/host-renderer.ts';

/** Files were written or removed. */
export function configApplied(events: EventPublisher, host: string, outcome: ApplyOutcome, at: Date): void {
  const { written, removed } = outcome;
  events.publish({
    type: 'config.applied',
    subject: host,
    key: at.toISOString(),
    data: { host, written: [...written], removed: [...removed] },
  });
}

/** cluster.yaml has problems; the same problems are the same fact. */
export function configRejected(events: EventPublisher, host: string, problems: readonly ConfigProblem[]): void {
  const key = createHash('sha256').update(JSON.stringify(problems)).digest('hex').slice(0, 16);
  events.publish({
    type: 'config.rejected',
    subject: host,
    key,
    data: { host, problems: problems.map((problem) => ({ ...problem })) },
  });
}
