/** Keeps the token for certmgr, which enrols with it and removes it. */

import { AppError } from '@easycerts/core';
import type { JoinPhase } from './join-context.ts';

export const installToken: JoinPhase = {
  name: 'install-token',
  description: 'keep the token for certmgr, readable for root alone',
  cure: 'see whether /var/lib/kubernetes/secrets can be written',
  // an identity may count no more: the host was removed, and comes again with this token
  isDone: () => false,
  async run({ actions, look }) {
    const line = await actions.readToken();
    const { identity, tokenId } = await look();
    if (line !== undefined) {
      if (identity !== undefined && tokenId === undefined && (await actions.isMember())) {
        return { message: `not needed: ${identity.host} is a host of the cluster already`, isSkipped: true };
      }
      await actions.installToken(line.trim());
      return { message: 'certmgr enrols with it, and removes it then' };
    }
    if (identity !== undefined) return { message: 'not needed', isSkipped: true };
    if (tokenId !== undefined) return { message: 'it is there', isSkipped: true };
    throw new AppError('INVALID_INPUT', 'there is no join token on standard input');
  },
};
