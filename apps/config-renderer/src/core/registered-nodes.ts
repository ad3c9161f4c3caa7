/** What the bucket `hosts` holds: the nodes in the register, and the documents that have been written for them. */

import { type HostRecord, type HostStanding, hostRecordKey, hostStandingOf, nodeDocumentKey } from '@easycerts/cluster';
import { z } from 'zod';
import type { WrittenDocument } from './rollout.ts';

/** One key of the bucket. */
export interface HostsEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  readonly storedAt: Date;
}

export interface HostsBucket {
  /** Nodes that belong to the cluster. */
  readonly nodes: readonly HostRecord[];
  /** By host name, also of hosts that are gone. */
  readonly documents: ReadonlyMap<string, WrittenDocument>;
  /** Hosts whose documents are over. */
  readonly gone: readonly string[];
  /** Keys of records that make no sense: their hosts keep what they have. */
  readonly damaged: readonly string[];
}

const documentSchema = z.object({ digest: z.string(), rollout: z.iso.datetime().optional() });

/** Sorts the entries. A document that makes no sense counts as one with a digest that nothing has, so it is written anew. */
export function sortHosts(entries: readonly HostsEntry[]): HostsBucket {
  const records = new Map<string, HostStanding | 'damaged'>();
  const documents = new Map<string, WrittenDocument>();
  for (const entry of entries) {
    const host = entry.key.slice(0, entry.key.lastIndexOf('.'));
    if (entry.key === hostRecordKey(host))
      records.set(host, hostStandingOf(entry.key, jsonOf(entry.value)) ?? 'damaged');
    else if (entry.key === nodeDocumentKey(host)) documents.set(host, documentOf(entry));
  }
  const known = [...records].map(([host, found]) => ({ host, found }));
  const nodes = known.flatMap(({ found }) =>
    found === 'damaged' || found.isRevoked || found.record.roles.includes('master') ? [] : [found.record],
  );
  const names = new Set(nodes.map(({ name }) => name));
  return {
    nodes,
    documents,
    gone: [...documents.keys()].filter((host) => !names.has(host) && records.get(host) !== 'damaged'),
    damaged: known.filter(({ found }) => found === 'damaged').map(({ host }) => hostRecordKey(host)),
  };
}

function documentOf({ revision, storedAt, value }: HostsEntry): WrittenDocument {
  const parsed = documentSchema.safeParse(jsonOf(value));
  const { digest, rollout } = parsed.success ? parsed.data : { digest: '', rollout: undefined };
  return { digest, revision, writtenAtMs: storedAt.getTime(), ...(rollout === undefined ? {} : { rollout }) };
}

function jsonOf(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString('utf8'));
  } catch {
    return undefined;
  }
}
