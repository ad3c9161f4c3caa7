/** Whether this host can leave now: before anything is changed. */

import { AppError } from '@easycerts/core';
import type { HostState } from '../core/host-state.ts';
import type { LeavePhase } from './leave-context.ts';

export const checkLeave: LeavePhase = {
  name: 'check',
  description: 'see whether this host is a node, and its master can be reached',
  cure: 'see `joiner status`',
  isDone: () => false,
  async run({ actions, isForced, look }) {
    const state = await look();
    const { hasAuthority, identity, leaving, name, role } = state;
    if (identity?.role === 'master' || role === 'master' || hasAuthority) throw isMaster(name);
    if (isGone(state)) return { message: 'this host is part of no cluster', isSkipped: true };
    if (identity !== undefined && leaving?.includes('revoke') !== true && !isForced) {
      const problem = await actions.masterProblem();
      if (problem !== undefined) throw isAway(name, problem);
    }
    if (leaving === undefined) await actions.remember([]);
    return { message: identity === undefined ? 'it has no identity: only this host is cleaned' : `${name} leaves` };
  },
};

/** Nothing of a cluster is on it. */
export function isGone({ identity, leaving, services, tokenId, units }: HostState): boolean {
  const isRunning = Object.values(services).some(({ isActive, isEnabled }) => isActive && isEnabled);
  return identity === undefined && leaving === undefined && tokenId === undefined && units.length === 0 && !isRunning;
}

function isMaster(name: string): AppError {
  return new AppError('FAILED_PRECONDITION', `${name} is a master: it holds the CA and cannot leave its own cluster`, {
    details: { cure: 'remove the nodes first; a cluster ends when its last master is switched off' },
  });
}

function isAway(name: string, problem: string): AppError {
  return new AppError('UNAVAILABLE', `${name} cannot leave now: ${problem}`, {
    details: {
      cure: `run \`joiner leave\` when the master is back; or \`joiner leave --force\` here, and on the master \`ca host remove ${name}\` and \`kubectl delete node ${name}\``,
    },
  });
}
