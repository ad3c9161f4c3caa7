/** What the register of hosts says about one host: who it is, and whether it may still call. */

import { type HostRecord, type HostStanding, hostStandingOf, type Role } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { isObject, parseStoredJson } from './stored-json.ts';

/** How a host came in with a join token. */
export interface HostEnrolment {
  readonly tokenId: string;
  /** Identifies the request that was granted, see requestHashOf. */
  readonly requestHash: string;
  /** Of the host identity that was made for it. */
  readonly serial: string;
  readonly joinedAtMs: number;
  /** Whether the host has used that identity: from then on nobody gets it by repeating the request. */
  readonly isConfirmed: boolean;
}

export interface RegisteredHost extends HostStanding {
  /** Absent for a master that `ca init` made. */
  readonly enrolment?: HostEnrolment;
  /** Its removal has begun: the host is revoked, and whoever finds this finishes it. */
  readonly removal?: HostRemoval;
}

export interface HostRemoval {
  readonly reason: 'host-left' | 'host-removed';
  /** The host that asked for it. */
  readonly by: string;
  readonly note: string;
  /** When it began; its revocations have this time. */
  readonly atMs: number;
}

/** The value in the bucket: the host record as JSON, whether it is revoked, how it came in, and whether it is going. */
export function encodeRegisteredHost({ record, isRevoked, enrolment, removal }: RegisteredHost): Uint8Array {
  const { name, addresses } = record;
  const host = { name, roles: record.roles, addresses, revoked: isRevoked, removal };
  if (enrolment === undefined) return Buffer.from(JSON.stringify(host));
  const { tokenId, requestHash, serial, joinedAtMs, isConfirmed } = enrolment;
  const how = { tokenId, requestHash, serial, joinedAtMs, confirmed: isConfirmed };
  return Buffer.from(JSON.stringify({ ...host, enrolment: how }));
}

/** Reads a value of the bucket. AppError DAMAGED when it is not exactly that: nobody is let in by half a record. */
export function decodeRegisteredHost(key: string, value: Uint8Array): RegisteredHost {
  const found = parseStoredJson(value);
  if (!isObject(found)) throw damaged(key, 'not JSON of an object');
  const standing = hostStandingOf(key, found);
  if (standing === undefined) throw damaged(key, 'its name, roles, addresses or standing are not what they must be');
  const { enrolment, removal } = found;
  return {
    ...standing,
    ...(enrolment === undefined ? {} : { enrolment: enrolmentOf(key, enrolment) }),
    ...(removal === undefined ? {} : { removal: removalOf(key, removal) }),
  };
}

function enrolmentOf(key: string, found: unknown): HostEnrolment {
  if (!isObject(found)) throw damaged(key, 'its enrolment is not an object');
  const { tokenId, requestHash, serial, joinedAtMs, confirmed } = found;
  if (typeof tokenId !== 'string' || typeof requestHash !== 'string' || typeof serial !== 'string') {
    throw damaged(key, 'its enrolment is not whole');
  }
  if (typeof joinedAtMs !== 'number' || typeof confirmed !== 'boolean')
    throw damaged(key, 'its enrolment is not whole');
  return { tokenId, requestHash, serial, joinedAtMs, isConfirmed: confirmed };
}

function removalOf(key: string, value: unknown): HostRemoval {
  if (!isObject(value)) throw damaged(key, 'its removal is not an object');
  const { reason, by, note, atMs } = value;
  const isRight =
    (reason === 'host-left' || reason === 'host-removed') && typeof by === 'string' && typeof note === 'string';
  if (!isRight || !Number.isSafeInteger(atMs)) throw damaged(key, 'its removal is not whole');
  return { reason, by, note, atMs: atMs as number };
}

/** The role by which a host is known: where an API server runs is a master, whatever else runs there. */
export function roleOf(record: HostRecord): Role {
  return record.roles.includes('master') ? 'master' : 'node';
}

function damaged(key: string, why: string): AppError {
  return new AppError('DAMAGED', `read host ${JSON.stringify(key)} of the register: ${why}`, {
    details: { cure: 'restart the CA on that host, which writes its record again' },
  });
}
