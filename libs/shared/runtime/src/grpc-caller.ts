/** Who calls: taken from the client certificate of the connection, and from nothing else. */

import { createHash } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { identityOfSubject } from '@easycerts/cluster';

/** An authenticated host. */
export interface Caller {
  readonly host: string;
  readonly role: 'master' | 'node';
  /** Of its certificate: serial number (lowercase hexadecimal), SHA-256 and the certificate itself, DER. */
  readonly serial: string;
  readonly fingerprint: string;
  readonly certificateDer: Uint8Array;
}

/**
 * The host that a verified client certificate stands for; undefined unless its subject is exactly a host identity: one CN,
 * organizations, and no other attribute.
 */
export function callerOf(certificate: PeerCertificate | undefined): Caller | undefined {
  if (certificate?.raw === undefined || certificate.subject === undefined) return undefined;
  const { CN, O, ...others } = { ...certificate.subject } as Record<string, unknown>;
  if (typeof CN !== 'string' || Object.keys(others).length > 0) return undefined;
  const organizations = Array.isArray(O) ? O.map(String) : O === undefined ? [] : [String(O)];
  const identity = identityOfSubject({ commonName: CN, organizations });
  if (identity === undefined) return undefined;
  return {
    host: identity.name,
    role: identity.role,
    serial: certificate.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''),
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    certificateDer: certificate.raw,
  };
}
