/** Revokes certificates of the ledger. */

import { createHash } from 'node:crypto';
import type { LedgerRecord } from '../core/ledger-record.ts';
import type { Revocation, RevocationReason } from '../core/revocation.ts';
import { publishRevoked } from '../events.ts';
import type { CallEnvironment, Stores } from './call-environment.ts';

export interface RevokeRequest {
  readonly records: readonly LedgerRecord[];
  readonly reason: RevocationReason;
  readonly atMs: number;
}

/**
 * Resolves with how many are revoked for this very reason and time once all are durable and told. Repeating it changes
 * nothing but tells the events again, which have the same ids. AppError UNAVAILABLE without the bus.
 */
export async function revokeRecords(
  { events, logger }: Pick<CallEnvironment, 'events' | 'logger'>,
  { revocations }: Pick<Stores, 'revocations'>,
  { records, reason, atMs }: RevokeRequest,
): Promise<number> {
  const standing = await revocations.revoke(records.map((record) => revocationOf(record, reason, atMs)));
  const ours = standing.filter((revocation) => revocation.reason === reason && revocation.revokedAtMs === atMs);
  for (const revocation of ours) {
    const { host, name: certificate, authority, serial } = revocation;
    logger.info({ host, certificate, authority, serial, reason }, 'revoked a certificate');
    publishRevoked(events, revocation);
  }
  return ours.length;
}

function revocationOf(record: LedgerRecord, reason: RevocationReason, revokedAtMs: number): Revocation {
  const { serial, host, name, authority, notAfterMs, certificateDer } = record;
  const fingerprint = createHash('sha256').update(certificateDer).digest('hex');
  return { serial, host, name, authority, fingerprint, notAfterMs, revokedAtMs, reason };
}
