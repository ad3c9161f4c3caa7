/** The keys of cfssl's clients: bucket `cfssl-keys` of the bus, followed live. It has no secret, see derived-key.ts. */

import type { KeyValueBucket, Logger } from '@easycerts/runtime';
import { type CfsslKeyRecord, decodeKeyRecord, encodeKeyRecord, keyRecordName } from '../../core/cfssl/key-record.ts';
import { changeValue } from '../change-value.ts';
import type { KeyRecords } from './keyring.ts';

export const cfsslKeysBucket = 'cfssl-keys';

/** `record`: what is to be stored; absent: nothing changes. */
export interface KeyChange<T> {
  readonly record?: CfsslKeyRecord;
  readonly result: T;
}

export interface CfsslKeyStore extends KeyRecords {
  all(): readonly CfsslKeyRecord[];
  /** Resolves with the result of the decision once what it says is stored. AppError DAMAGED for a record that cannot be read. */
  change<T>(
    id: Pick<CfsslKeyRecord, 'host' | 'profile'>,
    decide: (found: CfsslKeyRecord | undefined) => KeyChange<T>,
  ): Promise<T>;
  close(): Promise<void>;
}

/** Reads the bucket and follows it. AppError UNAVAILABLE without the bus. */
export async function openCfsslKeyStore(bucket: KeyValueBucket, logger: Logger): Promise<CfsslKeyStore> {
  const byProfile = new Map<string, Map<string, CfsslKeyRecord>>();
  const take = (name: string, value: Uint8Array | undefined): void => {
    const [host = '', profile = ''] = name.split('.');
    // Whatever goes wrong below, nobody gets in with it any more.
    byProfile.get(profile)?.delete(host);
    if (value === undefined) return;
    try {
      const record = decodeKeyRecord(name, value);
      const ofProfile = byProfile.get(profile) ?? new Map<string, CfsslKeyRecord>();
      byProfile.set(profile, ofProfile.set(host, record));
    } catch (err) {
      logger.error({ err }, 'a cfssl key is not accepted');
    }
  };
  for (const { key, value } of await bucket.entries()) take(key, value);
  const stopWatching = await bucket.watch(take);
  return {
    ofProfile: (profile) => byProfile.get(profile)?.values() ?? [],
    find: (host, profile) => byProfile.get(profile)?.get(host),
    all: () => [...byProfile.values()].flatMap((records) => [...records.values()]),
    async change(id, decide) {
      const name = keyRecordName(id);
      const { stored, result } = await changeValue(bucket, name, (value) => {
        const change = decide(value === undefined ? undefined : decodeKeyRecord(name, value));
        return change.record === undefined
          ? { result: change.result }
          : { value: encodeKeyRecord(change.record), result: change.result };
      });
      take(name, stored);
      return result;
    },
    close: stopWatching,
  };
}
