/** What was issued, as the three places say that keep it. */

import { callBus } from './call-bus.ts';
import type { Cluster } from './cluster.ts';
import { normalSerial } from './https-request.ts';

/** A line of `ca list --json`. */
export interface IssuedCertificate {
  readonly serial: string;
  readonly authority: string;
  readonly host: string;
  readonly name: string;
  readonly subject: string;
  readonly usages: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  readonly fingerprint: string;
  /** Absent while it counts. */
  readonly revokedAt?: string;
}

/** `ca list`, newest first. */
export async function listIssued(cluster: Pick<Cluster, 'mustExec'>): Promise<readonly IssuedCertificate[]> {
  return JSON.parse(await cluster.mustExec(['ca', 'list', '--json'])) as IssuedCertificate[];
}

/** The serial numbers of the ledger, read from its stream on the bus with the identity of the master. */
export async function ledgerSerials(cluster: Cluster): Promise<readonly string[]> {
  const messages = await callBus(cluster, { kind: 'read', stream: 'LEDGER', subject: 'easycerts.v1.ledger.>' });
  return messages.flatMap(serialsIn);
}

function serialsIn(message: string): readonly string[] {
  const { records } = JSON.parse(message) as {
    records: readonly { readonly serial: string }[];
  };
  return records.map(({ serial }) => normalSerial(serial));
}
