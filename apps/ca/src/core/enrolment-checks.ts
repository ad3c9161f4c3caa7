/** The checks of a machine that wants to become a host, before anything of its CSR is looked at. */

import { isHostName, joinTokenSecretBytes, roles } from '@easycerts/cluster';
import { type Check, type DenyReason, type Finding, firstFinding } from '@easycerts/core';
import { maxCsrBytes } from '@easycerts/pki';
import { hasRequestId } from './caller-checks.ts';
import { isReachableAddress } from './peer-address.ts';
import type { RegisteredHost } from './registered-host.ts';
import { roleOf } from './registered-host.ts';
import { isFresh } from './request-checks.ts';
import { type TokenRecord, tokenStateOf, useOf } from './token-record.ts';

/** The request as it came in. */
export interface EnrolmentRequest {
  readonly tokenId: string;
  readonly tokenSecret: Uint8Array;
  readonly host: string;
  readonly role: string;
  readonly csrDer: Uint8Array;
  readonly requestId: string;
  readonly requestedAtMs: number;
}

/** A request and everything known about it. */
export interface EnrolmentAttempt {
  readonly request: EnrolmentRequest;
  /** See requestHashOf. */
  readonly requestHash: string;
  /** Whether its source has not failed too often. */
  readonly isWithinRate: boolean;
  /** The token, when there is one and the secret is its, see provenToken. */
  readonly token: TokenRecord | undefined;
  /** What the register says about the name that is asked for. */
  readonly known: RegisteredHost | undefined;
  /** The address that the CA sees. */
  readonly address: string | undefined;
  /** `masterAddress: localhost`: everybody comes from loopback. */
  readonly isSingleMachine: boolean;
  readonly now: Date;
}

type EnrolmentCheck = Check<EnrolmentAttempt, DenyReason>;

const isWithinRate: EnrolmentCheck = (attempt) =>
  attempt.isWithinRate
    ? undefined
    : { reason: 'rate-limited', detail: 'too many refused enrolments from this address' };

const isSmall: EnrolmentCheck = ({ request }) =>
  request.csrDer.length > maxCsrBytes
    ? { reason: 'too-large', detail: `the CSR has more than ${maxCsrBytes} bytes` }
    : undefined;

const namesToken: EnrolmentCheck = ({ request }) =>
  /^[0-9a-f]{12}$/.test(request.tokenId) && request.tokenSecret.length === joinTokenSecretBytes
    ? undefined
    : { reason: 'malformed', detail: 'not the id and the secret of a join token' };

const namesHost: EnrolmentCheck = ({ request }) =>
  isHostName(request.host)
    ? undefined
    : { reason: 'malformed', detail: 'the name of the host is not one DNS label in lowercase' };

const namesRole: EnrolmentCheck = ({ request }) =>
  roles.some((role) => role === request.role)
    ? undefined
    : { reason: 'malformed', detail: `the role is none of ${roles.join(', ')}` };

const hasKnownToken: EnrolmentCheck = ({ token }) =>
  token === undefined ? { reason: 'token-unknown', detail: 'there is no such token' } : undefined;

const hasUnrevokedToken: EnrolmentCheck = ({ token }) =>
  token?.revokedAtMs === undefined
    ? undefined
    : { reason: 'token-revoked', detail: `the token was revoked ${new Date(token.revokedAtMs).toISOString()}` };

/** The time and the uses of a token do not matter to a request that has used it already. */
const isNewUse = ({ token, requestHash }: EnrolmentAttempt): boolean =>
  token !== undefined && useOf(token, requestHash) === undefined;

const hasUnexpiredToken: EnrolmentCheck = (attempt) => {
  const { token, now } = attempt;
  if (token === undefined || !isNewUse(attempt) || tokenStateOf(token, now) !== 'expired') return undefined;
  return { reason: 'token-expired', detail: `the token was valid until ${new Date(token.expiresAtMs).toISOString()}` };
};

const hasUnusedToken: EnrolmentCheck = (attempt) => {
  const { token, now } = attempt;
  if (token === undefined || !isNewUse(attempt) || tokenStateOf(token, now) !== 'used') return undefined;
  const hosts = token.uses === 1 ? 'one host, which has' : `${token.uses} hosts, which have`;
  return { reason: 'token-used', detail: `the token was for ${hosts} joined` };
};

const isForRole: EnrolmentCheck = ({ token, request }) =>
  token === undefined || token.role === request.role
    ? undefined
    : { reason: 'token-role', detail: `the token is for the role ${token.role}` };

const isForName: EnrolmentCheck = ({ token, request }) =>
  token?.host === undefined || token.host === request.host
    ? undefined
    : { reason: 'token-name', detail: 'the token is for another name' };

const hasFreeName: EnrolmentCheck = ({ token, request, requestHash, known }) => {
  const isTakenHere = token?.usedBy.some((use) => use.host === request.host && use.requestHash !== requestHash);
  if (isTakenHere === true) return nameTaken(request.host);
  return registrationFinding(known, { host: request.host, requestHash, mayReplace: token?.host === request.host });
};

/** Others could not reach the host, and its certificates would name nothing. */
const isReachable: EnrolmentCheck = ({ token, address, isSingleMachine }) => {
  const hasAddress = address !== undefined && isReachableAddress(address);
  if (hasAddress || isSingleMachine || (token?.addresses.length ?? 0) > 0) return undefined;
  return {
    reason: 'not-permitted',
    detail: `the call comes from ${address ?? 'nowhere'}: join from the host itself, or name its --address with the token`,
  };
};

/** What has to hold of the token when its use is recorded: asked again then, of what is stored. */
export const tokenChecks: readonly EnrolmentCheck[] = [
  hasKnownToken,
  hasUnrevokedToken,
  hasUnexpiredToken,
  hasUnusedToken,
  isForRole,
  isForName,
  hasFreeName,
];

/** In this order: how often, whether it can be read, when, with which token, for which name, from where. */
export const enrolmentChecks: readonly EnrolmentCheck[] = [
  isWithinRate,
  isSmall,
  namesToken,
  namesHost,
  namesRole,
  hasRequestId,
  isFresh,
  ...tokenChecks,
  isReachable,
];

/** A name that is to be registered, and for which request. */
export interface Registration {
  readonly host: string;
  readonly requestHash: string;
  /** Whether the token is for exactly this name: then a machine that was set up anew may take it over. */
  readonly mayReplace: boolean;
}

const registrationChecks: readonly ((
  known: RegisteredHost,
  wanted: Registration,
) => Finding<DenyReason> | undefined)[] = [
  ({ isRevoked }) => (isRevoked ? { reason: 'host-revoked', detail: 'the host has been revoked' } : undefined),
  ({ enrolment }, { requestHash }) =>
    enrolment?.requestHash === requestHash && enrolment.isConfirmed
      ? { reason: 'replayed', detail: 'the host has used the identity that it got for this request' }
      : undefined,
  ({ enrolment, record }, { host, requestHash, mayReplace }) =>
    enrolment?.requestHash === requestHash || (mayReplace && roleOf(record) !== 'master') ? undefined : nameTaken(host),
];

/** Why a name cannot be registered over what the register says; undefined: it can. */
export function registrationFinding(
  known: RegisteredHost | undefined,
  wanted: Registration,
): Finding<DenyReason> | undefined {
  if (known === undefined) return undefined;
  return firstFinding(
    registrationChecks.map((check) => () => check(known, wanted)),
    undefined,
  );
}

function nameTaken(host: string): Finding<DenyReason> {
  return { reason: 'name-taken', detail: `there is a host ${host} already` };
}
