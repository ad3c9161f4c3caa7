/**
 * The last message of each subject of a stream, whole: a consumer delivers them in one go, but passes over a subject that is
 * written again at that moment (its former message is gone, the new one lies behind the end). Those are asked for one by one.
 */

import type { JsMsg, StoredMsg } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsLink } from './nats-link.ts';
import { readStored } from './ordered-read.ts';

export interface LastMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly sequence: number;
  readonly storedAt: Date;
  header(name: string): string;
}

/** In order; `patterns` do not overlap. Every subject that exists all the while is among them. AppError UNAVAILABLE when the bus is lost meanwhile. */
export async function readLastMessages(
  link: NatsLink,
  stream: string,
  patterns: readonly string[],
): Promise<readonly LastMessage[]> {
  const found = new Map<string, LastMessage>();
  for await (const message of readStored(link, { stream, start: 'last-per-subject', subjects: patterns })) {
    found.set(message.subject, ofDelivery(message));
  }
  await link.run(`read stream ${stream}`, async (connection) => {
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const infos = patterns.map((pattern) => manager.streams.info(stream, { subjects_filter: pattern }));
    const subjects = (await Promise.all(infos)).flatMap(({ state }) => Object.keys(state.subjects ?? {}));
    for (const subject of subjects.filter((candidate) => !found.has(candidate))) {
      const message = await manager.streams.getMessage(stream, { last_by_subj: subject });
      if (message !== null) found.set(subject, ofStore(message));
    }
  });
  return [...found.values()].sort((one, other) => one.sequence - other.sequence);
}

function ofDelivery({ subject, data, seq: sequence, time: storedAt, headers }: JsMsg): LastMessage {
  return { subject, data, sequence, storedAt, header: (name) => headers?.get(name) ?? '' };
}

function ofStore({ subject, data, seq: sequence, time: storedAt, header }: StoredMsg): LastMessage {
  return { subject, data, sequence, storedAt, header: (name) => header?.get(name) ?? '' };
}
