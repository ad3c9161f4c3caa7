/**
 * What the master tells a node: its cluster.yaml and its record in the register. It comes with the enrolment, and later as the
 * value `<host>.config` of the bucket `hosts`.
 */

import { createHash } from 'node:crypto';
import { AppError } from '@easycerts/core';
import { z } from 'zod';
import { roles } from './component-name.ts';
import { isHostName } from './config/option-types.ts';
import type { ClusterConfig } from './config/resolve-config.ts';
import { deepFreeze } from './config/resolve-config.ts';
import type { HostRecord } from './host-facts.ts';
import { nodeConfigOf } from './node-config.ts';

export interface NodeDocument {
  /** Names the content: SHA-256, the first 128 bits, lowercase hexadecimal. */
  readonly digest: string;
  /** The text of the node's cluster.yaml. */
  readonly cluster: string;
  readonly host: HostRecord;
}

/** Raised when a node of an older version could misread it. */
const formatVersion = 1;

const documentSchema = z.object({
  version: z.literal(formatVersion),
  digest: z.string().regex(/^[0-9a-f]{32}$/),
  cluster: z.string().min(1),
  host: z.object({
    name: z.string(),
    roles: z.array(z.enum(roles)).readonly(),
    addresses: z.array(z.string()).readonly(),
  }),
});

/** The key in the bucket `hosts` under which a host finds its document. */
export function nodeDocumentKey(host: string): string {
  return `${host}.config`;
}

/** The document for a host. Pure. */
export function nodeDocumentOf(config: ClusterConfig, host: HostRecord): NodeDocument {
  const cluster = nodeConfigOf(config, host);
  const record = { name: host.name, roles: host.roles, addresses: host.addresses };
  return deepFreeze({ digest: digestOf(cluster, record), cluster, host: record });
}

/** As it travels: JSON. `rollout` marks a changed document with the rollout that brings it; nodes pass it over. */
export function encodeNodeDocument(document: NodeDocument, { rollout }: { readonly rollout?: string } = {}): string {
  return JSON.stringify({ version: formatVersion, ...document, ...(rollout === undefined ? {} : { rollout }) });
}

/** Reads a document. AppError DAMAGED when it is not whole, or not one for `host`. */
export function parseNodeDocument(text: string, host: string): NodeDocument {
  const parsed = documentSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw damaged('it is not one, or of a newer version');
  const { version: _, ...document } = parsed.data;
  if (document.host.name !== host)
    throw damaged(`it is for another host${isHostName(document.host.name) ? `, ${document.host.name}` : ''}`);
  if (document.digest !== digestOf(document.cluster, document.host)) throw damaged('its digest is another one');
  return deepFreeze(document);
}

function digestOf(cluster: string, { name, roles: hostRoles, addresses }: HostRecord): string {
  const hash = createHash('sha256').update(`${cluster.length}:`).update(cluster);
  return hash
    .update(JSON.stringify([name, hostRoles, addresses]))
    .digest('hex')
    .slice(0, 32);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(why: string): AppError {
  return new AppError('DAMAGED', `read the node document: ${why}`, {
    details: { cure: 'install the same version of easycerts on the master and on this host' },
  });
}
