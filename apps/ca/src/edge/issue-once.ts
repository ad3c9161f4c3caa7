/** What every request for a certificate goes through, however it came: decided, issued once a key, recorded, looked at again. */

import type { DenyReason, Finding } from '@easycerts/core';
import type { LedgerRecord } from '../core/ledger-record.ts';
import type { Authorised } from '../core/policy.ts';
import type { CallEnvironment, Stores } from './call-environment.ts';
import { issueAndRecord } from './issue-and-record.ts';
import type { Done } from './once-a-key.ts';
import { revokeRecords } from './revoke-records.ts';

/** Reasons that a newer configuration or newer facts of this host can take away. */
const mayBeOutdated: ReadonlySet<DenyReason> = new Set(['not-in-list', 'weak-key', 'subject', 'names', 'usages']);

export interface Issuing {
  /** Decides about the request as things stand now. */
  readonly decide: () => Authorised;
  /** What is wrong with the host now; undefined: nothing. */
  readonly standing: () => Finding<DenyReason> | undefined;
  /** Aborted: nothing is issued any more. */
  readonly signal?: AbortSignal;
}

/** Decides, again when newer configuration may change that, and issues what is allowed. AppError as issueAndRecord. */
export async function issueOnce(
  { decide, standing, signal }: Issuing,
  environment: CallEnvironment,
  stores: Stores,
): Promise<Done<Authorised, LedgerRecord>> {
  let first = decide();
  if (first.kind === 'deny' && mayBeOutdated.has(first.finding.reason) && (await environment.view.refresh())) {
    first = decide();
  }
  const decision = await environment.onceAKey({ first, again: decide }, ({ request }) => {
    signal?.throwIfAborted();
    return issueAndRecord(request, environment, stores);
  });
  if (decision.kind === 'repeat' && stores.revocations.has(decision.serial)) {
    const detail = 'the certificate of this request has been revoked';
    return { kind: 'deny', finding: { reason: 'certificate-revoked', detail } };
  }
  if (decision.kind !== 'done') return decision;
  const finding = standing();
  if (finding === undefined) return decision;
  // The host was removed while its certificate was being made: that is revoked like its others.
  const atMs = environment.clock.now().getTime();
  await revokeRecords(environment, stores, { records: [decision.value], reason: 'host-removed', atMs });
  return { kind: 'deny', finding };
}
