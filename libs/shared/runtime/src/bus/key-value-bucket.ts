/** Buckets as masters use them: every read asks the leader, so that a compare-and-swap starts from what is stored. */

import { AppError } from '@easycerts/core';
import { jetstream, StorageType } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import { Kvm } from '@nats-io/kv';
import type { Logger } from '../logger.ts';
import type { KeyValueBucket, KeyValueEntry } from './bus.ts';
import { readLastMessages } from './last-messages.ts';
import type { NatsLink } from './nats-link.ts';
import { onceAConnection } from './once-a-connection.ts';
import { readOn } from './ordered-read.ts';

export interface BucketRequest {
  readonly link: NatsLink;
  readonly name: string;
  readonly options: { readonly history?: number; readonly ttlMs?: number };
  readonly logger: Logger;
  /** Ends every watch. */
  readonly closed: AbortSignal;
}

/** Letters, digits and `-/_=` in tokens between dots (docs.nats.io "NATS key/value store", valid keys). */
const keyPattern = /^[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*$/;
const bucketPattern = /^[-_a-zA-Z0-9]+$/;

/** The bucket; it is made when absent, now or, when the bus is not there, before its first use. */
export async function openBucket(request: BucketRequest): Promise<KeyValueBucket> {
  const { link, name } = request;
  if (!bucketPattern.test(name)) throw new AppError('INVALID_INPUT', `open bucket ${JSON.stringify(name)}: not a name`);
  const stream = `KV_${name}`;
  const opened = openOnce(request);
  if (link.isUp()) await opened();
  const withKey = async <T>(doing: string, key: string, work: (kv: KV) => Promise<T>): Promise<T> => {
    assertKey(key);
    const kv = await opened();
    return link.run(`${doing} ${name}/${key}`, () => work(kv));
  };
  return {
    get: (key) => withKey('get', key, async (kv) => entryOf(await kv.get(key))),
    put: (key, value) => withKey('put', key, (kv) => kv.put(key, value)),
    create: (key, value) => withKey('create', key, (kv) => kv.create(key, value)),
    update: (key, value, revision) =>
      withKey('update', key, (kv) => {
        if (!Number.isSafeInteger(revision) || revision < 1) throw new AppError('INVALID_INPUT', 'not a revision');
        return kv.update(key, value, revision);
      }),
    delete: (key, revision) =>
      withKey('delete', key, (kv) => kv.delete(key, revision === undefined ? {} : { previousSeq: revision })),
    entries: async () => {
      await opened();
      const messages = await readLastMessages(link, stream, [`$KV.${name}.>`]);
      return messages
        .filter(({ header }) => !isDeletion(header))
        .map(({ subject, data, sequence, storedAt }) => {
          return { key: keyOf(subject), value: data, revision: sequence, storedAt };
        });
    },
    watch: async (onChange) => watchBucket({ request, stream, prepare: opened, onChange }),
  };
}

interface Watch {
  readonly request: BucketRequest;
  readonly stream: string;
  readonly prepare: () => Promise<unknown>;
  readonly onChange: Parameters<KeyValueBucket['watch']>[0];
}

function watchBucket({ request, stream, prepare, onChange }: Watch): () => Promise<void> {
  const { link, logger, closed } = request;
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, closed]);
  const watching = (async () => {
    for await (const message of readOn(link, { stream, start: 'last-per-subject', prepare }, signal)) {
      try {
        const isDeleted = isDeletion((header) => message.headers?.get(header) ?? '');
        onChange(keyOf(message.subject), isDeleted ? undefined : message.data);
      } catch (err) {
        logger.error({ err, bucket: request.name }, 'the watcher of a bucket failed');
      }
    }
  })();
  return async () => {
    stopping.abort();
    await watching;
  };
}

function openOnce({ link, name, options }: BucketRequest): () => Promise<KV> {
  const { history = 1, ttlMs } = options;
  const limits = { history, ...(ttlMs === undefined ? {} : { ttl: ttlMs }) };
  return onceAConnection(link, `open bucket ${name}`, async (connection) => {
    const manager = new Kvm(jetstream(connection));
    // Direct reads (by nodes) may lag behind the leader when there are several masters.
    await manager.create(name, { ...limits, storage: StorageType.File, allow_direct: true });
    return manager.open(name, { allow_direct: false });
  });
}

/** AppError INVALID_INPUT unless it is a key without wildcards. */
export function assertKey(key: string): void {
  if (!keyPattern.test(key))
    throw new AppError('INVALID_INPUT', `key ${JSON.stringify(key.slice(0, 80))}: not a key of a bucket`);
}

/** The entry as our callers see it; undefined for none and for the mark of a deletion. */
export function entryOf(entry: KvEntry | null): KeyValueEntry | undefined {
  if (entry === null || entry.operation !== 'PUT') return undefined;
  return { key: entry.key, value: entry.value, revision: entry.revision, storedAt: entry.created };
}

/** `$KV.<bucket>.<key>` */
function keyOf(subject: string): string {
  return subject.split('.').slice(2).join('.');
}

function isDeletion(header: (name: string) => string): boolean {
  const operation = header('KV-Operation');
  // A TTL that has run out leaves a mark of nats-server's own.
  return operation === 'DEL' || operation === 'PURGE' || header('Nats-Marker-Reason') !== '';
}
