/** What needs the master: with `--force` it is tried, and passed over when it fails. */

import { isAppError } from '@easycerts/core';
import type { LeaveContext } from './leave-context.ts';
import type { PhaseResult } from './phase.ts';

/** Does it; with `--force` a failure is only told. What is none of ours is a defect, and passes. */
export async function masterPart(
  { isForced }: Pick<LeaveContext, 'isForced'>,
  act: () => Promise<PhaseResult>,
  byHand: string,
): Promise<PhaseResult> {
  try {
    return await act();
  } catch (error) {
    if (!isForced || !isAppError(error) || error.code === 'CANCELLED') throw error;
    return { message: `passed over (${error.message}); on the master: ${byHand}`, isSkipped: true };
  }
}
