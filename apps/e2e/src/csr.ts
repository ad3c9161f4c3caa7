/** Certificate requests as an attacker makes them, with openssl. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './run-command.ts';

export interface CsrWish {
  /** `/O=system:masters/CN=me` */
  readonly subject: string;
  /** Lines of the request extensions. */
  readonly extensions?: readonly string[];
  /** Arguments for `openssl genpkey`; default P-256. */
  readonly key?: readonly string[];
}

export const weakKey: readonly string[] = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'];

let count = 0;

/** A request with a key of its own, DER. */
export async function makeCsr(folder: string, wish: CsrWish): Promise<Uint8Array> {
  return (await makeRequest(folder, wish)).csrDer;
}

/** The same, for somebody who goes on with the key. */
export async function makeRequest(
  folder: string,
  wish: CsrWish,
): Promise<{ readonly csrDer: Uint8Array; readonly keyFile: string }> {
  mkdirSync(folder, { recursive: true });
  count += 1;
  const base = join(folder, `request-${process.pid}-${count}`);
  const path = (suffix: string): string => `${base}.${suffix}`;
  const key = wish.key ?? ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await mustRun(['openssl', 'genpkey', ...key, '-out', path('key')]);
  const extensions = wish.extensions ?? [];
  const sections = [
    '[req]',
    'distinguished_name=dn',
    ...(extensions.length === 0 ? [] : ['req_extensions=ext']),
    '[dn]',
    '[ext]',
    ...extensions,
  ];
  writeFileSync(path('conf'), `${sections.join('\n')}\n`);
  const words = [
    'openssl',
    'req',
    '-new',
    '-config',
    path('conf'),
    '-key',
    path('key'),
    '-subj',
    wish.subject,
    '-outform',
    'DER',
    '-out',
    path('der'),
  ];
  await mustRun(words);
  return { csrDer: new Uint8Array(readFileSync(path('der'))), keyFile: path('key') };
}

/** The same request with its signature broken: the last byte belongs to it. */
export function withBrokenSignature(csrDer: Uint8Array): Uint8Array {
  const broken = Uint8Array.from(csrDer);
  const last = broken.length - 1;
  broken[last] = (broken[last] ?? 0) ^ 0x01;
  return broken;
}
