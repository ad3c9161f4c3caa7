/** Removes what joining has put on this host. */

import { isGone } from './check-leave.ts';
import type { LeavePhase } from './leave-context.ts';

export const clean: LeavePhase = {
  name: 'clean',
  description: 'remove keys, certificates, rendered files and the data of pods from this host',
  cure: 'see what keeps the files: `mount | grep kubelet`',
  isDone: isGone,
  async run({ actions }) {
    await actions.removeFiles();
    // the last of all: until here the next run goes on
    await actions.forget();
    return { message: 'this host is as it was; the package, logs and images stay' };
  },
};
