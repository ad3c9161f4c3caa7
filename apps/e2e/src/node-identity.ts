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
import { callBus } from './call-bus.ts';
import type { Cluster } from './cluster.ts';

/** Writes a certificate set for `CN=<host>, O=easycerts:nodes` and gives back its folder. */
export async function makeNodeIdentity(cluster: Cluster, host: string, folder: string): Promise<string> {
  const authorities = cluster.file('/var/lib/easycerts/ca/authorities/easycerts');
  const certificate = parseCertificate(readFileSync(join(authorities, 'ca.crt'), 'utf8'));
  const authority = authorityOf(certificate, parsePrivateKeyPem(readFileSync(join(authorities, 'ca.key'), 'utf8')));
  const keyPair = await generateKeyPair('ecdsa-p256');
  const der = issueCertificate({
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
export async function registerNode(cluster: Cluster, host: string): Promise<void> {
  const record = { name: host, roles: ['node'], addresses: [], revoked: false };
  await callBus(cluster, { kind: 'put', bucket: 'hosts', key: `${host}.record`, value: JSON.stringify(record) });
}
