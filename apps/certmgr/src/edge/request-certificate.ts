/**
 * Gets one certificate from the CA: new key, CSR, call, check of the answer. The key does not leave this host.
 *
 *   ABSENT ──key and CSR written──▶ PENDING ──signed, checked──▶ OBTAINED ──delivered──▶ ABSENT
 *
 * A crash in PENDING or OBTAINED repeats the same request; the CA knows it by its id and gives the same certificate.
 */

import { randomUUID } from 'node:crypto';
import { AppError, type Clock, dayMs, type ErrorCode, isAppError, type ReissueReason } from '@easycerts/core';
import {
  type CertificateFacts,
  createCsr,
  encodePem,
  generateKeyPair,
  parseCertificate,
  privateKeyToPem,
} from '@easycerts/pki';
import { answerFinding } from '../core/answer-checks.ts';
import { type LeafFacts, leafFactsOf } from '../core/observation.ts';
import type { Authority } from './authority.ts';
import type { PendingRequest, PendingRequests } from './pending-requests.ts';
import type { LoadedSpec } from './spec-files.ts';
import { type TrustBundle, type TrustBundles, trustBundleOf } from './trust-bundles.ts';

export interface CertificateRequest {
  readonly loaded: LoadedSpec;
  readonly reason: ReissueReason;
  /** Of the certificate in use, if there is one. */
  readonly currentSerial: string | undefined;
}

export interface RequestContext {
  readonly ca: Authority;
  readonly pending: PendingRequests;
  readonly bundles: TrustBundles;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told about every certificate that the CA has issued, wanted or not: the breaker counts them. */
  readonly onIssued: (serial: string) => Promise<void>;
}

/** Files and facts of a certificate that was checked: made here only. */
export interface ObtainedCertificate {
  readonly files: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly leaf: LeafFacts;
  readonly reason: ReissueReason;
  readonly previousSerial: string | undefined;
}

/** A request older than this is not repeated: the certificate that the CA has for it may be an old one. */
const oldestPendingMs = dayMs;

/** The CA may have issued, or may issue in a moment: the same request again. After every other answer a new one is made. */
const repeatedAfter: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'INTERNAL',
  'NOT_FOUND',
  'UNAUTHENTICATED',
  'NO_SPACE',
]);

/** Asks for the certificate and checks what comes. AppError of the CA, or FAILED_PRECONDITION for an answer that is wrong. */
export async function requestCertificate(
  request: CertificateRequest,
  context: RequestContext,
): Promise<ObtainedCertificate> {
  const pending = await pendingRequest(request, context);
  try {
    return await obtain(request.loaded, pending, context);
  } catch (error) {
    const isRepeated = isAppError(error) && (repeatedAfter.has(error.code) || error.details.reason === 'not-yet-valid');
    if (!isRepeated) await context.pending.remove(pending.name);
    throw error;
  }
}

async function pendingRequest(request: CertificateRequest, context: RequestContext): Promise<PendingRequest> {
  const { spec, digest } = request.loaded;
  const nowMs = context.clock.now().getTime();
  const found = await context.pending.load(spec.name);
  if (found !== undefined && isStillWanted(found, request, nowMs)) return found;
  const keyPair = await generateKeyPair(spec.keyAlgorithm);
  const csrDer = await createCsr({ keyPair, subject: spec.subject, alternativeNames: spec.alternativeNames });
  return context.pending.save({
    requestId: randomUUID(),
    name: spec.name,
    specDigest: digest,
    reason: request.reason,
    createdAtMs: nowMs,
    ...(request.currentSerial === undefined ? {} : { previousSerial: request.currentSerial }),
    csrDer,
    keyPair,
  });
}

function isStillWanted(found: PendingRequest, { loaded, reason }: CertificateRequest, nowMs: number): boolean {
  if (found.specDigest !== loaded.digest || found.name !== loaded.spec.name) return false;
  if (Math.abs(nowMs - found.createdAtMs) > oldestPendingMs) return false;
  // Whoever forces a new certificate may not trust what was there before, and that includes this key
  return reason !== 'forced' || found.reason === 'forced';
}

async function obtain(
  { spec }: LoadedSpec,
  pending: PendingRequest,
  context: RequestContext,
): Promise<ObtainedCertificate> {
  const answer = await context.ca.sign(
    {
      name: spec.name,
      csrDer: pending.csrDer,
      requestId: pending.requestId,
      requestedAtMs: context.clock.now().getTime(),
      reason: pending.reason,
    },
    { signal: context.signal },
  );
  const certificate = parsed(answer.certificateDer, spec.name);
  const chain = answer.chainDer.map((der) => parsed(der, spec.name));
  await context.onIssued(certificate.serial);
  const bundle = await agreedBundle(trustBundleOf(spec.authority, answer.trustBundlePem), context);
  const finding = answerFinding({
    spec,
    certificate,
    chain,
    bundle: bundle.certificates,
    spkiFingerprint: pending.spkiFingerprint,
    serial: answer.serial,
    nowMs: context.clock.now().getTime(),
  });
  if (finding !== undefined) throw wrongAnswer(spec.name, finding);
  return {
    files: {
      cert: [certificate, ...chain].map(({ der }) => encodePem('CERTIFICATE', der)).join(''),
      key: privateKeyToPem(pending.keyPair.privateKey),
      ca: bundle.pem,
    },
    leaf: leafFactsOf(certificate),
    reason: pending.reason,
    previousSerial: pending.previousSerial,
  };
}

/** The bundle in the answer must be the one that the CA gives to everybody: that is asked for when they differ. */
async function agreedBundle(answered: TrustBundle, { bundles, ca, signal }: RequestContext): Promise<TrustBundle> {
  if (bundles.get(answered.authority)?.digest !== answered.digest) await bundles.refresh(ca, signal);
  const known = bundles.get(answered.authority);
  if (known?.digest === answered.digest) return known;
  const detail = `its trust bundle is not the one that the CA gives for ${answered.authority}`;
  throw wrongAnswer(answered.authority, { reason: 'issuer', detail });
}

function parsed(der: Uint8Array, name: string): CertificateFacts {
  try {
    return parseCertificate(der);
  } catch (error) {
    throw wrongAnswer(name, { reason: 'unreadable', detail: 'it is no certificate' }, error);
  }
}

function wrongAnswer(
  name: string,
  { reason, detail }: { readonly reason: string; readonly detail: string },
  cause?: unknown,
): AppError {
  const cure =
    reason === 'not-yet-valid' ? 'set the clock of this host' : "compare the CA's certificate list with the spec file";
  return new AppError('FAILED_PRECONDITION', `certificate ${name}: the CA's answer is refused: ${detail}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { reason, cure },
  });
}
