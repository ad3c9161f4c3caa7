/** What was issued, as the three places say that keep it. */

import { connectBus, systemClock } from '@easycerts/runtime';
import { silentLogger } from '@easycerts/testing';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
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
}

/** `ca list`, newest first. */
export async function listIssued(cluster: Pick<Cluster, 'mustExec'>): Promise<readonly IssuedCertificate[]> {
  return JSON.parse(await cluster.mustExec(['ca', 'list', '--json'])) as IssuedCertificate[];
}

/** The serial numbers of the ledger, read from its stream on the bus with the identity of the master. */
export async function ledgerSerials(cluster: Cluster, address: string): Promise<readonly string[]> {
  const bus = await connectBus({
    servers: [`tls://${address}:4222`],
    identityDirectory: cluster.file('/var/lib/easycerts/host'),
    origin: { host: 'e2e', service: 'e2e' },
    clock: systemClock,
    logger: silentLogger(),
  });
  try {
    await eventually('the bus', () => bus.isConnected());
    const stream = await bus.stream('LEDGER', ['easycerts.v1.ledger.>']);
    const serials: string[] = [];
    for await (const { data } of stream.read(1)) serials.push(...serialsIn(data));
    return serials;
  } finally {
    await bus.close();
  }
}

function serialsIn(data: Uint8Array): readonly string[] {
  const { records } = JSON.parse(Buffer.from(data).toString('utf8')) as {
    records: readonly { readonly serial: string }[];
  };
  return records.map(({ serial }) => normalSerial(serial));
}
