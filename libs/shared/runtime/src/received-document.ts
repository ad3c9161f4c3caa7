/**
 * What the master gave this node, on disk: `received/host.json` (its record and the digest of the document) and
 * `received/cluster.yaml`.
 *
 * The record takes its place first: whoever finds the configuration finds the record too. A crash between the two leaves a
 * digest that is not that of the files, so the document counts as not received and is written again.
 */

import { readFile } from 'node:fs/promises';
import type { HostRecord, NodeDocument, Paths, RenderedFile } from '@easycerts/cluster';
import { encodeNodeDocument, parseNodeDocument, roles } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { z } from 'zod';
import type { Users } from './users.ts';
import { writeFilesAtomically } from './write-files.ts';

export type ReceivedPaths = Pick<Paths, 'receivedConfig' | 'receivedHost'>;

/** Raised when an older version could misread it. */
const formatVersion = 1;

const fileSchema = z.object({
  version: z.literal(formatVersion),
  digest: z.string(),
  host: z.object({
    name: z.string(),
    roles: z.array(z.enum(roles)).readonly(),
    addresses: z.array(z.string()).readonly(),
  }),
});

/** Writes a document that was read with parseNodeDocument. Resolves with the paths that changed: none when it was there. */
export function writeReceivedDocument(
  paths: ReceivedPaths,
  document: NodeDocument,
  users: Users,
): Promise<readonly string[]> {
  const { digest, host, cluster } = document;
  const record = JSON.stringify({ version: formatVersion, digest, host }, null, 2);
  const files = [fileOf(paths.receivedHost, `${record}\n`), fileOf(paths.receivedConfig, cluster)];
  return writeFilesAtomically(files, users);
}

/** This host as its master knows it; undefined on a host that has received nothing. AppError DAMAGED when it cannot be read. */
export async function readReceivedHost(paths: Pick<Paths, 'receivedHost'>): Promise<HostRecord | undefined> {
  return (await readRecord(paths.receivedHost))?.host;
}

/** The digest of the document on disk; undefined when there is none, or it is not whole: then it is to be written again. */
export async function readReceivedDigest(paths: ReceivedPaths): Promise<string | undefined> {
  try {
    const record = await readRecord(paths.receivedHost);
    const cluster = await readOptional(paths.receivedConfig);
    if (record === undefined || cluster === undefined) return undefined;
    const { digest, host } = record;
    return parseNodeDocument(encodeNodeDocument({ digest, cluster, host }), host.name).digest;
  } catch (error) {
    if (error instanceof AppError && error.code === 'DAMAGED') return undefined;
    throw error;
  }
}

async function readRecord(path: string): Promise<z.output<typeof fileSchema> | undefined> {
  const text = await readOptional(path);
  if (text === undefined) return undefined;
  const parsed = fileSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new AppError('DAMAGED', `read ${path}: not the record of a host that this version knows`, {
    details: { path, cure: 'remove the file: config-renderer fetches it again from the master' },
  });
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toAppError(error, `read ${path}`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** No secret is in it, and every service of ours reads it. */
function fileOf(path: string, content: string): RenderedFile {
  return { path, content, mode: 0o644, owner: 'root', group: 'root' };
}
