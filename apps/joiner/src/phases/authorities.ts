/** Makes the CAs of a new cluster. */

import type { JoinPhase } from './join-context.ts';

export const authorities: JoinPhase = {
  name: 'authorities',
  description: 'make the certificate authorities of the cluster, and the first certificates',
  cure: 'see `ca init`',
  isDone: ({ hasAuthority }) => hasAuthority,
  async run({ actions }) {
    await actions.makeAuthorities();
    return { message: 'keep a backup of /var/lib/easycerts/ca: nothing replaces these keys' };
  },
};
