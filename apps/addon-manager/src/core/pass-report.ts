/** What one pass over a set of addons did: the same for the log, the events and the CLI. */

import type { AppError } from '@easycerts/core';
import type { AddonMode, AddonSetName } from './addon-mode.ts';
import type { ObjectReference } from './kube-object.ts';
import type { ManifestProblem } from './parse-manifests.ts';

export const outcomes = ['created', 'corrected', 'unchanged', 'pruned', 'kept', 'waiting', 'failed'] as const;
/** `kept`: no longer ours, and left where it is. `waiting`: being deleted, or a retry is not due yet. */
export type Outcome = (typeof outcomes)[number];

export interface ObjectResult {
  readonly set: AddonSetName;
  readonly addon: string;
  readonly reference: ObjectReference;
  readonly mode: AddonMode;
  readonly outcome: Outcome;
  /** Why, for people; empty when there is nothing to say. */
  readonly detail: string;
  /** Of the object afterwards: tells one correction from the next. */
  readonly resourceVersion?: string;
  /** With outcome `failed`. */
  readonly error?: AppError;
  /** With outcome `failed`: how often in a row. */
  readonly attempts?: number;
}

export interface PassReport {
  readonly set: AddonSetName;
  readonly results: readonly ObjectResult[];
  readonly problems: readonly ManifestProblem[];
  /** Why the pass could not be finished: the directory cannot be read, or the API server does not answer. */
  readonly interruption?: AppError;
  /** When something is due before the next interval. */
  readonly dueAtMs: readonly number[];
}

/** Whether every object of the set is as its manifest says. */
export function isSettled(report: PassReport): boolean {
  if (report.interruption !== undefined || report.problems.some(({ kind }) => kind === 'damaged')) return false;
  return report.results.every(({ outcome }) => outcome !== 'failed' && outcome !== 'waiting');
}
