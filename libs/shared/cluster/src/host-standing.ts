/** What everybody who reads the register of hosts must read alike: who a host is, and whether it still belongs to the cluster. */

import { z } from 'zod';
import { roles } from './component-name.ts';
import { isHostName } from './config/option-types.ts';
import type { HostRecord } from './host-facts.ts';

export interface HostStanding {
  readonly record: HostRecord;
  /** Revoked, or about to be: its removal has begun. */
  readonly isRevoked: boolean;
}

// The CA writes more into a record than concerns others.
const standingSchema = z.object({
  name: z.string().refine(isHostName),
  roles: z.array(z.enum(roles)).readonly(),
  addresses: z.array(z.string()).readonly(),
  revoked: z.boolean(),
  removal: z.unknown().optional(),
});

/** The key of a host in the bucket `hosts`; nodes may read theirs (`hosts/<name>.>`). */
export function hostRecordKey(host: string): string {
  return `${host}.record`;
}

/** The host whose record the key names; undefined for other keys of the bucket. */
export function hostOfRecordKey(key: string): string | undefined {
  const host = key.slice(0, Math.max(0, key.lastIndexOf('.')));
  return host !== '' && key === hostRecordKey(host) ? host : undefined;
}

/** Reads parsed JSON. undefined when it is not whole, or not of the host that the key names: nobody is let in by half a record. */
export function hostStandingOf(key: string, value: unknown): HostStanding | undefined {
  const parsed = standingSchema.safeParse(value);
  if (!parsed.success || hostRecordKey(parsed.data.name) !== key) return undefined;
  const { addresses, name, removal, revoked } = parsed.data;
  return { record: { name, roles: parsed.data.roles, addresses }, isRevoked: revoked || removal !== undefined };
}
