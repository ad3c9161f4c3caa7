/**
 * The join tokens: bucket `tokens` of the bus, followed live.
 *
 * Every change is a compare-and-swap, so that a token is never used once too often. Changes of one token that come together
 * share one: two hundred hosts that enrol at once cost a few writes, not two hundred that get in each other's way.
 */

import type { KeyValueBucket, Logger } from '@easycerts/runtime';
import { decodeToken, encodeToken, isForgettable, type TokenRecord } from '../core/token-record.ts';
import { changeValue } from './change-value.ts';

export const tokensBucket = 'tokens';

/** `token`: what is to be stored; absent: nothing changes. */
export interface TokenChange<T> {
  readonly token?: TokenRecord;
  readonly result: T;
}

export type TokenDecision<T> = (found: TokenRecord | undefined) => TokenChange<T>;

export interface TokenStore {
  /** As last heard; {@link change} decides about what is stored. undefined: unknown, or its record is damaged. */
  find(id: string): TokenRecord | undefined;
  all(): readonly TokenRecord[];
  /** Resolves with the result of the decision once what it says is stored. AppError DAMAGED for a record that cannot be read. */
  change<T>(id: string, decide: TokenDecision<T>): Promise<T>;
  /** Removes what ended a month ago. */
  forgetEnded(now: Date): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly decide: TokenDecision<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads the tokens and follows them. AppError UNAVAILABLE without the bus. */
export async function openTokenStore(bucket: KeyValueBucket, logger: Logger): Promise<TokenStore> {
  const tokens = new Map<string, TokenRecord>();
  const waiting = new Map<string, Waiting[]>();
  const take = (id: string, value: Uint8Array | undefined): void => {
    // Whatever goes wrong below, nobody gets in with it any more.
    tokens.delete(id);
    if (value === undefined) return;
    try {
      tokens.set(id, decodeToken(id, value));
    } catch (err) {
      logger.error({ err }, 'a join token is not accepted');
    }
  };
  const changeTogether = async (id: string): Promise<void> => {
    // One turn of the event loop: requests that arrived together share a write.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = waiting.get(id); batch !== undefined && batch.length > 0; batch = waiting.get(id)) {
      waiting.set(id, []);
      await changeBatch(bucket, { id, batch, take });
    }
    waiting.delete(id);
  };
  for (const { key, value } of await bucket.entries()) take(key, value);
  const stopWatching = await bucket.watch(take);
  return {
    find: (id) => tokens.get(id),
    all: () => [...tokens.values()],
    change<T>(id: string, decide: TokenDecision<T>): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const entry: Waiting = { decide, resolve: (result) => resolve(result as T), reject };
      const queue = waiting.get(id);
      if (queue !== undefined) queue.push(entry);
      else {
        waiting.set(id, [entry]);
        void changeTogether(id);
      }
      return promise;
    },
    async forgetEnded(now) {
      for (const [id, token] of tokens) if (isForgettable(token, now)) await bucket.delete(id);
    },
    close: stopWatching,
  };
}

async function changeBatch(
  bucket: KeyValueBucket,
  { id, batch, take }: { id: string; batch: readonly Waiting[]; take: (id: string, value: Uint8Array) => void },
): Promise<void> {
  try {
    const { stored, result: results } = await changeValue(bucket, id, (found) => {
      const before = found === undefined ? undefined : decodeToken(id, found);
      let token = before;
      const decided = batch.map(({ decide }) => {
        const change = decide(token);
        token = change.token ?? token;
        return change.result;
      });
      return token === undefined || token === before
        ? { result: decided }
        : { value: encodeToken(token), result: decided };
    });
    if (stored !== undefined) take(id, stored);
    for (const [position, { resolve }] of batch.entries()) resolve(results[position]);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
