/** For whom a key of cfssl's API may be made. */

import { type ClusterConfig, canonicalIp, type HostRecord, isHostName } from '@easycerts/cluster';
import { AppError, dayMs, secondMs } from '@easycerts/core';
import { isReachableAddress } from '../peer-address.ts';
import type { RegisteredHost } from '../registered-host.ts';
import type { CfsslKeyRecord } from './key-record.ts';
import { defaultProfile, profileOf } from './profile.ts';

/** As it came in; empty means the default. */
export interface KeyRequest {
  readonly host: string;
  readonly profile: string;
  readonly registerHost: boolean;
  readonly addresses: readonly string[];
}

export interface KeyRequestFacts {
  readonly config: ClusterConfig;
  readonly known: RegisteredHost | undefined;
  readonly masterAddresses: readonly string[];
}

export interface WantedKey {
  readonly id: Pick<CfsslKeyRecord, 'host' | 'profile'>;
  /** To be put into the register first; undefined: it is there. */
  readonly register: HostRecord | undefined;
}

/** A host has a handful. */
const maxAddresses = 16;
const maxOverlapS = (30 * dayMs) / secondMs;

/** What a request asks for. AppError INVALID_INPUT, NOT_FOUND for an unknown host, FAILED_PRECONDITION for a revoked one. */
export function wantedKeyOf(request: KeyRequest, { config, known, masterAddresses }: KeyRequestFacts): WantedKey {
  const id = keyIdOf(request);
  const profile = profileOf(config, id.profile);
  if (profile === undefined) {
    throw invalid(`there is no profile ${id.profile}`, 'add it to pki.cfssl.profiles in cluster.yaml');
  }
  if (profile.unauthenticatedHost !== undefined) {
    throw invalid(`the profile ${id.profile} takes no key`, 'remove its unauthenticatedHost in cluster.yaml');
  }
  if (known?.isRevoked === true) {
    throw new AppError('FAILED_PRECONDITION', `make a key for ${id.host}: the host is revoked or being removed`, {
      details: { cure: 'see `ca host list`' },
    });
  }
  const addresses = [...new Set(request.addresses.map((address) => canonicalIp(address) ?? address))];
  if (!request.registerHost) {
    if (addresses.length > 0) throw invalid('addresses are for a host that is new', 'add --register');
    if (known !== undefined) return { id, register: undefined };
    throw new AppError('NOT_FOUND', `there is no host ${id.host} in the cluster`, {
      details: { cure: 'join it, or let it in without our services: `ca cfssl-key create --register`' },
    });
  }
  if (known !== undefined) throw invalid(`the host ${id.host} is in the cluster`, 'leave --register out');
  const problem = addressProblem(addresses, masterAddresses);
  if (problem !== undefined) throw invalid(problem, 'give addresses by which others reach this host alone');
  return { id, register: { name: id.host, roles: ['node'], addresses } };
}

/** Whose key is meant. AppError INVALID_INPUT for what is no name. */
export function keyIdOf({ host, profile }: Pick<KeyRequest, 'host' | 'profile'>): WantedKey['id'] {
  if (isHostName(host)) return { host, profile: profile === '' ? defaultProfile : profile };
  throw invalid('the host is not one DNS label in lowercase', 'see `ca host list`');
}

/** Milliseconds for which the key before is accepted. AppError INVALID_INPUT outside 0 to 30 days. */
export function overlapMsOf(overlapS: number): number {
  if (Number.isSafeInteger(overlapS) && overlapS >= 0 && overlapS <= maxOverlapS) return overlapS * secondMs;
  throw invalid('the overlap is not between 0 and 30 days', 'write it as --overlap 24h');
}

function addressProblem(addresses: readonly string[], masterAddresses: readonly string[]): string | undefined {
  if (addresses.length > maxAddresses) return `more than ${maxAddresses} addresses`;
  if (!addresses.every(isReachableAddress)) return 'an address is none by which others reach a host';
  return addresses.some((address) => masterAddresses.includes(address)) ? "an address is the master's" : undefined;
}

function invalid(message: string, cure: string): AppError {
  return new AppError('INVALID_INPUT', message, { details: { cure } });
}
