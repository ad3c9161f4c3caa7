/** Certificate authorities and certificate sets for tests: real keys, any name, any validity. */

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AlternativeNames, ExtendedKeyUsage, Role } from '@easycerts/cluster';
import { filesOfSet, hostIdentitySubject } from '@easycerts/cluster';
import { dayMs } from '@easycerts/core';
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

export interface TestLeaf {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Default client auth. */
  readonly usages?: readonly ExtendedKeyUsage[];
  readonly alternativeNames?: Partial<AlternativeNames>;
  /** Default a day ago and in ten days. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Who signs; default the authority of the test. */
  readonly authority?: Authority;
}

export interface TestPki {
  readonly authority: Authority;
  /** Writes tls.crt, tls.key and ca.crt (of the authority of the test, whoever signed) into the folder. */
  writeSet(directory: string, leaf: TestLeaf): Promise<string>;
  /** The same for a host identity. */
  writeHostIdentity(
    directory: string,
    host: string,
    role: Role,
    validity?: Pick<TestLeaf, 'notBefore' | 'notAfter'>,
  ): Promise<string>;
}

/** A new authority, by default the one of our own services. */
export async function createTestPki(commonName = 'easycerts'): Promise<TestPki> {
  const authority = await createTestAuthority(commonName);
  const writeSet = async (directory: string, leaf: TestLeaf): Promise<string> => {
    const keyPair = await generateKeyPair('ecdsa-p256');
    const { dns = [], ip = [] } = leaf.alternativeNames ?? {};
    const der = issueCertificate({
      authority: leaf.authority ?? authority,
      template: {
        serial: newSerial(randomBytes),
        subject: { commonName: leaf.commonName, organizations: leaf.organizations ?? [] },
        alternativeNames: { dns, ip },
        usages: leaf.usages ?? ['client auth'],
        notBefore: leaf.notBefore ?? new Date(Date.now() - dayMs),
        notAfter: leaf.notAfter ?? new Date(Date.now() + 10 * dayMs),
        spkiDer: spkiOf(keyPair.publicKey),
      },
    });
    const files = filesOfSet(directory);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(files.cert, encodePem('CERTIFICATE', der));
    await writeFile(files.key, privateKeyToPem(keyPair.privateKey), { mode: 0o600 });
    await writeFile(files.ca, encodePem('CERTIFICATE', authority.certificate.der));
    return directory;
  };
  return {
    authority,
    writeSet,
    writeHostIdentity: (directory, host, role, validity = {}) =>
      writeSet(directory, { ...hostIdentitySubject(host, [role]), ...validity }),
  };
}

/** An authority whose certificate is valid now. */
export function createTestAuthority(commonName: string): Promise<Authority> {
  return createAuthority({
    commonName,
    keyAlgorithm: 'ecdsa-p256',
    notBefore: new Date(Date.now() - 365 * dayMs),
    notAfter: new Date(Date.now() + 365 * dayMs),
    serial: newSerial(randomBytes),
  });
}
