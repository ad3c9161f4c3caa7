/** Waits until Kubernetes itself says that the node is Ready. */

import type { JoinPhase } from './join-context.ts';

/** Of what happens at the API server no file tells. */
const askEveryMs = 50;

export const ready: JoinPhase = {
  name: 'ready',
  description: 'wait until Kubernetes says that the node is Ready',
  cure: 'see `kubectl describe node` on a master, and `journalctl -u kubelet -u flanneld` here',
  onlyLooks: true,
  // it can change at any moment, and asking is cheap
  isDone: () => false,
  async run({ actions, until }) {
    const { message } = await until(
      async ({ name, units }) => {
        if (!units.includes('kubelet')) return { message: 'this host runs no kubelet' };
        const readiness = await actions.askNode(name);
        return readiness.isReady ? { message: `node ${name} is Ready` } : `node ${name}: ${readiness.detail}`;
      },
      { everyMs: askEveryMs },
    );
    return { message };
  },
};
