/** When a certificate has to be issued again: one literal, ordered list. The first finding is the reason. */

import type { CertificateSpec } from '@easycerts/cluster';
import { type Check, type Finding, firstFinding, type ReissueReason } from '@easycerts/core';
import { differsInKey, differsInNames, differsInSubject, differsInUsages } from './leaf-checks.ts';
import type { CertificateObservation, LeafFacts } from './observation.ts';
import { renewAtMs } from './schedule.ts';

/** A spec, whoever wrote it, and what is on disk. */
export interface ReissueInput<S = CertificateSpec> {
  readonly spec: S;
  readonly observation: CertificateObservation;
  /** Somebody asked for a new one. */
  readonly isForced: boolean;
  readonly nowMs: number;
}

type ReissueCheck = Check<ReissueInput, ReissueReason>;
type Found = Finding<ReissueReason> | undefined;

/**
 * The order is behaviour: it follows `reissueReasons`. What makes a set unusable comes first, then what somebody wants, then
 * what differs from the spec, then time. `revoked` is not here: a host learns of it by the CA refusing what it holds.
 */
export const reissueChain: readonly ReissueCheck[] = [
  isMissing,
  isUnreadable,
  isForAnotherKey,
  isForced,
  ofLeaf(differsInSubject),
  ofLeaf(differsInNames),
  ofLeaf(differsInUsages),
  hasAnotherIssuer,
  ofLeaf(differsInKey),
  isNotYetValid,
  isExpired,
  isNearExpiry,
];

/** The reason to issue the certificate again, if there is one. */
export function reissueFinding(input: ReissueInput): Finding<ReissueReason> | undefined {
  return firstFinding(reissueChain, input);
}

export function isMissing({ observation }: ReissueInput<unknown>): Found {
  return observation.kind === 'missing' ? { reason: 'missing', detail: observation.detail } : undefined;
}

export function isUnreadable({ observation }: ReissueInput<unknown>): Found {
  return observation.kind === 'unreadable' ? { reason: 'unreadable', detail: observation.detail } : undefined;
}

export function isForAnotherKey({ observation }: ReissueInput<unknown>): Found {
  if (observation.kind !== 'present' || observation.doesKeyMatch) return undefined;
  return { reason: 'key-mismatch', detail: 'the key is not that of the first certificate' };
}

export function isForced({ isForced: isAskedFor }: ReissueInput<unknown>): Found {
  return isAskedFor ? { reason: 'forced', detail: 'a new certificate was asked for' } : undefined;
}

export function hasAnotherIssuer({ spec, observation }: ReissueInput<{ readonly authority: string }>): Found {
  if (observation.kind !== 'present' || observation.isIssuerTrusted) return undefined;
  const detail = `${observation.leaf.issuerText} is not a trusted CA of ${spec.authority}`;
  return { reason: 'issuer-changed', detail };
}

/** Either the host's clock is wrong or the CA's was: reissuing on that would go on for ever, so the plan waits instead. */
export function isNotYetValid(input: ReissueInput<unknown>): Found {
  return whenPresent(input, (leaf) => {
    if (input.nowMs >= leaf.notBeforeMs) return undefined;
    const detail = `valid from ${isoTime(leaf.notBeforeMs)} on, but the clock of this host says ${isoTime(input.nowMs)}`;
    return { reason: 'not-yet-valid', detail };
  });
}

export function isExpired(input: ReissueInput<unknown>): Found {
  return whenPresent(input, (leaf) => {
    if (input.nowMs <= leaf.notAfterMs) return undefined;
    return { reason: 'expired', detail: `was valid until ${isoTime(leaf.notAfterMs)}` };
  });
}

function isNearExpiry(input: ReissueInput): Found {
  return whenPresent(input, (leaf) => {
    if (input.nowMs < renewAtMs(leaf, input.spec.validityS)) return undefined;
    return { reason: 'near-expiry', detail: `valid until ${isoTime(leaf.notAfterMs)}` };
  });
}

function ofLeaf(
  check: (comparison: { readonly spec: CertificateSpec; readonly leaf: LeafFacts }) => Found,
): ReissueCheck {
  return (input) => whenPresent(input, (leaf) => check({ spec: input.spec, leaf }));
}

/** What a check finds in a certificate that can be read. */
export function whenPresent({ observation }: ReissueInput<unknown>, check: (leaf: LeafFacts) => Found): Found {
  return observation.kind === 'present' ? check(observation.leaf) : undefined;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
