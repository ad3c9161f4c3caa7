/** An append-only stream: appended means stored and fsynced by nats-server. */

import { AppError } from '@easycerts/core';
import type { DurableStream } from './bus.ts';
import { ensureStreams } from './ensure-streams.ts';
import { jetStreamOf } from './jet-stream-of.ts';
import type { NatsLink } from './nats-link.ts';
import { readStored } from './ordered-read.ts';
import type { NamedStreamConfig } from './stream-config.ts';
import { subjectMatches } from './subject-filter.ts';

/** A lone append takes 0.5 ms; longer than this means that the disk or the server is stuck. */
const appendTimeoutMs = 5_000;

/** The stream; it is made when absent, now or, when the bus is not there, before its first use. */
export async function openDurableStream(link: NatsLink, config: NamedStreamConfig): Promise<DurableStream> {
  const ensured = ensureStreams(link, [config]);
  if (link.isUp()) await ensured();
  return {
    append: async (subject, data, options = {}) => {
      const doing = `append to stream ${config.name}`;
      if (!config.subjects.some((pattern) => subjectMatches(pattern, subject))) {
        throw new AppError('INVALID_INPUT', `${doing}: it does not hold ${subject}`);
      }
      await ensured();
      const { messageId } = options;
      const publishOptions = { timeout: appendTimeoutMs, ...(messageId === undefined ? {} : { msgID: messageId }) };
      const ack = await link.run(doing, (connection) => jetStreamOf(connection).publish(subject, data, publishOptions));
      if (ack.stream !== config.name) throw new AppError('INTERNAL', `${doing}: stored in ${ack.stream}`);
      return ack.seq;
    },
    async *read(fromSequence, toSequence) {
      await ensured();
      const end = toSequence === undefined ? {} : { endSequence: toSequence };
      for await (const message of readStored(link, {
        stream: config.name,
        start: { sequence: fromSequence },
        ...end,
      })) {
        yield { sequence: message.seq, subject: message.subject, data: message.data, time: message.time };
      }
    },
  };
}
