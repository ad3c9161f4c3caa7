/**
 * The register of hosts: bucket `hosts` of the bus, followed live, with this host's own record written by us.
 *
 *   absent ──register──▶ KNOWN ──beginRemoval──▶ LEAVING (revoked) ──endRemoval──▶ absent
 */

import { type HostRecord, hostOfRecordKey, hostRecordKey, nodeDocumentKey } from '@easycerts/cluster';
import { isAppError, toAppError } from '@easycerts/core';
import type { KeyValueBucket, Logger } from '@easycerts/runtime';
import {
  decodeRegisteredHost,
  encodeRegisteredHost,
  type HostRemoval,
  type RegisteredHost,
  roleOf,
} from '../core/registered-host.ts';
import { changeValue } from './change-value.ts';

export const hostsBucket = 'hosts';

export interface HostRegister {
  /** undefined: unknown, or its record is damaged. */
  find(host: string): RegisteredHost | undefined;
  readonly size: number;
  readonly all: readonly RegisteredHost[];
  /** Writes the record of a host when it differs from what stands there; whether it is revoked stays as it was. */
  register(record: HostRecord): Promise<'written' | 'unchanged'>;
  /** Marks a host as being removed, unless it is so already; with what stands there then. Undefined: it is not there. */
  beginRemoval(host: string, removal: HostRemoval): Promise<HostRemoval | undefined>;
  /** Deletes what the bucket has of a host whose removal has begun. */
  endRemoval(host: string): Promise<void>;
  /**
   * Decides about the record of a host as it is stored, and writes what the decision says. When somebody else writes in
   * between it decides again. AppError DAMAGED for a record that cannot be read.
   */
  change<T>(host: string, decide: (found: RegisteredHost | undefined) => HostChange<T>): Promise<T>;
  close(): Promise<void>;
}

/** `host`: what is to be stored; absent: nothing changes. */
export interface HostChange<T> {
  readonly host?: RegisteredHost;
  readonly result: T;
}

const attempts = 5;

/** Reads the register and follows it; `onLess` hears when a host may do less than before. AppError UNAVAILABLE without the bus. */
export async function openHostRegister(
  bucket: KeyValueBucket,
  logger: Logger,
  onLess: () => void = () => undefined,
): Promise<HostRegister> {
  const hosts = new Map<string, RegisteredHost>();
  const take = (key: string, value: Uint8Array | undefined): void => {
    if (hostOfRecordKey(key) === undefined) return;
    // Whatever goes wrong below, the host is not known any more.
    hosts.delete(key);
    if (value === undefined) return;
    try {
      hosts.set(key, decodeRegisteredHost(key, value));
    } catch (err) {
      logger.error({ err }, 'a host of the register is not let in');
    }
  };
  for (const { key, value } of await bucket.entries()) take(key, value);
  const follow = (key: string, value: Uint8Array | undefined): void => {
    const before = hosts.get(key);
    take(key, value);
    if (before !== undefined && isLess(hosts.get(key), before)) onLess();
  };
  const stopWatching = await bucket.watch(follow);
  return {
    find: (host) => hosts.get(hostRecordKey(host)),
    get size() {
      return hosts.size;
    },
    get all() {
      return [...hosts.values()];
    },
    register: (record) => {
      const key = hostRecordKey(record.name);
      return again(`register host ${record.name}`, () => write(bucket, key, record, take));
    },
    beginRemoval: (host, removal) => {
      const key = hostRecordKey(host);
      return again(`remove host ${host}`, async () => {
        const entry = await bucket.get(key);
        if (entry === undefined) return undefined;
        const found = foundIn(key, entry.value);
        if (found?.removal !== undefined) return found.removal;
        // What is damaged can be removed, too.
        const record = found?.record ?? { name: host, roles: [], addresses: [] };
        const value = encodeRegisteredHost({ ...found, record, isRevoked: true, removal });
        await bucket.update(key, value, entry.revision);
        follow(key, value);
        return removal;
      });
    },
    endRemoval: (host) => {
      const key = hostRecordKey(host);
      return again(`remove host ${host}`, async () => {
        const entry = await bucket.get(key);
        if (entry !== undefined && foundIn(key, entry.value)?.removal === undefined) return;
        await bucket.delete(nodeDocumentKey(host));
        if (entry !== undefined) await bucket.delete(key, entry.revision);
        follow(key, undefined);
      });
    },
    async change(name, decide) {
      const key = hostRecordKey(name);
      const { stored, result } = await changeValue(bucket, key, (value) => {
        const change = decide(value === undefined ? undefined : decodeRegisteredHost(key, value));
        return change.host === undefined
          ? { result: change.result }
          : { value: encodeRegisteredHost(change.host), result: change.result };
      });
      follow(key, stored);
      return result;
    },
    close: stopWatching,
  };
}

function isLess(now: RegisteredHost | undefined, before: RegisteredHost): boolean {
  return now === undefined || (now.isRevoked && !before.isRevoked) || roleOf(now.record) !== roleOf(before.record);
}

/** Somebody else wrote in between: look again. */
async function again<T>(doing: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (isAppError(error, 'CONFLICT') && attempt < attempts) continue;
      throw toAppError(error, doing);
    }
  }
}

async function write(
  bucket: KeyValueBucket,
  key: string,
  record: HostRecord,
  take: (key: string, value: Uint8Array) => void,
): Promise<'written' | 'unchanged'> {
  const entry = await bucket.get(key);
  // A damaged record of this very host is written again: this host holds the CA.
  const found = (entry && foundIn(key, entry.value)) ?? { isRevoked: false };
  const value = encodeRegisteredHost({ ...found, record });
  if (entry !== undefined && Buffer.compare(entry.value, value) === 0) {
    take(key, value);
    return 'unchanged';
  }
  if (entry === undefined) await bucket.create(key, value);
  else await bucket.update(key, value, entry.revision);
  take(key, value);
  return 'written';
}

/** Undefined when it is damaged. */
function foundIn(key: string, value: Uint8Array): RegisteredHost | undefined {
  try {
    return decodeRegisteredHost(key, value);
  } catch {
    return undefined;
  }
}
