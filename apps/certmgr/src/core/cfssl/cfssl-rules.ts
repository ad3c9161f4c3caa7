/** When a certificate of a cfssl server has to be issued again: certmgr's checks where they hold, ours where they looped. */

import { type Check, type Finding, firstFinding, type ReissueReason } from '@easycerts/core';
import {
  hasAnotherIssuer,
  isExpired,
  isForAnotherKey,
  isForced,
  isMissing,
  isNotYetValid,
  isUnreadable,
  type ReissueInput,
  whenPresent,
} from '../chains.ts';
import type { LeafFacts } from '../observation.ts';
import type { PlannedSpec, PlanRules } from '../plan.ts';
import type { CfsslSpec, RequestedCertificate } from './cfssl-spec.ts';
import { differsInHosts } from './host-names.ts';

/** A spec in the shape that plans have. */
export interface PlannedCfsslSpec extends PlannedSpec {
  readonly cfssl: CfsslSpec;
}

type Input = ReissueInput<PlannedCfsslSpec>;
type Found = Finding<ReissueReason> | undefined;

/** In the order of `reissueReasons`; a spec without a certificate finds nothing here. */
const chain: readonly Check<Input, ReissueReason>[] = [
  isMissing,
  isUnreadable,
  isForAnotherKey,
  isForced,
  ofRequest(differsInAttributes),
  ofRequest(differsInHosts),
  hasNoUsage,
  hasAnotherIssuer,
  ofRequest(differsInKeyKind),
  isNotYetValid,
  isExpired,
  isNearExpiry,
];

export const cfsslRules: PlanRules<PlannedCfsslSpec> = {
  finding: (input) => (input.spec.cfssl.keyPair === undefined ? undefined : firstFinding(chain, input)),
  renewAtMs: (leaf, { cfssl }) => renewBeforeMs(leaf, cfssl.beforeMs),
};

/** The subject, names, usages and key of an answer, in the same words. */
export function answerDiffers(spec: CfsslSpec, leaf: LeafFacts): Found {
  const { keyPair } = spec;
  if (keyPair === undefined) return undefined;
  const { request } = keyPair;
  return (
    differsInAttributes(request, leaf) ??
    differsInHosts(request, leaf) ??
    lacksUsages(spec, leaf) ??
    differsInKeyKind(request, leaf)
  );
}

/** Of a certificate that lives hardly longer than `before`, that much is not left: two thirds are used, as with our own. */
const wholeShare = 0.9;
const usedShare = 2 / 3;

/** When renewal begins: `before` its end. certmgr renews one that lives no longer than that at every wake. */
export function renewBeforeMs(leaf: Pick<LeafFacts, 'notBeforeMs' | 'notAfterMs'>, beforeMs: number): number {
  const lifetimeMs = leaf.notAfterMs - leaf.notBeforeMs;
  if (beforeMs >= lifetimeMs * wholeShare) return Math.floor(leaf.notBeforeMs + lifetimeMs * usedShare);
  return leaf.notAfterMs - beforeMs;
}

function differsInAttributes(request: RequestedCertificate, leaf: LeafFacts): Found {
  const should = request.subject.map(({ type, value }) => `${type}=${value}`).sort();
  const is = leaf.subjectAttributes ?? [];
  if (is.length === should.length && is.every((attribute, index) => attribute === should[index])) return undefined;
  return { reason: 'subject', detail: `is ${is.join(', ')}, should be ${should.join(', ')}` };
}

function differsInKeyKind({ keyKind }: RequestedCertificate, leaf: LeafFacts): Found {
  if (leaf.keyDescription === keyKind) return undefined;
  return { reason: 'key-policy', detail: `key is ${leaf.keyDescription}, should be ${keyKind}` };
}

function hasNoUsage(input: Input): Found {
  return whenPresent(input, (leaf) => lacksUsages(input.spec.cfssl, leaf));
}

/** One of the wanted usages is enough, and a certificate without any is for every use: as Go verifies. */
function lacksUsages({ keyUsages }: CfsslSpec, leaf: LeafFacts): Found {
  if (leaf.isCa) return { reason: 'usages', detail: 'is a CA certificate' };
  const is = [...leaf.usages, ...leaf.otherUsages];
  if (keyUsages === undefined || is.length === 0 || is.includes(anyUsage)) return undefined;
  if (keyUsages.some((usage) => usage === 'any' || is.includes(oidOfUsage[usage] ?? usage))) return undefined;
  return { reason: 'usages', detail: `is for ${is.join(', ')}, should be for ${keyUsages.join(' or ')}` };
}

function isNearExpiry(input: Input): Found {
  return whenPresent(input, (leaf) => {
    if (input.nowMs < renewBeforeMs(leaf, input.spec.cfssl.beforeMs)) return undefined;
    return { reason: 'near-expiry', detail: `valid until ${new Date(leaf.notAfterMs).toISOString()}` };
  });
}

function ofRequest(check: (request: RequestedCertificate, leaf: LeafFacts) => Found): Check<Input, ReissueReason> {
  return (input) => {
    const { keyPair } = input.spec.cfssl;
    return keyPair && whenPresent(input, (leaf) => check(keyPair.request, leaf));
  };
}

const anyUsage = '2.5.29.37.0';
/** cfssl's words (config.ExtKeyUsage) for what our facts name by object identifier. */
export const oidOfUsage: Readonly<Record<string, string>> = {
  any: anyUsage,
  'server auth': 'server auth',
  'client auth': 'client auth',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};
