/** Certificates made by hand with openssl, as somebody has them who does not use our CA. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './run-command.ts';

export interface ForeignLeaf {
  readonly name: string;
  readonly subject: string;
  readonly usages: readonly ('serverAuth' | 'clientAuth')[];
  /** `DNS:localhost,IP:127.0.0.1` */
  readonly names?: string;
}

const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Makes `<folder>/<name>.crt` and `.key`. */
export async function makeAuthority(folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const key = join(folder, `${name}.key`);
  await mustRun(['openssl', 'genpkey', ...curve, '-out', key]);
  const extensions = [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  await mustRun([
    'openssl',
    'req',
    '-x509',
    '-new',
    '-key',
    key,
    '-subj',
    `/CN=${name}`,
    '-days',
    '30',
    ...extensions,
    '-out',
    join(folder, `${name}.crt`),
  ]);
}

/** Makes `<folder>/<leaf.name>.crt` and `.key`, signed by an authority of the same folder. */
export async function makeLeaf(folder: string, authority: string, leaf: ForeignLeaf): Promise<void> {
  const path = (suffix: string): string => join(folder, `${leaf.name}.${suffix}`);
  await mustRun(['openssl', 'genpkey', ...curve, '-out', path('key')]);
  await mustRun(['openssl', 'req', '-new', '-key', path('key'), '-subj', leaf.subject, '-out', path('csr')]);
  const names = leaf.names === undefined ? '' : `subjectAltName=${leaf.names}\n`;
  writeFileSync(
    path('ext'),
    `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=${leaf.usages.join(',')}\n${names}`,
  );
  const signer = [
    '-CA',
    join(folder, `${authority}.crt`),
    '-CAkey',
    join(folder, `${authority}.key`),
    '-CAcreateserial',
  ];
  await mustRun([
    'openssl',
    'x509',
    '-req',
    '-in',
    path('csr'),
    ...signer,
    '-days',
    '7',
    '-extfile',
    path('ext'),
    '-out',
    path('crt'),
  ]);
}

/** Makes `<folder>/<name>.key` and `.pub`. */
export async function makeKeyPair(folder: string, name: string): Promise<void> {
  const key = join(folder, `${name}.key`);
  await mustRun(['openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key]);
  await mustRun(['openssl', 'pkey', '-in', key, '-pubout', '-out', join(folder, `${name}.pub`)]);
}
