/**
 * What the CA signs for automation: exactly the subject O=easycerts:automation, CN=<name>, without other names, for client
 * auth. The request is held against this spec by the same checks that hold hosts' requests against the certificate list.
 */

import { automationSubject, type CertificateSpec, isHostName, type KeyAlgorithm } from '@easycerts/cluster';
import { type Check, type DenyReason, firstFinding } from '@easycerts/core';
import { automationCertificate, automationHolder } from './automation.ts';
import { hasRequestId, isSmall } from './caller-checks.ts';
import { type Authorised, authoriseRead, type PolicyFacts, readCsr } from './policy.ts';

/** The request as it came in. */
export interface AutomationRequest {
  readonly name: string;
  readonly csrDer: Uint8Array;
  readonly requestId: string;
  readonly requestedAtMs: number;
}

export interface AutomationAttempt {
  readonly request: AutomationRequest;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly validityS: number;
  readonly now: Date;
}

type AutomationCheck = Check<AutomationAttempt, DenyReason>;

const namesAutomation: AutomationCheck = ({ request }) =>
  isHostName(request.name)
    ? undefined
    : { reason: 'malformed', detail: 'the name of the automation is not one DNS label in lowercase' };

/** What can be said before the CSR is read. */
const automationChecks: readonly AutomationCheck[] = [namesAutomation, isSmall, hasRequestId];

/** Decides about one attempt of a master that may call. */
export function authoriseAutomation(attempt: AutomationAttempt, facts: Pick<PolicyFacts, 'useOfKey'>): Authorised {
  const refused = firstFinding(automationChecks, attempt);
  if (refused !== undefined) return { kind: 'deny', finding: refused };
  const { now, request } = attempt;
  const csr = readCsr(request.csrDer);
  if ('reason' in csr) return { kind: 'deny', finding: csr };
  const signing = { ...request, name: automationCertificate, reason: 'missing' } as const;
  const read = { request: signing, spec: automationSpec(attempt), csr, now };
  return authoriseRead(automationHolder(request.name), read, facts);
}

/** It lies where its program runs: the CA knows neither directory nor owner. */
function automationSpec({ request, keyAlgorithm, validityS }: AutomationAttempt): CertificateSpec {
  return {
    name: automationCertificate,
    authority: 'easycerts',
    subject: automationSubject(request.name),
    alternativeNames: { dns: [], ip: [] },
    usages: ['client auth'],
    keyAlgorithm,
    validityS,
    directory: '',
    owner: '',
    group: '',
    keyMode: 0o600,
    usedBy: [],
  };
}
