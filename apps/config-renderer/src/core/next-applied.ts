/** What `applied.json` is to say after a document has been applied. */

import type { AppliedConfig } from '@easycerts/runtime';

export interface Application {
  /** Of the document that the files follow from; undefined when there is none, or it is not whole. */
  readonly digest: string | undefined;
  /** Of the key on the bus that held it; undefined when it was read from disk. */
  readonly revision: number | undefined;
  readonly now: Date;
}

/**
 * The new content; undefined when nothing is new. A document that is given anew is told anew, also when it is the same as
 * before: whoever gave it waits for word that it is in use. That it has come to the bus after the enrolment is no such news.
 */
export function nextApplied(before: AppliedConfig | undefined, application: Application): AppliedConfig | undefined {
  const { digest, now, revision } = application;
  if (digest === undefined) return undefined;
  const at = revision === undefined ? {} : { revision };
  if (before?.digest === digest) {
    if (revision === undefined || revision === before.revision) return undefined;
    if (before.revision === undefined) return { ...before, ...at };
  }
  return { digest, appliedAt: now.toISOString(), ...at };
}
