/** A bucket in memory. */

import type { Clock } from '@easycerts/core';
import { AppError } from '@easycerts/core';
import type { KeyValueBucket, KeyValueEntry } from '@easycerts/runtime';

export interface FakeBucketOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly ttlMs?: number;
  readonly assertConnected: (doing: string) => void;
}

interface Held extends KeyValueEntry {
  readonly expiresAt: number;
}

type OnChange = Parameters<KeyValueBucket['watch']>[0];

/** Revisions count through the whole bucket, as JetStream's do; entries older than `ttlMs` are gone. */
export function createFakeBucket(options: FakeBucketOptions): KeyValueBucket {
  const { name, clock, ttlMs = Number.POSITIVE_INFINITY, assertConnected } = options;
  const entries = new Map<string, Held>();
  const watchers = new Set<OnChange>();
  let revision = 0;

  const find = (key: string): KeyValueEntry | undefined => {
    const held = entries.get(key);
    if (held === undefined || held.expiresAt <= clock.now().getTime()) return undefined;
    return { key, value: Uint8Array.from(held.value), revision: held.revision, storedAt: held.storedAt };
  };
  const write = (key: string, value: Uint8Array): number => {
    revision += 1;
    const storedAt = clock.now();
    entries.set(key, { key, value: Uint8Array.from(value), revision, storedAt, expiresAt: storedAt.getTime() + ttlMs });
    for (const watcher of watchers) watcher(key, Uint8Array.from(value));
    return revision;
  };
  const check = (doing: string, key: string): void => {
    assertConnected(`${doing} ${name}/${key}`);
    if (!/^[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*$/.test(key)) {
      throw new AppError('INVALID_INPUT', `key ${JSON.stringify(key)}: not a key of a bucket`);
    }
  };
  const conflict = (doing: string, key: string): AppError =>
    new AppError('CONFLICT', `${doing} ${name}/${key}: wrong last sequence`);

  return {
    get: async (key) => {
      check('get', key);
      return find(key);
    },
    put: async (key, value) => {
      check('put', key);
      return write(key, value);
    },
    create: async (key, value) => {
      check('create', key);
      if (find(key) !== undefined) throw conflict('create', key);
      return write(key, value);
    },
    update: async (key, value, expected) => {
      check('update', key);
      if (find(key)?.revision !== expected) throw conflict('update', key);
      return write(key, value);
    },
    delete: async (key, expected) => {
      check('delete', key);
      if (expected !== undefined && find(key)?.revision !== expected) throw conflict('delete', key);
      revision += 1;
      entries.delete(key);
      for (const watcher of watchers) watcher(key, undefined);
    },
    entries: async () => {
      assertConnected(`list ${name}`);
      return [...entries.keys()].map(find).filter((entry) => entry !== undefined);
    },
    watch: async (onChange) => {
      watchers.add(onChange);
      for (const key of entries.keys()) {
        const entry = find(key);
        if (entry !== undefined) onChange(key, entry.value);
      }
      return async () => {
        watchers.delete(onChange);
      };
    },
  };
}
