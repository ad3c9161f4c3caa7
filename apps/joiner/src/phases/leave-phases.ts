/** The phases of `joiner leave`, in their order. Each is remembered: the facts that would show it are what leaving removes. */

import type { HostState } from '../core/host-state.ts';
import { checkLeave, isGone } from './check-leave.ts';
import { clean } from './clean.ts';
import { deleteNode } from './delete-node.ts';
import { drain } from './drain.ts';
import type { LeavePhase } from './leave-context.ts';
import { revoke } from './revoke.ts';
import { stop } from './stop.ts';

export const leavePhases: readonly LeavePhase[] = [
  checkLeave,
  ...[drain, stop, deleteNode, revoke].map(remembered),
  clean,
];

function remembered(phase: LeavePhase): LeavePhase {
  return {
    ...phase,
    isDone: (state: HostState) => isGone(state) || state.leaving?.includes(phase.name) === true || phase.isDone(state),
    async run(context) {
      const result = await phase.run(context);
      const { leaving = [] } = await context.look();
      await context.actions.remember([...leaving, phase.name]);
      return result;
    },
  };
}
