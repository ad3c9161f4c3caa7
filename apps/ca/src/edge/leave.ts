/** Leave: the calling host goes, for good. */

import type { LeaveResponse } from '@easycerts/contracts';
import { AppError, firstFinding } from '@easycerts/core';
import type { CallContext } from '@easycerts/runtime';
import { hostChecks } from '../core/caller-checks.ts';
import { roleOf } from '../core/registered-host.ts';
import { type CallEnvironment, refuseCall, standingOf, storesOf } from './call-environment.ts';
import { removeHost } from './remove-host.ts';

/**
 * The handler of Leave. Whoever calls again with the identity that it has given up hears the same answer; nothing happens
 * then, because another host may have the name by now.
 */
export function createLeave(environment: CallEnvironment) {
  const method = 'Leave';
  return async (_: unknown, context: CallContext): Promise<LeaveResponse> => {
    const stores = storesOf(environment);
    const { host: name, serial } = context.caller;
    const isWithinRate = environment.mayRead(name);
    const standing = standingOf(stores, context);
    const given = stores.revocations.find(serial);
    if (isWithinRate && given?.reason === 'host-left') {
      return { revoked: stores.revocations.of(name).filter((each) => each.revokedAtMs === given.revokedAtMs).length };
    }
    // The mark of a removal that was interrupted does not keep its host from asking for it again.
    const host = standing.host?.removal === undefined ? standing.host : { ...standing.host, isRevoked: false };
    const finding = firstFinding(hostChecks, { ...standing, host, isWithinRate });
    if (finding !== undefined) throw refuseCall(environment, { method, context, finding });
    if (host !== undefined && roleOf(host.record) === 'master') throw masterStays(name);
    const atMs = environment.clock.now().getTime();
    const removal = { reason: 'host-left', by: name, note: '', atMs } as const;
    return { revoked: await removeHost(environment, stores, { host: name, removal }) };
  };
}

/** The error of everything that would take a master away. */
export function masterStays(host: string): AppError {
  return new AppError('FAILED_PRECONDITION', `${host} is a master: it holds the CA and cannot leave its own cluster`, {
    details: { cure: 'remove the nodes first; a cluster ends when its last master is switched off' },
  });
}
