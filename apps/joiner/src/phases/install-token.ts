/** Keeps the token for certmgr, which enrols with it and removes it. */

import { AppError } from '@easycerts/core';
import type { JoinPhase } from './join-context.ts';

export const installToken: JoinPhase = {
  name: 'install-token',
  description: 'keep the token for certmgr, readable for root alone',
  cure: 'see whether /var/lib/kubernetes/secrets can be written',
  // where there is an identity, certmgr asks the CA whether it still counts, and needs no token when it does
  isDone: () => false,
  async run({ actions, look }) {
    const line = await actions.readToken();
    if (line !== undefined) {
      await actions.installToken(line.trim());
      return { message: 'certmgr enrols with it, and removes it then' };
    }
    const { identity, tokenId } = await look();
    if (identity !== undefined) return { message: 'not needed', isSkipped: true };
    if (tokenId !== undefined) return { message: 'it is there', isSkipped: true };
    throw new AppError('INVALID_INPUT', 'there is no join token on standard input');
  },
};
