/** Which events are meant: words of the command line as subjects of the bus and a last look at each event. */

import { isHostName } from '@easycerts/cluster';
import type { CloudEvent, EventType } from '@easycerts/contracts';
import { busSubjectOf, eventCatalogue, eventTypes } from '@easycerts/contracts';
import { AppError, parseDurationMs } from '@easycerts/core';

export interface EventChoice {
  readonly follow: boolean;
  /** A duration. */
  readonly since?: string;
  readonly all?: boolean;
  /** Types, with `*` for any part of a name. */
  readonly type?: readonly string[];
  readonly host?: string;
  readonly audit?: boolean;
}

export interface EventSelection {
  readonly subjects: readonly string[];
  readonly from: 'new' | 'all' | Date;
  readonly follow: boolean;
  readonly isMeant: (event: CloudEvent) => boolean;
}

/** AppError INVALID_INPUT for a duration, type or host that is none. */
export function selectEvents(choice: EventChoice, now: Date): EventSelection {
  const { host } = choice;
  if (host !== undefined && !isHostName(host)) {
    throw new AppError('INVALID_INPUT', `--host ${JSON.stringify(host)}: not a host name`, {
      details: { cure: 'use the name that `kubectl get nodes` shows' },
    });
  }
  const types = typesOf(choice);
  return {
    subjects: types.map((type) => busSubjectOf(type, host ?? '*')),
    from: startOf(choice, now),
    follow: choice.follow,
    isMeant: (event) => host === undefined || speakerOf(event) === host || hostIn(event) === host,
  };
}

/** The host whose service published the event. */
export function speakerOf({ source }: CloudEvent): string {
  return source.split('/')[2] ?? '';
}

/** The host that an event is about; undefined when it is not about one. */
export function hostIn({ data }: CloudEvent): string | undefined {
  return 'host' in data && typeof data.host === 'string' ? data.host : undefined;
}

function startOf({ since, all, follow }: EventChoice, now: Date): EventSelection['from'] {
  if (since === undefined) return all || !follow ? 'all' : 'new';
  const durationMs = parseDurationMs(since);
  if (durationMs === undefined || durationMs > now.getTime()) {
    throw new AppError('INVALID_INPUT', `--since ${JSON.stringify(since)}: not a duration`, {
      details: { cure: 'write for example 90s, 1h30m or 7d' },
    });
  }
  return new Date(now.getTime() - durationMs);
}

function typesOf({ type: patterns = ['*'], audit = false }: EventChoice): readonly EventType[] {
  const inScope = eventTypes.filter((type) => !audit || eventCatalogue[type].scope === 'audit');
  const chosen = new Set<EventType>();
  for (const pattern of patterns) {
    const matching = inScope.filter((type) => patternMatches(pattern, type));
    if (matching.length === 0) {
      throw new AppError('INVALID_INPUT', `--type ${JSON.stringify(pattern)}: no such event`, {
        details: { cure: `use * or some of ${inScope.join(', ')}` },
      });
    }
    for (const type of matching) chosen.add(type);
  }
  return [...chosen];
}

/** `*` stands for any text. */
function patternMatches(pattern: string, type: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return pattern === type;
  if (!type.startsWith(first) || !type.endsWith(last) || type.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = type.indexOf(part, at);
    if (found < 0 || found + part.length > type.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
