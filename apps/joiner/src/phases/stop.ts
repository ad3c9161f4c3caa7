/** Stops the components and our services. */

import type { LeavePhase } from './leave-context.ts';

export const stop: LeavePhase = {
  name: 'stop',
  description: 'stop the components, the pods that are left, and our services, for good',
  cure: 'see `systemctl list-jobs`',
  isDone: () => false,
  async run({ actions, look }) {
    const { units } = await look();
    await actions.stopEverything(units);
    return { message: 'nothing of Kubernetes runs on this host' };
  },
};
