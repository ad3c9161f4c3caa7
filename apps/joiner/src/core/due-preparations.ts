/** Which of a component's preparations are to be made before it is started. */

import type { ComponentSpec, Preparation } from '@easycerts/cluster';
import type { Fingerprint } from './fingerprint.ts';

/** Those whose file is another than the one it was last started with; all of them for a start that somebody asked for. */
export function duePreparations(
  { preparations = [] }: Pick<ComponentSpec, 'preparations'>,
  given: { readonly startedWith: Fingerprint | undefined; readonly observed: Fingerprint; readonly isForced: boolean },
): readonly Preparation[] {
  const { isForced, observed, startedWith } = given;
  return preparations.filter(({ file }) => {
    const now = observed.files[file];
    return now !== undefined && (isForced || now !== startedWith?.files[file]);
  });
}
