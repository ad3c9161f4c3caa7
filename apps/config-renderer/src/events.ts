/** The events of config-renderer. */

import { createHash } from 'node:crypto';
import type { ConfigProblem } from '@easycerts/cluster';
import type { EventPublisher } from '@easycerts/runtime';
import type { RolloutNews } from './core/rollout.ts';
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

export interface Rejection {
  readonly problems: readonly ConfigProblem[];
  /** Revision of the document on the bus that has them; absent for a file. */
  readonly revision?: number | undefined;
  readonly at: Date;
}

/**
 * A configuration has problems. The same problems of the same document are the same fact; a file has no revision, and the same
 * mistake made again after it was mended is another fact.
 */
export function configRejected(events: EventPublisher, host: string, rejection: Rejection): void {
  const { problems, revision, at } = rejection;
  const hash = createHash('sha256').update(JSON.stringify(problems)).digest('hex').slice(0, 16);
  const key = `${hash}@${revision ?? at.toISOString()}`;
  events.publish({
    type: 'config.rejected',
    subject: host,
    key,
    data: { host, problems: problems.map((problem) => ({ ...problem })) },
  });
}

/** A rollout has begun, waits for a host, or is over. */
export function tellRollout(events: EventPublisher, news: RolloutNews): void {
  const { key, subject } = news;
  switch (news.type) {
    case 'rollout.started':
      events.publish({ type: news.type, subject, key, data: { hosts: [...news.hosts] } });
      return;
    case 'rollout.paused': {
      const { digest, message } = news;
      events.publish({ type: news.type, subject, key, data: { host: subject, digest, message } });
      return;
    }
    case 'rollout.finished': {
      const { away, durationMs, hosts } = news;
      events.publish({ type: news.type, subject, key, data: { hosts: [...hosts], away: [...away], durationMs } });
      return;
    }
    default:
      throw new TypeError(`unknown news ${String(news satisfies never)}`);
  }
}
