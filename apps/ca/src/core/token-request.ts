/** What a token may be made for: limits and what goes together. */

import { canonicalIp, isHostName } from '@easycerts/cluster';
import { AppError, dayMs, hourMs, secondMs } from '@easycerts/core';
import { isReachableAddress } from './peer-address.ts';
import type { RegisteredHost } from './registered-host.ts';
import { roleOf } from './registered-host.ts';
import type { TokenRecord } from './token-record.ts';

/** As it came in; empty and zero mean the default. */
export interface TokenRequest {
  readonly role: string;
  readonly host: string;
  readonly ttlS: number;
  readonly uses: number;
  readonly note: string;
  readonly addresses: readonly string[];
}

/** What is known about the cluster while a token is made. */
export interface TokenRequestFacts {
  /** What the register says about the name that the token is for. */
  readonly known: RegisteredHost | undefined;
  readonly masterAddresses: readonly string[];
}

export type WantedToken = Pick<TokenRecord, 'role' | 'host' | 'uses' | 'note' | 'addresses'> & {
  readonly ttlMs: number;
};

const defaultTtlS = hourMs / secondMs;
const maxTtlS = (30 * dayMs) / secondMs;
const maxUses = 1_000;
const maxNoteLength = 200;
/** A host has a handful. */
const maxAddresses = 16;

/** The token that a request asks for. AppError INVALID_INPUT with every problem, FAILED_PRECONDITION for a master's. */
export function wantedTokenOf(request: TokenRequest, facts: TokenRequestFacts): WantedToken {
  if (request.role === 'master') {
    throw new AppError('FAILED_PRECONDITION', 'make a token for a master: several masters are not there yet', {
      details: { cure: 'make a token for a node: `ca token create --role node`' },
    });
  }
  const problems = problemsOf(request, facts);
  if (problems.length > 0) {
    throw new AppError('INVALID_INPUT', `make a token: ${problems.join('; ')}`, {
      details: { cure: 'see `ca token create --help`' },
    });
  }
  const { host, ttlS, uses, note, addresses } = request;
  return {
    role: 'node',
    ...(host === '' ? {} : { host }),
    uses: uses === 0 ? 1 : uses,
    note,
    addresses: [...new Set(addresses.map((address) => canonicalIp(address) ?? address))],
    ttlMs: (ttlS === 0 ? defaultTtlS : ttlS) * secondMs,
  };
}

function problemsOf(request: TokenRequest, { known, masterAddresses }: TokenRequestFacts): readonly string[] {
  const { role, host, ttlS, uses, note, addresses } = request;
  const isAtMost = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= most;
  const isMasters = (address: string): boolean => masterAddresses.includes(canonicalIp(address) ?? address);
  const rules: readonly (readonly [isBroken: boolean, problem: string])[] = [
    [role !== 'node', `the role ${JSON.stringify(role.slice(0, 40))} is not node`],
    [host !== '' && !isHostName(host), 'the name is not one DNS label in lowercase'],
    [known !== undefined && roleOf(known.record) === 'master', `${host} is a master`],
    [!isAtMost(ttlS, maxTtlS), 'the lifetime is not between a second and 30 days'],
    [!isAtMost(uses, maxUses), `the uses are not between 1 and ${maxUses}`],
    [host !== '' && uses > 1, 'a token for one name has one use'],
    // Control characters would end up in terminals.
    [note.length > maxNoteLength || /\p{Cc}/u.test(note), `the note is no line of ${maxNoteLength} characters`],
    [addresses.length > maxAddresses, `more than ${maxAddresses} addresses`],
    [addresses.length > 0 && uses > 1, 'addresses are of one host, so the token has one use'],
    [!addresses.every(isReachableAddress), 'an address is none by which others reach a host'],
    [addresses.some(isMasters), "an address is the master's"],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, problem]) => problem);
}
