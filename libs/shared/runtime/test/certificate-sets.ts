/** Certificate sets on disk for tests: made by the project's own PKI, laid out as certmgr does (a link to a directory). */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExtendedKeyUsage } from '@easycerts/cluster';
import type { Authority } from '@easycerts/pki';
import {
  createAuthority,
  encodePem,
  generateKeyPair,
  issueCertificate,
  newSerial,
  privateKeyToPem,
  spkiOf,
} from '@easycerts/pki';

const hour = 3_600_000;

export async function makeAuthority(commonName = 'easycerts'): Promise<Authority> {
  const now = Date.now();
  return createAuthority({
    commonName,
    keyAlgorithm: 'ecdsa-p256',
    notBefore: new Date(now - hour),
    notAfter: new Date(now + hour),
    serial: newSerial(randomBytes),
  });
}

export interface SetRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly usages?: readonly ExtendedKeyUsage[];
  readonly notAfter?: Date;
  /** CA that the set trusts, if not the one that issues. */
  readonly trust?: Authority;
}

/** Delivers a set at `directory` by swapping the link and removing the old directory. */
export async function deliverTestSet(directory: string, authority: Authority, request: SetRequest): Promise<void> {
  const keyPair = await generateKeyPair('ecdsa-p256');
  const der = issueCertificate({
    authority,
    template: {
      serial: newSerial(randomBytes),
      subject: { commonName: request.commonName, organizations: request.organizations ?? [] },
      alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
      usages: request.usages ?? ['server auth', 'client auth'],
      notBefore: new Date(Date.now() - hour),
      notAfter: request.notAfter ?? new Date(Date.now() + hour),
      spkiDer: spkiOf(keyPair.publicKey),
    },
  });
  const target = `${directory}.${randomBytes(4).toString('hex')}`;
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'tls.crt'), encodePem('CERTIFICATE', der));
  writeFileSync(join(target, 'tls.key'), privateKeyToPem(keyPair.privateKey));
  writeFileSync(join(target, 'ca.crt'), encodePem('CERTIFICATE', (request.trust ?? authority).certificate.der));
  mkdirSync(dirname(directory), { recursive: true });
  symlinkSync(target, `${directory}.new`);
  renameSync(`${directory}.new`, directory);
}

/** Spoils one file of a set without changing the others. */
export function damageSet(directory: string, file: 'tls.crt' | 'tls.key' | 'ca.crt', content = 'damaged'): void {
  const path = join(directory, file);
  readFileSync(path);
  rmSync(path);
  writeFileSync(path, content);
}
