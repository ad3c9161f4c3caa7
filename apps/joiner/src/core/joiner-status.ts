/** What joiner tells about the components it runs: in `status.json`, over its socket, in `joiner status`. */

import { componentActionReasons } from '@easycerts/core';
import { z } from 'zod';

/**
 * `waiting` for an input or another component, `starting`, `changing` (a restart or reload is under way), `healthy`,
 * `unhealthy` (runs, but does not answer well), `failed` (did not come up; will be tried again), `stopping`.
 */
export const componentStates = [
  'waiting',
  'starting',
  'changing',
  'healthy',
  'unhealthy',
  'failed',
  'stopping',
] as const;
export type ComponentState = (typeof componentStates)[number];

const componentStatus = z.object({
  unit: z.string(),
  description: z.string(),
  state: z.enum(componentStates),
  /** Of the state. */
  since: z.iso.datetime(),
  /** Why something was done last. */
  reason: z.enum(componentActionReasons).exactOptional(),
  /** What it is waiting for, or what is wrong. */
  detail: z.string().exactOptional(),
  isHealthy: z.boolean(),
  pid: z.int().exactOptional(),
  startedAt: z.iso.datetime().exactOptional(),
  /** In a row, 0 when all is well. */
  failures: z.int(),
  retryAt: z.iso.datetime().exactOptional(),
  /** Of its log, when it failed. */
  lastLines: z.array(z.string()),
});
export type ComponentStatus = z.infer<typeof componentStatus>;

const serviceStatus = z.object({
  unit: z.string(),
  /** `failed`: it has not taken its certificates. */
  state: z.enum(['running', 'not-running', 'failed']),
  /** Names of those that it is told of. */
  certificates: z.array(z.string()),
  detail: z.string().exactOptional(),
});
export type ServiceStatus = z.infer<typeof serviceStatus>;

const joinerStatus = z.object({
  updatedAt: z.iso.datetime(),
  /** When this daemon was started. */
  startedAt: z.iso.datetime(),
  /** Every component is healthy, and there is at least one. */
  isReady: z.boolean(),
  components: z.array(componentStatus),
  /** Services that are none of our components, and are told of their certificates. */
  services: z.array(serviceStatus).exactOptional(),
  /** Spec files that cannot be used. */
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type JoinerStatus = z.infer<typeof joinerStatus>;

/** Reads a status; undefined when the text is none. */
export function parseJoinerStatus(content: string): JoinerStatus | undefined {
  try {
    const parsed = joinerStatus.safeParse(JSON.parse(content));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
