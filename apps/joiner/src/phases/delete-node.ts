/** Takes the Node out of Kubernetes; kubelet has stopped, so nobody brings it back. */

import type { LeavePhase } from './leave-context.ts';
import { masterPart } from './master-part.ts';

export const deleteNode: LeavePhase = {
  name: 'delete-node',
  description: 'delete the Node in Kubernetes',
  cure: 'see whether the API server can be reached; on the master: `kubectl delete node`, then here `joiner leave --force`',
  isDone: ({ identity, units }) => identity === undefined || !units.includes('kubelet'),
  async run(context) {
    const { name } = await context.look();
    return masterPart(
      context,
      async () => {
        await context.actions.deleteNode(name);
        return { message: `Kubernetes has no node ${name} any more` };
      },
      `kubectl delete node ${name}`,
    );
  },
};
