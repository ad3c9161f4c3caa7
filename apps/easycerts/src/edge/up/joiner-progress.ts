/** What joiner says about the components that it runs, read from its status file. */

import { pathsUnder } from '@easycerts/cluster';
import { parseJoinerStatus, statusFileOf } from '@easycerts/joiner';
import { inStartOrder } from '../../core/component-order.ts';
import { componentProgress } from '../../core/component-progress.ts';
import type { ComponentProgress } from '../../core/progress-lines.ts';
import { type DataDirectory, readIfThere } from '../data-directory.ts';

/** The components of a joiner that was started at `notBefore` or later; an earlier one's file tells of the past. */
export function readJoinerProgress(data: DataDirectory, notBefore: string): readonly ComponentProgress[] {
  const text = readIfThere(statusFileOf(pathsUnder(data.path)));
  const status = text === undefined ? undefined : parseJoinerStatus(text);
  if (status === undefined || Date.parse(status.startedAt) < Date.parse(notBefore)) return [];
  return inStartOrder(status.components).map(componentProgress);
}
