/** The identity of a node that somebody stole: made with the key of the CA, because no node joins in these suites. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  authorityOf,
  encodePem,
  generateKeyPair,
  issueCertificate,
  newSerial,
  parseCertificate,
  parsePrivateKeyPem,
  privateKeyToPem,
  spkiOf,
} from '@easycerts/pki';
import { connectBus, systemClock } from '@easycerts/runtime';
import { silentLogger } from '@easycerts/testing';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';

/** Writes a certificate set for `CN=<host>, O=easycerts:nodes` and gives back its folder. */
export async function makeNodeIdentity(cluster: Cluster, host: string, folder: string): Promise<string> {
  const authorities = cluster.file('/var/lib/easycerts/ca/authorities/easycerts');
  const certificate = parseCertificate(readFileSync(join(authorities, 'ca.crt'), 'utf8'));
  const authority = authorityOf(certificate, parsePrivateKeyPem(readFileSync(join(authorities, 'ca.key'), 'utf8')));
  const keyPair = await generateKeyPair('ecdsa-p256');
  const der = await issueCertificate({
    authority,
    template: {
      serial: newSerial(randomBytes),
      subject: { commonName: host, organizations: ['easycerts:nodes'] },
      alternativeNames: { dns: [], ip: [] },
      usages: ['client auth'],
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
      spkiDer: spkiOf(keyPair.publicKey),
    },
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'tls.crt'), encodePem('CERTIFICATE', der));
  writeFileSync(join(folder, 'tls.key'), privateKeyToPem(keyPair.privateKey), { mode: 0o600 });
  writeFileSync(join(folder, 'ca.crt'), readFileSync(join(authorities, 'ca.crt')));
  return folder;
}

/** Puts a node into the register of hosts, as its joining will. */
export async function registerNode(cluster: Cluster, address: string, host: string): Promise<void> {
  const bus = await connectBus({
    servers: [`tls://${address}:4222`],
    identityDirectory: cluster.file('/var/lib/easycerts/host'),
    origin: { host: 'e2e', service: 'e2e' },
    clock: systemClock,
    logger: silentLogger(),
  });
  try {
    await eventually('the bus', () => bus.isConnected());
    const record = { name: host, roles: ['node'], addresses: [], revoked: false };
    await (await bus.bucket('hosts')).put(`${host}.record`, Buffer.from(JSON.stringify(record)));
  } finally {
    await bus.close();
  }
}
