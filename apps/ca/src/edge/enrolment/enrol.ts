/**
 * Enrol: trades a join token and a CSR for a host identity.
 *
 *   ASKED ──authoriseEnrolment──▶ ALLOWED ──▶ USED (token) ──▶ REGISTERED (host) ──▶ RECORDED (ledger) ──▶ answered
 *
 * Each arrow after ALLOWED is one durable write. The same request (request id and CSR) finds what it has written before and
 * goes on from there, so that a crash or a lost answer costs neither a second use nor a second certificate. The serial number
 * is reserved with the use of the token: only what has used it can be signed.
 */

import { encodeNodeDocument, isSingleMachine, nodeDocumentOf } from '@easycerts/cluster';
import type { EnrolRequest, EnrolResponse } from '@easycerts/contracts';
import { type AppError, type DenyReason, type Finding, firstFinding } from '@easycerts/core';
import { newSerial } from '@easycerts/pki';
import type { OpenCallContext } from '@easycerts/runtime';
import { type EnrolmentAttempt, registrationFinding, tokenChecks } from '../../core/enrolment-checks.ts';
import { authoriseEnrolment, type EnrolmentDecision, enrolmentHashOf } from '../../core/enrolment-policy.ts';
import type { LedgerRecord } from '../../core/ledger-record.ts';
import { peerAddressOf, sourceOf } from '../../core/peer-address.ts';
import type { HostEnrolment, RegisteredHost } from '../../core/registered-host.ts';
import { type TokenRecord, type TokenUse, useOf, withUse } from '../../core/token-record.ts';
import { provenToken } from '../../core/token-secret.ts';
import { publishHostJoined, publishTokenUsed } from '../../events.ts';
import { trustBundleOf } from '../authority-files.ts';
import { type CallEnvironment, type Stores, writableStoresOf } from '../call-environment.ts';
import { issueAndRecord } from '../issue-and-record.ts';
import { recordOf } from '../ledger.ts';
import { masterAddressesOf } from '../tokens/master-addresses.ts';
import { refuseEnrolment } from './refuse-enrolment.ts';
import { assertStillJoined, revokeReplaced } from './settle-identity.ts';

type Allowed = Extract<EnrolmentDecision, { kind: 'allow' }>;
type EnrolledHost = RegisteredHost & { readonly enrolment: HostEnrolment };

/** What one call works with. */
interface Call {
  readonly request: EnrolRequest;
  readonly peer: string;
  readonly requestHash: string;
  /** The request and what is known about it at this moment. */
  readonly attempt: () => EnrolmentAttempt;
  readonly environment: CallEnvironment;
  readonly stores: Stores;
}

/** The handler of Enrol. */
export function createEnrol(environment: CallEnvironment) {
  return async (request: EnrolRequest, { peer, signal }: OpenCallContext): Promise<EnrolResponse> => {
    const call = callOf(request, peer, environment);
    const { stores } = call;
    const decide = (): EnrolmentDecision =>
      authoriseEnrolment(call.attempt(), {
        certificatesOf: (host) => environment.view.certificatesOf(host),
        useOfKey: (fingerprint) => stores.ledger.useOfKey(fingerprint),
        masterAddresses: masterAddressesOf(environment.view),
      });
    const first = decide();
    // Counted before anything is waited for: guesses that come at once are one after the other here.
    if (first.kind === 'deny') throw refuse(call, first.finding);
    const decision = await environment.onceAKey({ first, again: decide }, (allowed) => {
      signal.throwIfAborted();
      return enrol(allowed, call);
    });
    if (decision.kind === 'deny') throw refuse(call, decision.finding);
    if (decision.kind === 'repeat') {
      if (stores.revocations.has(decision.serial)) {
        throw refuse(call, { reason: 'certificate-revoked', detail: 'the identity of this request has been revoked' });
      }
      tellRepeated(call);
      return answerOf(environment, decision.record, await recordOf(stores.ledger, decision.serial));
    }
    if ('reason' in decision.value) throw refuse(call, decision.value);
    const { host, certificate } = decision.value;
    return answerOf(environment, host.record, certificate);
  };
}

function callOf(request: EnrolRequest, peer: string, environment: CallEnvironment): Call {
  const stores = writableStoresOf(environment);
  const { clock, view, enrolments } = environment;
  const address = peerAddressOf(peer);
  const requestHash = enrolmentHashOf(request);
  const isWithinRate = enrolments.mayTry(sourceOf(address), clock.now());
  const attempt = (): EnrolmentAttempt => ({
    request,
    requestHash,
    isWithinRate,
    token: provenToken(stores.tokens.find(request.tokenId), request.tokenSecret),
    known: stores.register.find(request.host),
    address,
    isSingleMachine: isSingleMachine(view.config.masterAddress),
    now: clock.now(),
  });
  return { request, peer, requestHash, attempt, environment, stores };
}

/** The three durable steps; a finding when one of them was too late. */
async function enrol(
  { request, record }: Allowed,
  call: Call,
): Promise<Finding<DenyReason> | { readonly host: EnrolledHost; readonly certificate: LedgerRecord }> {
  const { environment, stores, peer } = call;
  const used = await useToken(call);
  if ('reason' in used) return used;
  const { token, use } = used;
  publishTokenUsed(environment.events, { token, use, peer });
  const enrolment = { tokenId: token.id, requestHash: use.requestHash, serial: use.serial, joinedAtMs: use.atMs };
  const wanted = { record, isRevoked: false, enrolment: { ...enrolment, isConfirmed: false } };
  const host = await register(stores, wanted, token.host === record.name);
  if ('reason' in host) return host;
  const { serial } = host.enrolment;
  if (token.host === record.name) await revokeReplaced(environment, stores, record.name);
  const certificate = await issueAndRecord(request, environment, { ledger: stores.ledger, serial });
  const gone = await assertStillJoined(environment, stores, { record: certificate, requestHash: use.requestHash });
  if (gone !== undefined) return gone;
  environment.logger.info(
    { host: record.name, tokenId: token.id, addresses: host.record.addresses, peer },
    'a host has joined',
  );
  environment.metrics.joined();
  publishHostJoined(environment.events, host, peer);
  return { host, certificate };
}

type UseOutcome = Finding<DenyReason> | { readonly token: TokenRecord; readonly use: TokenUse };

/** ALLOWED ──▶ USED: decides again about the token as it is stored. */
function useToken(call: Call): Promise<UseOutcome> {
  const { request, requestHash, environment, stores, attempt } = call;
  const { clock, randomBytes } = environment;
  const serial = newSerial(randomBytes);
  return stores.tokens.change<UseOutcome>(request.tokenId, (found) => {
    const token = provenToken(found, request.tokenSecret);
    const finding = firstFinding(tokenChecks, { ...attempt(), token });
    if (finding !== undefined) return { result: finding };
    // tokenChecks have refused an unknown token; this tells the compiler.
    if (token === undefined) return { result: { reason: 'token-unknown', detail: 'there is no such token' } };
    const before = useOf(token, requestHash);
    if (before !== undefined) return { result: { token, use: before } };
    const use = { host: request.host, requestHash, serial, atMs: clock.now().getTime() };
    const after = withUse(token, use);
    return { token: after, result: { token: after, use } };
  });
}

/** USED ──▶ REGISTERED: the first request for a name gets it. */
function register(
  { register: hosts }: Stores,
  wanted: EnrolledHost,
  mayReplace: boolean,
): Promise<Finding<DenyReason> | EnrolledHost> {
  const { record, enrolment } = wanted;
  const { requestHash } = enrolment;
  return hosts.change<Finding<DenyReason> | EnrolledHost>(record.name, (found) => {
    const finding = registrationFinding(found, { host: record.name, requestHash, mayReplace });
    if (finding !== undefined) return { result: finding };
    const before = found?.enrolment;
    if (found !== undefined && before?.requestHash === requestHash) return { result: { ...found, enrolment: before } };
    return { host: wanted, result: wanted };
  });
}

/** A crash may have come between a write and its event: told again, consumers know it by its id. */
function tellRepeated({ attempt, requestHash, environment, peer }: Call): void {
  const { token, known } = attempt();
  const use = token === undefined ? undefined : useOf(token, requestHash);
  if (token !== undefined && use !== undefined) publishTokenUsed(environment.events, { token, use, peer });
  if (known?.enrolment !== undefined)
    publishHostJoined(environment.events, { ...known, enrolment: known.enrolment }, peer);
}

function refuse({ request, peer, environment }: Call, finding: Finding<DenyReason>): AppError {
  return refuseEnrolment(environment, { request, peer, finding });
}

function answerOf(
  { authorities, view }: CallEnvironment,
  host: RegisteredHost['record'],
  { certificateDer, serial }: LedgerRecord,
): EnrolResponse {
  return {
    certificateDer,
    trustBundlePem: trustBundleOf(authorities.easycerts),
    serial,
    nodeDocument: encodeNodeDocument(nodeDocumentOf(view.config, host)),
  };
}
