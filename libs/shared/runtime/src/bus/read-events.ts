/** Events and refusals as one sequence: what is stored in order of time, then what comes, each once. */

import type { CloudEvent } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import type { JsMsg } from '@nats-io/jetstream';
import type { Logger } from '../logger.ts';
import type { EventFilter } from './bus.ts';
import { deduplicationKey, parseEvent } from './event-envelope.ts';
import { interleave, mergeSorted } from './merge-iterables.ts';
import type { NatsLink } from './nats-link.ts';
import type { ReadStart } from './ordered-read.ts';
import { lastSequenceOf, readOn, readStored } from './ordered-read.ts';
import { auditStreamConfig, eventsStreamConfig } from './stream-config.ts';
import { patternsOverlap, subjectMatches } from './subject-filter.ts';

export interface ReadEventsRequest {
  readonly link: NatsLink;
  readonly filter: EventFilter;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Makes the streams when they are absent. */
  readonly prepare: () => Promise<void>;
}

/** Repetitions farther apart than this many events are not recognised; nats-server drops those within ten minutes. */
const rememberedIds = 20_000;

/** What is read of one stream. */
interface Part {
  readonly stream: string;
  /** Patterns for the server; undefined: all, and the reader sorts out. */
  readonly subjects: readonly string[] | undefined;
}

/**
 * AppError UNAVAILABLE when the bus is away or gets lost before the stored events are read; following goes on across
 * interruptions.
 */
export async function* readEvents(request: ReadEventsRequest): AsyncGenerator<CloudEvent, void> {
  const { link, filter, logger } = request;
  // A reader that breaks off early leaves nothing behind that waits.
  const leaving = new AbortController();
  const signal = AbortSignal.any([request.signal, leaving.signal]);
  const wanted = filter.subjects ?? ['easycerts.v1.>'];
  const parts = partsOf(wanted);
  const seen = new RecentKeys(rememberedIds);
  const from = filter.from ?? 'new';
  const last = await lastSequences().catch((error: unknown) => {
    if (!signal.aborted) throw error;
    return [];
  });
  try {
    for await (const message of messagesOf()) {
      if (!wanted.some((pattern) => subjectMatches(pattern, message.subject))) continue;
      const parsed = parseEvent(message.subject, message.data);
      if (parsed.kind === 'refused') {
        logger.warn({ subject: message.subject, ...parsed.finding }, 'skip what is no proper event');
      } else if (seen.add(deduplicationKey(message.subject, parsed.event))) {
        yield parsed.event;
      }
    }
  } finally {
    leaving.abort();
  }

  async function lastSequences(): Promise<readonly number[]> {
    await request.prepare();
    return link.run('read events', (connection) =>
      Promise.all(parts.map(({ stream }) => lastSequenceOf(connection, stream))),
    );
  }

  async function* messagesOf(): AsyncGenerator<JsMsg, void> {
    if (from !== 'new' && !signal.aborted) {
      const start: ReadStart = from === 'all' ? { sequence: 1 } : { time: from };
      const stored = parts.map((part) => readStored(link, { ...optionsOf(part), start }));
      for await (const message of mergeSorted(stored, byTime)) {
        if (signal.aborted) return;
        yield message;
      }
    }
    if (filter.follow === false || signal.aborted) return;
    const coming = parts.map((part, index) =>
      readOn(link, { ...optionsOf(part), start: { sequence: (last[index] ?? 0) + 1 } }, signal),
    );
    yield* interleave(coming);
  }
}

function optionsOf({ stream, subjects }: Part): { stream: string; subjects?: readonly string[] } {
  return subjects === undefined ? { stream } : { stream, subjects };
}

/** Which streams hold something that is wanted, and how much of the choosing the server can do. */
function partsOf(wanted: readonly string[]): readonly Part[] {
  const parts: Part[] = [];
  for (const { name: stream, subjects: held } of [eventsStreamConfig, auditStreamConfig]) {
    const mine = wanted.filter((pattern) => held.some((subject) => patternsOverlap(pattern, subject)));
    if (mine.length === 0) continue;
    const isExact = mine.every((pattern) => held.some((subject) => subjectMatches(subject, pattern)));
    const isDisjoint = mine.every((one, index) =>
      mine.every((other, at) => at === index || !patternsOverlap(one, other)),
    );
    parts.push({ stream, subjects: isExact && isDisjoint ? mine : undefined });
  }
  if (parts.length === 0) {
    throw new AppError('INVALID_INPUT', `read events: no stream holds ${wanted.join(', ')}`, {
      details: { cure: 'use subjects below easycerts.v1.host, easycerts.v1.cluster or easycerts.v1.audit' },
    });
  }
  return parts;
}

function byTime(one: JsMsg, other: JsMsg): number {
  return one.timestampNanos < other.timestampNanos ? -1 : one.timestampNanos > other.timestampNanos ? 1 : 0;
}

/** Remembers the newest keys. */
class RecentKeys {
  readonly #keys = new Set<string>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether the key is new. */
  add(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > this.#capacity) {
      const [oldest] = this.#keys;
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    return true;
  }
}
