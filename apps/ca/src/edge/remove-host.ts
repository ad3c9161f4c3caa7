/**
 * Takes a host out of the cluster, in steps that can be repeated:
 *
 *   KNOWN ──mark──▶ LEAVING ──revoke──▶ its certificates and keys are void, its connections cut ──tell, delete──▶ absent
 *
 * From the mark on it is refused everywhere, and whoever starts the CA next finishes what was begun.
 */

import { toAppError } from '@easycerts/core';
import type { IndexEntry } from '../core/ledger-index.ts';
import type { HostRemoval } from '../core/registered-host.ts';
import { publishLeft } from '../events.ts';
import type { CallEnvironment, Stores } from './call-environment.ts';
import { revokeKeysOf } from './cfssl/revoke-keys.ts';
import type { Ledger } from './ledger.ts';
import { revokeRecords } from './revoke-records.ts';

export interface RemoveHostRequest {
  readonly host: string;
  readonly removal: HostRemoval;
}

/** How long the events may take to get stored before the record is deleted all the same. */
const flushMs = 5_000;
const pageSize = 500;

/** Resolves with the number of certificates revoked, once nothing of the host is left. AppError UNAVAILABLE without the bus. */
export async function removeHost(
  environment: CallEnvironment,
  stores: Stores,
  { host, removal: wanted }: RemoveHostRequest,
): Promise<number> {
  const { events, clock, logger } = environment;
  const removal = (await stores.register.beginRemoval(host, wanted)) ?? wanted;
  const { reason, by, atMs } = removal;
  await revokeKeysOf(environment, stores, { host, by });
  const valid = validEntries(stores.ledger, host, clock.now());
  const records = await stores.ledger.recordsOf(valid);
  const revoked = await revokeRecords(environment, stores, { records, reason, atMs });
  logger.info({ host, by, reason, revoked }, 'a host is no longer part of the cluster');
  publishLeft(events, { host, revoked, removal });
  await events.flush(flushMs);
  await stores.register.endRemoval(host);
  return revoked;
}

/** Finishes removals that were interrupted; never throws. */
export async function finishRemovals(environment: CallEnvironment, stores: Stores): Promise<void> {
  for (const { record, removal } of stores.register.all) {
    if (removal === undefined) continue;
    try {
      await removeHost(environment, stores, { host: record.name, removal });
    } catch (error) {
      const err = toAppError(error, `finish the removal of host ${record.name}`);
      environment.logger.warn({ err }, 'a removed host is refused, but not forgotten yet');
    }
  }
}

/** What was issued to a host and has not expired. */
export function validEntries(ledger: Ledger, host: string, now: Date): readonly IndexEntry[] {
  const entries: IndexEntry[] = [];
  let from: number | undefined;
  do {
    const page = ledger.page({ host, validAt: now, limit: pageSize, ...(from === undefined ? {} : { from }) });
    entries.push(...page.entries);
    from = page.next;
  } while (from !== undefined);
  return entries;
}
