/** One name, one machine: what must hold of the certificates of a host around the moment in which it joins. */

import type { DenyReason, Finding } from '@easycerts/core';
import type { LedgerRecord } from '../../core/ledger-record.ts';
import type { RegisteredHost } from '../../core/registered-host.ts';
import type { CallEnvironment, Stores } from '../call-environment.ts';
import { revokeKeysOf } from '../cfssl/revoke-keys.ts';
import { validEntries } from '../remove-host.ts';
import { revokeRecords } from '../revoke-records.ts';

/** Before a machine that takes over the name of another one gets its identity: what the other one has is worth nothing. */
export async function revokeReplaced(environment: CallEnvironment, stores: Stores, host: string): Promise<void> {
  await revokeKeysOf(environment, stores, { host, by: environment.view.ownHost.name });
  const now = environment.clock.now();
  const entries = validEntries(stores.ledger, host, now).filter(({ serial }) => !stores.revocations.has(serial));
  const records = await stores.ledger.recordsOf(entries);
  await revokeRecords(environment, stores, { records, reason: 'host-replaced', atMs: now.getTime() });
}

/**
 * After its identity is recorded: the host may have been removed, or replaced, while it was being made; then the identity is
 * revoked like everything else of it.
 */
export async function assertStillJoined(
  environment: CallEnvironment,
  stores: Stores,
  { record, requestHash }: { readonly record: LedgerRecord; readonly requestHash: string },
): Promise<Finding<DenyReason> | undefined> {
  const isIt = (host: RegisteredHost | undefined) => host?.enrolment?.requestHash === requestHash && !host.isRevoked;
  if (isIt(stores.register.find(record.host))) return undefined;
  // What was heard may be a moment old: what is stored counts.
  if (isIt(await stores.register.change(record.host, (found) => ({ result: found })))) return undefined;
  const atMs = environment.clock.now().getTime();
  await revokeRecords(environment, stores, { records: [record], reason: 'host-removed', atMs });
  return { reason: 'host-revoked', detail: 'the host was removed while it joined' };
}
