/** ListHosts and RemoveHost: what a master does about the hosts of the cluster. */

import { isHostName } from '@easycerts/cluster';
import type {
  ListHostsResponse,
  RegisteredHostDescription,
  RemoveHostRequest,
  RemoveHostResponse,
} from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import type { CallContext } from '@easycerts/runtime';
import { type RegisteredHost, roleOf } from '../core/registered-host.ts';
import { assertMaster, type CallEnvironment, type Stores } from './call-environment.ts';
import { masterStays } from './leave.ts';
import { removeHost, validEntries } from './remove-host.ts';

/** For the audit trail, not for essays. */
const maxNote = 200;

/** The handler of ListHosts. */
export function createListHosts(environment: CallEnvironment) {
  return async (_: unknown, context: CallContext): Promise<ListHostsResponse> => {
    const { register } = assertMaster(environment, 'ListHosts', context);
    const hosts = register.all.map(descriptionOf);
    return { hosts: hosts.sort((one, other) => (one.name < other.name ? -1 : 1)) };
  };
}

/** The handler of RemoveHost. */
export function createRemoveHost(environment: CallEnvironment) {
  return async (request: RemoveHostRequest, context: CallContext): Promise<RemoveHostResponse> => {
    const stores = assertMaster(environment, 'RemoveHost', context);
    const { name: host, note } = request;
    assertRemovable(environment, stores, request);
    const atMs = environment.clock.now().getTime();
    const removal = { reason: 'host-removed', by: context.caller.host, note, atMs } as const;
    return { revoked: await removeHost(environment, stores, { host, removal }) };
  };
}

function assertRemovable(
  { view, clock }: CallEnvironment,
  { register, ledger, revocations }: Stores,
  { name, note }: RemoveHostRequest,
): void {
  if (!isHostName(name)) {
    throw new AppError('INVALID_INPUT', `${JSON.stringify(name.slice(0, 100))} is not the name of a host`, {
      details: { cure: 'see `ca host list`' },
    });
  }
  if (note.length > maxNote) {
    throw new AppError('INVALID_INPUT', `the note has ${note.length} characters`, {
      details: { cure: `write it in ${maxNote} characters at most` },
    });
  }
  const host = register.find(name);
  if (name === view.ownHost.name || (host !== undefined && roleOf(host.record) === 'master')) throw masterStays(name);
  // Certificates that outlive a record: there is something to revoke.
  const hasValid = validEntries(ledger, name, clock.now()).some(({ serial }) => !revocations.has(serial));
  if (host !== undefined || hasValid) return;
  throw new AppError('NOT_FOUND', `there is no host ${name} in the cluster`, {
    details: { cure: 'see `ca host list`' },
  });
}

function descriptionOf({ record, isRevoked, enrolment }: RegisteredHost): RegisteredHostDescription {
  const { name, roles, addresses } = record;
  const { joinedAtMs = 0, tokenId = '' } = enrolment ?? {};
  return { name, roles: [...roles], addresses: [...addresses], revoked: isRevoked, joinedAtMs, tokenId };
}
