/**
 * The document that the master keeps for this node on the bus. What is heard live is only a hint, which anybody among the
 * nodes could forge: what counts is fetched.
 */

import { nodeDocumentKey } from '@easycerts/cluster';
import { type Bus, describeError, type KeyValueBucket, type Logger } from '@easycerts/runtime';

export interface FetchedDocument {
  readonly text: string;
  readonly revision: number;
}

export interface OwnDocument {
  /** The document as it stands; undefined without the bus, and when the master has not written one yet. */
  fetch(): Promise<FetchedDocument | undefined>;
  /** Whether something newer was heard of than was fetched last: then it is worth to look again at once. */
  isBehind(): boolean;
  close(): Promise<void>;
}

export interface OwnDocumentOptions {
  readonly bus: Bus;
  /** Name of this node. */
  readonly host: string;
  readonly logger: Logger;
  /** The bus is there (again), or the document may have changed. */
  readonly onHint: () => void;
}

/** The live message may overtake the stored one; after so many looks it was a lie. */
const triesAHint = 10;

/** Follows the document until it is closed. */
export function followOwnDocument({ bus, host, logger, onHint }: OwnDocumentOptions): OwnDocument {
  const key = nodeDocumentKey(host);
  let bucket: KeyValueBucket | undefined;
  let stopWatching: (() => Promise<void>) | undefined;
  let isClosed = false;
  let hint: { readonly text: string; triesLeft: number } | undefined;

  const open = async (): Promise<void> => {
    // Only now is it certain who this host is, and so what it may ask for.
    if (bucket === undefined) {
      bucket = await bus.bucket('hosts');
      const stop = await bucket.watch((changed, value) => {
        if (changed !== key) return;
        if (value !== undefined) hint = { text: Buffer.from(value).toString('utf8'), triesLeft: triesAHint };
        onHint();
      });
      stopWatching = stop;
      if (isClosed) await stop();
    }
    onHint();
  };
  const forget = bus.onConnected(() => {
    open().catch((error: unknown) => logger.warn({ error: describeError(error) }, 'the document cannot be followed'));
  });
  return {
    fetch: async () => {
      if (bucket === undefined) return undefined;
      try {
        const entry = await bucket.get(key);
        if (entry === undefined) return undefined;
        const text = Buffer.from(entry.value).toString('utf8');
        if (hint !== undefined)
          hint = hint.text === text || hint.triesLeft === 1 ? undefined : { ...hint, triesLeft: hint.triesLeft - 1 };
        return { text, revision: entry.revision };
      } catch (error) {
        logger.debug({ error: describeError(error) }, 'the document cannot be fetched');
        return undefined;
      }
    },
    isBehind: () => hint !== undefined && bus.isConnected(),
    async close() {
      isClosed = true;
      forget();
      await stopWatching?.();
    },
  };
}
