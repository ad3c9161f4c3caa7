/** What the tests of the CA start from: one valid value of everything. */

import { randomBytes, randomUUID } from 'node:crypto';
import {
  type AuthorityName,
  authorityNames,
  type CertificateSpec,
  type ClusterConfig,
  type HostRecord,
  parseClusterConfig,
  pathsUnder,
  resolveCertificates,
} from '@easycerts/cluster';
import { type Authority, createAuthority, createCsr, generateKeyPair, type KeyPair, newSerial } from '@easycerts/pki';
import type { Attempt, CheckedRequest, PolicyFacts, SigningRequest } from '../src/core/policy.ts';
import { authorise } from '../src/core/policy.ts';
import type { RegisteredHost } from '../src/core/registered-host.ts';
import type { Authorities } from '../src/edge/authority-files.ts';

export const now = new Date('2020-01-01T12:00:00Z');
export const paths = pathsUnder('/nowhere');
export const config: ClusterConfig = parseClusterConfig('roles: [master, node]\nmasterAddress: localhost\n', 'test');

export const master: HostRecord = { name: 'm1', roles: ['master', 'node'], addresses: ['192.0.2.1', '2001:db8::1'] };
export const node: HostRecord = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] };

export function registered(record: HostRecord, isRevoked = false): RegisteredHost {
  return { record, isRevoked };
}

/** The spec of the list. */
export function specOf(record: HostRecord, name: string): CertificateSpec {
  const spec = resolveCertificates(config, record, paths).find((candidate) => candidate.name === name);
  if (spec === undefined) throw new Error(`the list has no ${name} for ${record.name}`);
  return spec;
}

/** Authorities that are valid at `at`, for ten years. */
export async function makeAuthorities(at: Date = now): Promise<Authorities> {
  const made: [AuthorityName, Authority][] = [];
  for (const name of authorityNames) {
    const authority = await createAuthority({
      commonName: `test ${name} CA`,
      keyAlgorithm: 'ecdsa-p256',
      notBefore: new Date(at.getTime() - 300_000),
      notAfter: new Date(at.getTime() + 10 * 365 * 86_400_000),
      serial: newSerial(randomBytes),
    });
    made.push([name, authority]);
  }
  return Object.fromEntries(made) as Record<AuthorityName, Authority>;
}

/** A good request for a certificate of the list. */
export async function requestFor(
  record: HostRecord,
  name: string,
  options: { readonly at?: Date; readonly keyPair?: KeyPair } = {},
): Promise<SigningRequest> {
  const spec = specOf(record, name);
  const keyPair = options.keyPair ?? (await generateKeyPair(spec.keyAlgorithm));
  const csrDer = await createCsr({ keyPair, subject: spec.subject, alternativeNames: spec.alternativeNames });
  const requestedAtMs = (options.at ?? now).getTime();
  return { name, csrDer, requestId: randomUUID(), requestedAtMs, reason: 'missing' };
}

/** A good attempt. */
export async function attemptOf(record: HostRecord, name: string): Promise<Attempt> {
  const role = record.roles.includes('master') ? 'master' : 'node';
  return {
    request: await requestFor(record, name),
    caller: { host: record.name, role },
    host: registered(record),
    isCertificateRevoked: false,
    isWithinRate: true,
    now,
  };
}

/** The real list, and keys that nobody has used. */
export const facts: PolicyFacts = {
  certificatesOf: ({ record }) => resolveCertificates(config, record, paths),
  useOfKey: () => undefined,
};

/** A request that has passed the policy. */
export async function checkedRequest(record: HostRecord, name: string): Promise<CheckedRequest> {
  const decision = authorise(await attemptOf(record, name), facts);
  if (decision.kind === 'allow') return decision.request;
  throw new Error(`not allowed: ${JSON.stringify(decision)}`);
}
