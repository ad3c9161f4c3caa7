/**
 * Gets this host its identity and its first configuration for a join token.
 *
 *   TOKEN ──key, CSR, id written──▶ requested ──called, checked──▶ answered ──document written──▶ configured
 *         ──identity set swapped──▶ delivered ──event, request forgotten──▶ told
 *
 * A crash up to `configured` repeats the same request, which the CA answers in the same way until the identity is first used;
 * one in `delivered` or later finds the identity there, with the key of the request, and asks nobody.
 */

import { randomUUID } from 'node:crypto';
import { hostIdentitySubject, type JoinToken, type KeyAlgorithm, keyAlgorithms, type Paths } from '@easycerts/cluster';
import { type Clock, isAppError, type ReissueReason } from '@easycerts/core';
import { createCsr, encodePem, generateKeyPair, privateKeyToPem } from '@easycerts/pki';
import { deliverSet, type enrolWithToken, type Users, withFileLock, writeReceivedDocument } from '@easycerts/runtime';
import { checkEnrolment } from '../core/enrolment-answer.ts';
import { type LeafFacts, leafFactsOf } from '../core/observation.ts';
import { type IdentityState, readIdentityState } from './identity-state.ts';
import type { PendingRequest, PendingRequests } from './pending-requests.ts';
import type { Reporter } from './reporter.ts';

export const enrolmentSteps = ['requested', 'answered', 'configured', 'delivered', 'told'] as const;
export type EnrolmentStep = (typeof enrolmentSteps)[number];

export interface EnrolHostParts {
  /** Name of this host. */
  readonly host: string;
  readonly paths: Paths;
  readonly users: Users;
  readonly clock: Clock;
  readonly pending: PendingRequests;
  readonly reporter: Pick<Reporter, 'delivered'>;
  readonly signal: AbortSignal;
  readonly enrol: typeof enrolWithToken;
  /** Told when a step is durable. */
  readonly onStep?: (step: EnrolmentStep) => void;
}

export interface EnrolledHost {
  readonly serial: string;
  readonly notAfterMs: number;
}

/** The name that the identity has in the certificate list, so that certmgr's other passes find a request left over. */
const name = 'host';
/** Nothing is known of the cluster yet: the CA says when its list wants another kind of key. */
const firstKeyAlgorithm: KeyAlgorithm = 'ecdsa-p256';
/** As long as another process may take: see enrolWithToken. */
const lockWaitMs = 60_000;

/** Enrols, or ends what a crash has left. Throws what enrolWithToken throws, and what checkEnrolment says of the answer. */
export async function enrolHost(token: JoinToken, parts: EnrolHostParts): Promise<EnrolledHost> {
  const { paths, signal } = parts;
  const lock = `${paths.certmgrState}/locks/${name}.lock`;
  return withFileLock(lock, { waitMs: lockWaitMs, signal }, () => enrolLocked(token, parts));
}

/** Forgets the request of an enrolment that will not be repeated: its key must not lie around. */
export async function forgetEnrolment({ pending, paths, signal }: EnrolHostParts): Promise<void> {
  const lock = `${paths.certmgrState}/locks/${name}.lock`;
  await withFileLock(lock, { waitMs: lockWaitMs, signal }, () => pending.remove(name));
}

/** What a crash after the delivery has left: the request lies there still, and its key is the one in use. */
export function untoldEnrolment(
  request: PendingRequest | undefined,
  identity: IdentityState,
): { readonly request: PendingRequest; readonly leaf: LeafFacts } | undefined {
  if (identity.kind !== 'usable' || request?.spkiFingerprint !== identity.leaf.spkiFingerprint) return undefined;
  return { request, leaf: identity.leaf };
}

/** A request belongs to one token: another one is another try. */
export function isRequestFor(request: Pick<PendingRequest, 'specDigest'>, token: JoinToken): boolean {
  return request.specDigest === digestOf(token);
}

async function enrolLocked(token: JoinToken, parts: EnrolHostParts): Promise<EnrolledHost> {
  const { host, paths, clock, pending, onStep = () => undefined } = parts;
  const identity = await readIdentityState(paths.hostIdentity, host, clock.now().getTime());
  const left = await pending.load(name);
  const untold = untoldEnrolment(left, identity);
  if (untold !== undefined) return tell(untold.request, untold.leaf, parts);
  const known = { token, identity, parts };
  const request = left !== undefined && isRequestFor(left, token) ? left : await newRequest(known, firstKeyAlgorithm);
  onStep('requested');
  const obtained = await obtain(token, request, parts).catch(async (error: unknown) => {
    const wanted = wantedKey(error);
    if (wanted === undefined || wanted === request.keyPair.algorithm) throw error;
    return obtain(token, await newRequest(known, wanted), parts);
  });
  onStep('delivered');
  return tell(obtained.request, obtained.leaf, parts);
}

/** The kind of key that the certificate list of the cluster wants, when that is why the CA refused. */
function wantedKey(error: unknown): KeyAlgorithm | undefined {
  if (!isAppError(error) || error.details.reason !== 'weak-key') return undefined;
  return keyAlgorithms.find((algorithm) => algorithm === error.details.keyAlgorithm);
}

interface Enrolment {
  readonly token: JoinToken;
  readonly identity: IdentityState;
  readonly parts: EnrolHostParts;
}

async function newRequest(
  { token, identity, parts: { host, clock, pending } }: Enrolment,
  keyAlgorithm: KeyAlgorithm,
): Promise<PendingRequest> {
  const keyPair = await generateKeyPair(keyAlgorithm);
  const subject = hostIdentitySubject(host, ['node']);
  const reason: ReissueReason = identity.kind === 'usable' ? 'revoked' : identity.reason;
  const previousSerial = identity.kind === 'usable' ? identity.leaf.serial : identity.serial;
  return pending.save({
    requestId: randomUUID(),
    name,
    specDigest: digestOf(token),
    reason,
    createdAtMs: clock.now().getTime(),
    ...(previousSerial === undefined ? {} : { previousSerial }),
    csrDer: await createCsr({ keyPair, subject, alternativeNames: { dns: [], ip: [] } }),
    keyPair,
  });
}

function digestOf(token: JoinToken): string {
  return `token-${token.id}`;
}

interface Obtained {
  readonly request: PendingRequest;
  readonly leaf: LeafFacts;
}

async function obtain(token: JoinToken, request: PendingRequest, parts: EnrolHostParts): Promise<Obtained> {
  const { host, paths, users, clock, signal, enrol, onStep = () => undefined } = parts;
  const { csrDer, requestId, spkiFingerprint, keyPair } = request;
  const requestedAtMs = clock.now().getTime();
  const call = { host, role: 'node', csrDer, requestId, requestedAtMs };
  const { authority, endpoint: _, ...answer } = await enrol(token, call, { clock, signal });
  const nowMs = clock.now().getTime();
  const keyAlgorithm = keyPair.algorithm;
  const checked = checkEnrolment({ answer, authority, host, keyAlgorithm, spkiFingerprint, paths, nowMs });
  onStep('answered');
  // Before the identity: whoever finds that may go on, and needs the configuration for it
  await writeReceivedDocument(paths, checked.document, users);
  onStep('configured');
  const { directory, owner, group, keyMode } = checked.spec;
  await deliverSet({
    directory,
    owner,
    group,
    keyMode,
    users,
    files: {
      cert: encodePem('CERTIFICATE', checked.certificate.der),
      key: privateKeyToPem(keyPair.privateKey),
      ca: checked.bundlePem,
    },
  });
  return { request, leaf: leafFactsOf(checked.certificate) };
}

async function tell(request: PendingRequest, leaf: LeafFacts, parts: EnrolHostParts): Promise<EnrolledHost> {
  const { reporter, pending, paths, onStep = () => undefined } = parts;
  const { reason, previousSerial } = request;
  const spec = { name, authority: 'easycerts', directory: paths.hostIdentity } as const;
  reporter.delivered({ spec, leaf, reason, previousSerial });
  await pending.remove(name);
  onStep('told');
  return { serial: leaf.serial, notAfterMs: leaf.notAfterMs };
}
