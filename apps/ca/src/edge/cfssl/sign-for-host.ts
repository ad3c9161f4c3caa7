/**
 * Signs for a host of the register that cfssl's API has authenticated: the certificate list decides, as for gRPC.
 *
 * The same request again, to the byte, within the window gets the certificate that the ledger has for it: certmgr repeats what
 * it got no answer to. Later, or with any other content, its key counts as used. The time in the request is not signed, so only
 * the ledger's counts.
 */

import { hash } from 'node:crypto';
import { type DenyReason, type Finding, firstFinding, minuteMs } from '@easycerts/core';
import type { CsrFacts } from '@easycerts/pki';
import { admissionChecks, registrationChecks } from '../../core/caller-checks.ts';
import { askedFor } from '../../core/cfssl/asked-certificate.ts';
import { askedAuthority, askedSpec } from '../../core/cfssl/asked-spec.ts';
import { type CfsslError, refusalAsCfsslError } from '../../core/cfssl/cfssl-error.ts';
import type { CfsslProfile } from '../../core/cfssl/profile.ts';
import { type CfsslSignRequest, csrDerOf } from '../../core/cfssl/sign-request.ts';
import type { LedgerRecord } from '../../core/ledger-record.ts';
import { type Authorised, authoriseRead } from '../../core/policy.ts';
import { type CallEnvironment, type Stores, writableStoresOf } from '../call-environment.ts';
import { issueOnce } from '../issue-once.ts';
import { recordOf } from '../ledger.ts';

/** How long a repeated request is answered with what it got before. */
const replayWindowMs = 5 * minuteMs;

export interface HostRequest {
  readonly host: string;
  readonly profile: CfsslProfile;
  readonly request: CfsslSignRequest;
  /** What was sent, for telling repeated requests from others. */
  readonly bytes: Uint8Array;
  readonly peer: string;
}

/** The certificate, recorded. CfsslError when the request is refused, which the audit trail has then. */
export async function signForHost(wanted: HostRequest, environment: CallEnvironment): Promise<LedgerRecord> {
  const startedMs = environment.clock.now().getTime();
  const stores = writableStoresOf(environment);
  const csrDer = csrDerOf(wanted.request);
  const registered = () => stores.register.find(wanted.host);
  const isWithinRate = environment.maySign(wanted.host);
  // Before OpenSSL works for it.
  const notAdmitted = firstFinding(admissionChecks, { host: registered(), isWithinRate });
  if (notAdmitted !== undefined) throw refuse(environment, wanted, notAdmitted);
  const csr = await environment.signing.readCsr(csrDer);
  if ('reason' in csr) throw refuse(environment, wanted, csr);
  const requestId = `cfssl ${hash('sha256', wanted.bytes)}`;
  const decide = (): Authorised => decideNow({ wanted, csr, csrDer, requestId }, environment, stores);
  const standing = () => firstFinding(registrationChecks, { host: registered() });
  const decision = await issueOnce({ decide, standing }, environment, stores);
  if (decision.kind === 'deny') throw refuse(environment, wanted, decision.finding);
  if (decision.kind === 'repeat') return repeated(decision.serial, wanted, environment);
  environment.metrics.signed((environment.clock.now().getTime() - startedMs) / 1_000);
  return decision.value;
}

interface Deciding {
  readonly wanted: HostRequest;
  readonly csr: CsrFacts;
  readonly csrDer: Uint8Array;
  readonly requestId: string;
}

function decideNow(deciding: Deciding, environment: CallEnvironment, stores: Stores): Authorised {
  const { wanted, csr, csrDer, requestId } = deciding;
  const { host, request, profile } = wanted;
  const registered = stores.register.find(host);
  const gone = firstFinding(registrationChecks, { host: registered });
  if (gone !== undefined) return deny(gone);
  // registrationChecks have refused an unknown host; this tells the compiler.
  if (registered === undefined) return deny({ reason: 'unknown-host', detail: 'not in the register' });
  const authority = askedAuthority(request.label);
  const { view, clock } = environment;
  const asked = askedFor(csr, request);
  const isTaken = (name: string): boolean => isTakenName(name, environment, stores);
  const spec = askedSpec(view.certificatesOf(registered), { asked, authority, profile, isTaken });
  if ('reason' in spec) return deny(spec);
  const now = clock.now();
  const signing = { name: spec.name, csrDer, requestId, requestedAtMs: now.getTime(), reason: 'missing' } as const;
  const read = { request: signing, spec, csr: asked, now };
  return authoriseRead(host, read, { useOfKey: (fingerprint) => stores.ledger.useOfKey(fingerprint) });
}

function deny(finding: Finding<DenyReason>): Authorised {
  return { kind: 'deny', finding };
}

/** A name of a host, or one that a certificate of this master has. */
function isTakenName(name: string, { view }: CallEnvironment, { register }: Stores): boolean {
  if (register.find(name) !== undefined || view.ownHost.name === name) return true;
  const own = register.find(view.ownHost.name);
  return (
    own !== undefined && view.certificatesOf(own).some(({ alternativeNames }) => alternativeNames.dns.includes(name))
  );
}

async function repeated(serial: string, wanted: HostRequest, environment: CallEnvironment): Promise<LedgerRecord> {
  const record = await recordOf(writableStoresOf(environment).ledger, serial);
  if (environment.clock.now().getTime() - record.issuedAtMs <= replayWindowMs) return record;
  const detail = 'this request was answered before: a new certificate needs a new key';
  throw refuse(environment, wanted, { reason: 'replayed', detail });
}

function refuse(
  { audit }: CallEnvironment,
  { host, request, peer }: HostRequest,
  finding: Finding<DenyReason>,
): CfsslError {
  audit.signRefused(request.profile === '' ? 'cfssl' : `cfssl/${request.profile}`, { host, finding, peer });
  return refusalAsCfsslError(finding);
}
