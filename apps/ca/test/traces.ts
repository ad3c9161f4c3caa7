/** What attacks leave behind: nothing in the ledger, and their reasons on the audit trail. */

import type { CloudEvent } from '@easycerts/contracts';
import type { CaSite, StartedCa } from './running-ca.ts';

/** How many certificates the ledger has. */
export async function ledgerSize(site: CaSite, ca: StartedCa): Promise<number> {
  const everything = { pageSize: 1_000, pageToken: '', host: '', name: '', authority: '', onlyValid: false };
  return (await ca.client(site.paths.hostIdentity).listCertificates(everything)).certificates.length;
}

/** Everything on the audit trail, the oldest first. */
export async function auditTrail(ca: StartedCa): Promise<readonly CloudEvent[]> {
  await ca.bus.events.flush(5_000);
  const events: CloudEvent[] = [];
  for await (const event of ca.bus.readEvents({ subjects: ['easycerts.v1.audit.>'], from: 'all', follow: false })) {
    events.push(event);
  }
  return events;
}
