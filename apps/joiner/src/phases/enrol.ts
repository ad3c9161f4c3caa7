/** Waits until certmgr has traded the token for the identity of this host. */

import { AppError } from '@easycerts/core';
import { type EnrolmentStatus, failingWords } from '../core/host-state.ts';
import type { JoinPhase } from './join-context.ts';

export const enrol: JoinPhase = {
  name: 'enrol',
  description: 'trade the token for the identity of this host, with the CA that the token pins',
  cure: 'see `journalctl -u easycerts-certmgr` here, and whether the master answers at its enrolment port (7445)',
  // certmgr removes the token once everything that it brings is on disk
  isDone: ({ identity, tokenId }) => identity !== undefined && tokenId === undefined,
  async run({ until }) {
    const { host } = await until(({ enrolment, identity, services, tokenId }) => {
      if (identity !== undefined && tokenId === undefined) return identity;
      if (enrolment?.state === 'refused') throw refusal(enrolment);
      return failingWords({ services }, 'easycerts-certmgr') ?? enrolment?.message ?? 'certmgr to enrol this host';
    });
    return { message: `${host} is a host of the cluster` };
  },
};

function refusal({ cure, message, reason }: EnrolmentStatus): AppError {
  return new AppError('PERMISSION_DENIED', message ?? 'the CA does not let this host in', {
    details: {
      ...(reason === undefined ? {} : { reason }),
      cure: cure ?? 'make a new token on the master: `ca token create --role node`, and join with it',
    },
  });
}
