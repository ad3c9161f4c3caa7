/** Who a certificate stands for on the bus. */

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { automationOfSubject, filesOfSet, identityOfSubject } from '@easycerts/cluster';
import { AppError, toAppError } from '@easycerts/core';
import type { BusIdentity } from './permissions.ts';

/** What the callout knows of a client certificate that nats-server has verified. */
export interface BusCertificate {
  /** For people: `O=easycerts:nodes, CN=n1`. */
  readonly subject: string;
  /** Lowercase hexadecimal. */
  readonly serial: string;
  /** SHA-256 of the certificate, lowercase hexadecimal. */
  readonly fingerprint: string;
  readonly notAfter: Date;
  /** Undefined for every certificate that is not exactly a host's or an automation's. */
  readonly identity: BusIdentity | undefined;
}

/** Both attributes, once each, in the order in which the CA writes them; nothing else. */
const subjectPattern = /^O=([a-z:]+)\nCN=([a-z0-9-]+)$/;

/** Reads a certificate (PEM). Node's own parser, because it runs at each connection. AppError INVALID_INPUT otherwise. */
export function busCertificateOf(pem: string): BusCertificate {
  const certificate = parsePem(pem);
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    serial: certificate.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: certificate.validToDate,
    identity: identityOf(certificate.subject),
  };
}

/** The host in a certificate set. AppError NOT_FOUND while it is not there, FAILED_PRECONDITION when it is another kind. */
export async function readBusIdentity(directory: string): Promise<BusIdentity> {
  const path = filesOfSet(directory).cert;
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toAppError(error, `read host identity ${path}`);
  });
  const { identity, subject } = busCertificateOf(pem);
  if (identity !== undefined && identity.kind !== 'automation') return identity;
  throw new AppError('FAILED_PRECONDITION', `read host identity ${path}: ${subject} is not one`, {
    details: { path, cure: 'let certmgr issue it again: `certmgr ensure`' },
  });
}

function identityOf(subject: string): BusIdentity | undefined {
  const [, organization, commonName] = subjectPattern.exec(subject) ?? [];
  if (organization === undefined || commonName === undefined) return undefined;
  const name = { commonName, organizations: [organization] };
  const host = identityOfSubject(name);
  if (host !== undefined) return { kind: host.role, id: host.name };
  const automation = automationOfSubject(name);
  return automation === undefined ? undefined : { kind: 'automation', id: automation };
}

function parsePem(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new AppError('INVALID_INPUT', 'read client certificate: not PEM of a certificate', { cause: error });
  }
}
