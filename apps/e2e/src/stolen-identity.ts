/** The identity of a host as a thief has it: a copy of key, certificate and CA, to be used from anywhere. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '@easycerts/test-hosts';
import { program } from './place.ts';
import { type Ended, runCommand } from './run-command.ts';

const hostIdentity = '/var/lib/easycerts/host';
const names = ['tls.crt', 'tls.key', 'ca.crt'] as const;

/** Copies the identity of a host, or another certificate set, into a folder of the machine, and gives that back. */
export async function stealIdentity(host: Host, folder: string, from: string = hostIdentity): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of names) {
    writeFileSync(join(folder, name), await host.mustExec(['cat', `${from}/${name}`]), { mode: 0o600 });
  }
  return folder;
}

/** What the bus is asked, from where, and as whom. */
export interface BusCall {
  /** A process whose network is used. */
  readonly pid: number;
  /** Of the master. */
  readonly address: string;
  /** Folder of the identity. */
  readonly identity: string;
}

/** The `nats` command. */
export function natsCommand({ address, identity, pid }: BusCall, words: readonly string[]): Promise<Ended> {
  const tls = ['--tlsfirst', '--tlscert', `${identity}/tls.crt`, '--tlskey', `${identity}/tls.key`];
  const server = ['--tlsca', `${identity}/ca.crt`, '--server', `tls://${address}:4222`, '--timeout', '5s'];
  const command = ['nsenter', '--target', String(pid), '--net', program('nats'), ...tls, ...server, ...words];
  return runCommand(command, { timeoutMs: 30_000 });
}
