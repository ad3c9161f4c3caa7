/** Signs, records, and only then tells. */

import type { LedgerRecord } from '../core/ledger-record.ts';
import type { CheckedRequest } from '../core/policy.ts';
import { publishIssued } from '../events.ts';
import type { CallEnvironment, Stores } from './call-environment.ts';
import { issueChecked } from './issue-checked.ts';

/** The record, durable. `serial`: reserved for the request before. AppError UNAVAILABLE when it cannot be recorded. */
export async function issueAndRecord(
  request: CheckedRequest,
  environment: CallEnvironment,
  { ledger, serial: reserved }: Pick<Stores, 'ledger'> & { readonly serial?: string },
): Promise<LedgerRecord> {
  const { authorities, signing, clock, randomBytes, logger, metrics, events } = environment;
  const context = { authorities, signing, now: clock.now(), randomBytes };
  const { template, record } = await issueChecked(
    request,
    reserved === undefined ? context : { ...context, serial: reserved },
  );
  await ledger.append(record);
  const { serial, authority, host, name, reason } = record;
  logger.info(
    { host, certificate: name, authority, serial, reason, notAfter: template.notAfter },
    'issued a certificate',
  );
  metrics.issued(authority);
  publishIssued(events, record, template);
  return record;
}
