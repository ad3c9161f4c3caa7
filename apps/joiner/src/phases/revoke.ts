/** The last call of this host: the CA revokes all its certificates. */

import { isAppError } from '@easycerts/core';
import type { LeavePhase } from './leave-context.ts';
import { masterPart } from './master-part.ts';

/** Said to a host that the CA has removed already. */
const goneReasons: readonly unknown[] = ['unknown-host', 'host-revoked', 'certificate-revoked'];

export const revoke: LeavePhase = {
  name: 'revoke',
  description: 'have the CA revoke every certificate of this host',
  cure: 'see whether the CA can be reached; on the master: `ca host remove`',
  isDone: ({ identity }) => identity === undefined,
  async run(context) {
    const { name } = await context.look();
    return masterPart(
      context,
      async () => {
        try {
          return { message: `${await context.actions.leaveCluster()} certificates are revoked` };
        } catch (error) {
          if (!isAppError(error) || !goneReasons.includes(error.details.reason)) throw error;
          return { message: `the CA does not know ${name} any more` };
        }
      },
      `ca host remove ${name}`,
    );
  },
};
