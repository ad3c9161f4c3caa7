/** Requests of machines with a token. */

import { randomUUID } from 'node:crypto';
import { hostIdentitySubject, parseJoinToken } from '@easycerts/cluster';
import type { CreateTokenRequest, EnrolRequest } from '@easycerts/contracts';
import { createCsr, generateKeyPair, type KeyPair } from '@easycerts/pki';

export const tokenRequest: CreateTokenRequest = { role: 'node', host: '', ttlS: 0, uses: 0, note: '', addresses: [] };

/** A good request for the identity of a host, with a key of its own. */
export async function enrolRequest(
  line: string,
  host: string,
  at: Date = new Date(),
  keyPair?: KeyPair,
): Promise<EnrolRequest> {
  const { id, secret } = parseJoinToken(line);
  return {
    tokenId: id,
    tokenSecret: secret,
    host,
    role: 'node',
    csrDer: await hostCsr(host, 'node', keyPair),
    requestId: randomUUID(),
    requestedAtMs: at.getTime(),
  };
}

/** The CSR of a host identity. */
export async function hostCsr(host: string, role: 'node' | 'master' = 'node', keyPair?: KeyPair): Promise<Uint8Array> {
  const key = keyPair ?? (await generateKeyPair('ecdsa-p256'));
  return createCsr({ keyPair: key, subject: hostIdentitySubject(host, [role]), alternativeNames: { dns: [], ip: [] } });
}
