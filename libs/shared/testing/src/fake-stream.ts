/** A stream in memory. */

import type { Clock } from '@easycerts/core';
import { AppError } from '@easycerts/core';
import type { DurableStream, StoredMessage } from '@easycerts/runtime';
import { subjectMatches } from '@easycerts/runtime';

export interface FakeStreamOptions {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly clock: Clock;
  readonly assertConnected: (doing: string) => void;
}

/** Numbers its messages, drops repetitions by message id, and refuses subjects that are not its own. */
export function createFakeStream({ name, subjects, clock, assertConnected }: FakeStreamOptions): DurableStream {
  const messages: StoredMessage[] = [];
  const sequenceOfId = new Map<string, number>();
  return {
    append: async (subject, data, { messageId } = {}) => {
      if (!subjects.some((pattern) => subjectMatches(pattern, subject))) {
        throw new AppError('INVALID_INPUT', `append to stream ${name}: it does not hold ${subject}`);
      }
      assertConnected(`append to stream ${name}`);
      const known = messageId === undefined ? undefined : sequenceOfId.get(messageId);
      if (known !== undefined) return known;
      const sequence = messages.length + 1;
      messages.push({ sequence, subject, data: Uint8Array.from(data), time: clock.now() });
      if (messageId !== undefined) sequenceOfId.set(messageId, sequence);
      return sequence;
    },
    async *read(fromSequence, toSequence) {
      assertConnected(`read stream ${name}`);
      yield* messages.slice(Math.max(0, fromSequence - 1), toSequence);
    },
  };
}
