/** The register of hosts: bucket `hosts` of the bus, followed live, with this host's own record written by us. */

import type { HostRecord } from '@easycerts/cluster';
import { isAppError, toAppError } from '@easycerts/core';
import type { KeyValueBucket, Logger } from '@easycerts/runtime';
import {
  decodeRegisteredHost,
  encodeRegisteredHost,
  type RegisteredHost,
  registerKeyOf,
} from '../core/registered-host.ts';

export const hostsBucket = 'hosts';

export interface HostRegister {
  /** undefined: unknown, or its record is damaged. */
  find(host: string): RegisteredHost | undefined;
  readonly size: number;
  /** Writes the record of a host when it differs from what stands there; whether it is revoked stays as it was. */
  register(record: HostRecord): Promise<'written' | 'unchanged'>;
  close(): Promise<void>;
}

const attempts = 5;

/** Reads the register and follows it. AppError UNAVAILABLE without the bus. */
export async function openHostRegister(bucket: KeyValueBucket, logger: Logger): Promise<HostRegister> {
  const hosts = new Map<string, RegisteredHost>();
  const take = (key: string, value: Uint8Array | undefined): void => {
    if (!key.endsWith('.record')) return;
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
  const stopWatching = await bucket.watch(take);
  return {
    find: (host) => hosts.get(registerKeyOf(host)),
    get size() {
      return hosts.size;
    },
    async register(record) {
      const key = registerKeyOf(record.name);
      for (let attempt = 1; ; attempt++) {
        try {
          return await write(bucket, key, record, take);
        } catch (error) {
          // Somebody else wrote in between: look again.
          if (isAppError(error, 'CONFLICT') && attempt < attempts) continue;
          throw toAppError(error, `register host ${record.name}`);
        }
      }
    },
    close: stopWatching,
  };
}

async function write(
  bucket: KeyValueBucket,
  key: string,
  record: HostRecord,
  take: (key: string, value: Uint8Array) => void,
): Promise<'written' | 'unchanged'> {
  const entry = await bucket.get(key);
  const value = encodeRegisteredHost({ isRevoked: false, ...stateIn(key, entry?.value), record });
  if (entry !== undefined && Buffer.compare(entry.value, value) === 0) {
    take(key, value);
    return 'unchanged';
  }
  if (entry === undefined) await bucket.create(key, value);
  else await bucket.update(key, value, entry.revision);
  take(key, value);
  return 'written';
}

/** What stays as it was when the facts of a host change. */
function stateIn(key: string, value: Uint8Array | undefined): Partial<RegisteredHost> {
  if (value === undefined) return {};
  try {
    return decodeRegisteredHost(key, value);
  } catch {
    // A damaged record of this very host is written again: this host holds the CA.
    return {};
  }
}
