/** Empties the node: no new pods, and those that are there go elsewhere. */

import type { LeavePhase } from './leave-context.ts';
import { masterPart } from './master-part.ts';

/** Pods take seconds to end; asking more often only costs the master. */
const lookEveryMs = 1_000;

export const drain: LeavePhase = {
  name: 'drain',
  description: 'keep new pods away, evict those that are here, and wait until they have ended',
  cure: 'see `kubectl get pods -A -o wide` and `kubectl get poddisruptionbudgets -A` on the master; `joiner leave --force` does not wait for pods',
  isDone: ({ identity, units }) => identity === undefined || !units.includes('kubelet'),
  async run(context) {
    const { name } = await context.look();
    const { actions, isForced } = context;
    return masterPart(
      context,
      async () => {
        await actions.cordon(name);
        const lost: string[] = [];
        await context.until(
          async () => {
            const step = await actions.drainStep(name);
            lost.push(...step.lost);
            if (step.left.length === 0 || isForced) return {};
            const kept = step.kept.length === 0 ? '' : `; a disruption budget keeps ${step.kept.join(', ')}`;
            return `pods to end: ${step.left.join(', ')}${kept}`;
          },
          { everyMs: lookEveryMs },
        );
        return { message: lost.length === 0 ? 'no pods are left' : `nobody makes these pods anew: ${lost.join(', ')}` };
      },
      `kubectl drain ${name} --ignore-daemonsets`,
    );
  },
};
