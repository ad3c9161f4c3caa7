/** Waits until certmgr has traded the token for the identity of this host. */

import { parseJoinToken } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { type EnrolmentStatus, failingWords } from '../core/host-state.ts';
import type { JoinPhase } from './join-context.ts';

export const enrol: JoinPhase = {
  name: 'enrol',
  description: 'trade the token for the identity of this host, with the CA that the token pins',
  cure: 'see `journalctl -u easycerts-agent` here, and whether the master answers at its enrolment port (7445)',
  // certmgr removes the token once everything that it brings is on disk
  isDone: ({ identity, tokenId }) => identity !== undefined && tokenId === undefined,
  async run({ actions, until }) {
    const line = await actions.readToken();
    const given = line === undefined ? undefined : parseJoinToken(line).id;
    const { host } = await until(({ enrolment, identity, services, tokenId }) => {
      if (identity !== undefined && tokenId === undefined) return identity;
      if (enrolment !== undefined && isRefused(enrolment, { given, waiting: tokenId })) throw refusal(enrolment);
      const told = enrolment?.isOld === true ? undefined : enrolment?.message;
      return failingWords({ services }, 'easycerts-certmgr') ?? told ?? 'certmgr to enrol this host';
    });
    return { message: `${host} is a host of the cluster` };
  },
};

/**
 * Whether this is about the token of this run. A certmgr that was running already may have traded it, and be restarted since;
 * what it said counts when it took the token away.
 */
function isRefused(
  { isOld, state, tokenId }: EnrolmentStatus,
  { given, waiting }: { readonly given: string | undefined; readonly waiting: string | undefined },
): boolean {
  if (state !== 'refused') return false;
  if (tokenId === undefined) return isOld !== true;
  return waiting === undefined && (given === undefined || tokenId === given);
}

function refusal({ cure, message, reason }: EnrolmentStatus): AppError {
  return new AppError('PERMISSION_DENIED', message ?? 'the CA does not let this host in', {
    details: {
      ...(reason === undefined ? {} : { reason }),
      cure: cure ?? 'make a new token on the master: `ca token create --role node`, and join with it',
    },
  });
}
