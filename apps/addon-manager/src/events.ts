/** Every event of addon-manager. */

import type { EventPublisher } from '@easycerts/runtime';
import type { ObjectReference } from './core/kube-object.ts';
import type { ObjectResult } from './core/pass-report.ts';

/** An object was made or corrected, and is stored. */
export function publishApplied(events: EventPublisher, result: ObjectResult, now: Date): void {
  const { addon, mode, reference } = result;
  const { kind, name, namespace } = reference;
  const key = result.resourceVersion ?? now.toISOString();
  events.publish({
    type: 'addon.applied',
    subject: subjectOf(reference),
    key,
    data: { addon, kind, namespace, name, mode },
  });
}

/** An object whose manifest is gone is gone. */
export function publishPruned(events: EventPublisher, { reference }: ObjectResult, now: Date): void {
  const { kind, name, namespace } = reference;
  const data = { kind, namespace, name };
  events.publish({ type: 'addon.pruned', subject: subjectOf(reference), key: now.toISOString(), data });
}

/** Something of an addon failed and is tried again. */
export function publishFailed(events: EventPublisher, addon: string, message: string, now: Date): void {
  events.publish({ type: 'addon.failed', subject: addon, key: now.toISOString(), data: { addon, message } });
}

function subjectOf({ kind, namespace, name }: ObjectReference): string {
  return [kind, namespace, name].filter((part) => part !== '').join('/');
}
