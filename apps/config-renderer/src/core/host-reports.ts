/** What the nodes have said of themselves since their documents were written, from the last event of each kind. */

import type { CloudEvent } from '@easycerts/contracts';
import type { HostReport, WrittenDocument } from './rollout.ts';

/** An event with its place and time in the stream. */
export interface ReportedEvent {
  readonly event: CloudEvent;
  readonly sequence: number;
  readonly storedAt: Date;
}

/** Subjects of the events that decide. A node can publish on its own only. */
export const hostReportSubjects = [
  'easycerts.v1.host.*.host.configured',
  'easycerts.v1.host.*.component.failed',
  'easycerts.v1.host.*.config.rejected',
] as const;

/** Those, and what has been told of rollouts. */
export const reportSubjects = [...hostReportSubjects, 'easycerts.v1.cluster.rollout.*'] as const;

/**
 * The report of a host on its document; undefined when it has said nothing since that was written. Times are those of the
 * bus, for a host's own clock may be wrong. A host that was configured is done with: what fails later is no matter of the rollout.
 */
export function reportOn(
  document: WrittenDocument,
  host: string,
  events: readonly ReportedEvent[],
): HostReport | undefined {
  const since = events.filter(
    ({ event, storedAt }) => hostOf(event) === host && storedAt.getTime() >= document.writtenAtMs,
  );
  const isConfigured = since.some(
    ({ event }) => isOf(event, 'host.configured') && event.data.digest === document.digest,
  );
  if (isConfigured) return { kind: 'configured' };
  const message = since.map(({ event }) => failureOf(event)).findLast((found) => found !== undefined);
  return message === undefined ? undefined : { kind: 'failed', message };
}

function failureOf(event: CloudEvent): string | undefined {
  if (isOf(event, 'component.failed')) return `${event.data.component}: ${event.data.message}`;
  if (!isOf(event, 'config.rejected')) return undefined;
  const [problem] = event.data.problems;
  return `its configuration was rejected${problem === undefined ? '' : `: ${problem.path} ${problem.message}`}`;
}

/** Ids of the rollout events among them. */
export function toldRollouts(events: readonly ReportedEvent[]): readonly string[] {
  return events.filter(({ event }) => event.type.startsWith('easycerts.rollout.')).map(({ event }) => event.id);
}

function isOf<T extends 'host.configured' | 'component.failed' | 'config.rejected'>(
  event: CloudEvent,
  type: T,
): event is CloudEvent<T> {
  return event.type === `easycerts.${type}`;
}

/** The bus vouches that a host's events come from it. */
function hostOf({ source }: CloudEvent): string | undefined {
  return /^\/hosts\/([^/]+)\//.exec(source)?.[1];
}
