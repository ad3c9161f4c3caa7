/** What one kind of event is; the catalogue is made of these. */

import type { z } from 'zod';

/**
 * Where an event is published: `cluster` and `audit` by the master's services, `host` by a service of that host.
 * Subjects: `easycerts.v1.cluster.<type>`, `easycerts.v1.audit.<type>`, `easycerts.v1.host.<host>.<type>`.
 */
export type EventScope = 'cluster' | 'host' | 'audit';

export interface EventDefinition<S extends z.ZodObject = z.ZodObject> {
  readonly scope: EventScope;
  /** What has happened, one sentence, for people. */
  readonly summary: string;
  /** What an operator does about it, if anything. */
  readonly action?: string;
  /** The schema of CloudEvents' `data`. */
  readonly data: S;
}
