/**
 * Signs for a host of the register that cfssl's API has authenticated: the certificate list decides, as for gRPC.
 *
 * The same request again, to the byte, within the window gets the certificate that the ledger has for it: certmgr repeats what
 * it got no answer to. Later, or with any other content, its key counts as used. The time in the request is not signed, so only
 * the ledger's counts.
 */

import { createHash } from 'node:crypto';
import { type DenyReason, type Finding, minuteMs } from '@easycerts/core';
import type { CsrFacts } from '@easycerts/pki';
import { askedFor } from '../../core/cfssl/asked-certificate.ts';
import { askedSpec, authorityOfLabel } from '../../core/cfssl/asked-spec.ts';
import { badRequest, type CfsslError, refusalAsCfsslError } from '../../core/cfssl/cfssl-error.ts';
import type { CfsslProfile } from '../../core/cfssl/profile.ts';
import { type CfsslSignRequest, csrDerOf } from '../../core/cfssl/sign-request.ts';
import type { LedgerRecord } from '../../core/ledger-record.ts';
import { type Authorised, authoriseRead, readCsrElsewhere } from '../../core/policy.ts';
import type { RegisteredHost } from '../../core/registered-host.ts';
import { type CallEnvironment, type Stores, writableStoresOf } from '../call-environment.ts';
import { issueAndRecord } from '../issue-and-record.ts';
import { recordOf } from '../ledger.ts';
import { revokeRecords } from '../revoke-records.ts';

/** How long a repeated request is answered with what it got before. */
export const replayWindowMs = 5 * minuteMs;

/** Reasons that a newer configuration or newer facts of this host can take away. */
const mayBeOutdated: ReadonlySet<DenyReason> = new Set(['not-in-list', 'subject', 'names', 'usages']);

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
  const isWithinRate = environment.maySign(wanted.host);
  // Before OpenSSL works for it.
  const notAdmitted = admissionFinding(stores.register.find(wanted.host), isWithinRate);
  if (notAdmitted !== undefined) throw refuse(environment, wanted, notAdmitted);
  const csr = await readCsrElsewhere(csrDer);
  if ('reason' in csr) throw refuse(environment, wanted, csr);
  const requestId = `cfssl ${createHash('sha256').update(wanted.bytes).digest('hex')}`;
  const decide = (): Authorised => decideNow({ wanted, csr, csrDer, requestId }, environment, stores);
  let first = decide();
  if (first.kind === 'deny' && mayBeOutdated.has(first.finding.reason) && (await environment.view.refresh())) {
    first = decide();
  }
  const decision = await environment.onceAKey({ first, again: decide }, ({ request }) =>
    issueAndRecord(request, environment, stores),
  );
  if (decision.kind === 'deny') throw refuse(environment, wanted, decision.finding);
  if (decision.kind === 'repeat') return repeated(decision.serial, wanted, environment);
  await assertStillStands(decision.value, wanted, environment);
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
  const gone = standingFinding(registered);
  if (registered === undefined || gone !== undefined) return deny(gone ?? unknownHost);
  const authority = authorityOfLabel(request.label);
  if (authority === undefined) throw badRequest('bad label');
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

const unknownHost = { reason: 'unknown-host', detail: 'the host is not in the register' } as const;

function standingFinding(host: RegisteredHost | undefined): Finding<DenyReason> | undefined {
  if (host === undefined) return unknownHost;
  return host.isRevoked ? { reason: 'host-revoked', detail: 'the host has been revoked' } : undefined;
}

function admissionFinding(host: RegisteredHost | undefined, isWithinRate: boolean): Finding<DenyReason> | undefined {
  const rate = isWithinRate ? undefined : ({ reason: 'rate-limited', detail: 'too many requests' } as const);
  return standingFinding(host) ?? rate;
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
  const { ledger, revocations } = writableStoresOf(environment);
  const refused = (reason: DenyReason, detail: string): CfsslError => refuse(environment, wanted, { reason, detail });
  if (revocations.has(serial)) {
    throw refused('certificate-revoked', 'the certificate of this request has been revoked');
  }
  const record = await recordOf(ledger, serial);
  if (environment.clock.now().getTime() - record.issuedAtMs <= replayWindowMs) return record;
  throw refused('replayed', 'this request was answered before: a new certificate needs a new key');
}

/** A host may have been removed while its certificate was being made: then that is revoked like its others. */
async function assertStillStands(
  record: LedgerRecord,
  wanted: HostRequest,
  environment: CallEnvironment,
): Promise<void> {
  const stores = writableStoresOf(environment);
  const finding = standingFinding(stores.register.find(wanted.host));
  if (finding === undefined) return;
  const atMs = environment.clock.now().getTime();
  await revokeRecords(environment, stores, { records: [record], reason: 'host-removed', atMs });
  throw refuse(environment, wanted, finding);
}

function refuse(
  { audit }: CallEnvironment,
  { host, request, peer }: HostRequest,
  finding: Finding<DenyReason>,
): CfsslError {
  audit.signRefused(request.profile === '' ? 'cfssl' : `cfssl/${request.profile}`, { host, finding, peer });
  return refusalAsCfsslError(finding);
}
