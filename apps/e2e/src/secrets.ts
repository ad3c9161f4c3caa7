/** Certificate sets of a cluster as the machine sees them, and openssl's opinion of them. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import type { Identity } from './https-request.ts';
import { normalSerial } from './https-request.ts';
import type { Ended } from './run-command.ts';
import { mustRun, runCommand } from './run-command.ts';

/** Folders of all certificate sets on disk, by name in the certificate list. */
export function setsOnDisk(cluster: Cluster): ReadonlyMap<string, string> {
  const secrets = cluster.file('/var/lib/kubernetes/secrets');
  const found = new Map<string, string>();
  for (const name of readdirSync(secrets)) {
    if (!name.startsWith('.') && existsSync(join(secrets, name, 'tls.crt'))) found.set(name, join(secrets, name));
  }
  for (const [name, folder] of [
    ['host', 'host'],
    ['ca-server', 'ca-identity'],
    ['bus-server', 'nats-identity'],
  ] as const) {
    const path = cluster.file(`/var/lib/easycerts/${folder}`);
    if (existsSync(join(path, 'tls.crt'))) found.set(name, path);
  }
  return found;
}

/** The files of one set. Throws when the cluster does not have it. */
export function setOf(cluster: Cluster, name: string): Required<Identity> {
  const folder = setsOnDisk(cluster).get(name);
  if (folder === undefined) throw new Error(`there is no certificate set ${name}`);
  return { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), ca: join(folder, 'ca.crt') };
}

/** The first certificate of a file. */
export async function serialOf(path: string): Promise<string> {
  const text = await mustRun(['openssl', 'x509', '-in', path, '-noout', '-serial']);
  return normalSerial(text.replace('serial=', ''));
}

export type Purpose = 'sslclient' | 'sslserver' | 'any' | 'crlsign';

/** `openssl verify -x509_strict`. */
export function verify(certificate: string, ca: string, purpose: Purpose): Promise<Ended> {
  return runCommand(['openssl', 'verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, certificate]);
}
