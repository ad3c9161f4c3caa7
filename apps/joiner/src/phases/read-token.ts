/** Reads the token, so that a cut one or one of another cluster is told before anything is done. */

import { parseJoinToken } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import type { JoinPhase } from './join-context.ts';

export const readToken: JoinPhase = {
  name: 'read-token',
  description: 'read the join token from standard input, and see that it is whole',
  cure: 'pipe the token in: `joiner join < token`',
  onlyLooks: true,
  // a token that is given may be of another cluster, which has to be said
  isDone: () => false,
  async run({ actions, look }) {
    const { identity, leaving, role, tokenId } = await look();
    if (leaving !== undefined) throw isLeaving();
    if (identity?.role === 'master' || role === 'master') throw isMaster();
    const line = await actions.readToken();
    if (line !== undefined) {
      const { endpoints, id, pin } = parseJoinToken(line);
      if (identity !== undefined && !identity.pins.includes(pin)) throw isOfOtherCluster(identity.host);
      return { message: `token ${id} of the cluster at ${endpoints.join(', ')}` };
    }
    if (identity !== undefined) return { message: `not needed: ${identity.host} has its identity`, isSkipped: true };
    if (tokenId !== undefined) return { message: `token ${tokenId}, as an earlier run has kept it`, isSkipped: true };
    throw new AppError('INVALID_INPUT', 'there is no join token on standard input', {
      details: { cure: 'make one on a master with `ca token create --role node`, then here: `joiner join < token`' },
    });
  },
};

function isMaster(): AppError {
  return new AppError('FAILED_PRECONDITION', 'this host is a master: by its cluster.yaml or its identity', {
    details: {
      cure: 'for the master of a new cluster: `joiner init`; for a node: move /etc/easycerts/cluster.yaml away, and join again',
    },
  });
}

function isOfOtherCluster(host: string): AppError {
  return new AppError('FAILED_PRECONDITION', `the token is of another cluster than the one that ${host} has joined`, {
    details: { cure: 'leave that cluster first: `joiner leave`, then join again' },
  });
}

function isLeaving(): AppError {
  return new AppError('FAILED_PRECONDITION', 'this host is leaving its cluster', {
    details: { cure: 'finish that first: `joiner leave` (or `joiner leave --force`), then join again' },
  });
}
