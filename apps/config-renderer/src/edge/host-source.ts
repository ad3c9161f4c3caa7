/** What a host's files are made of: its cluster.yaml, or on a node that has joined what its master gave it. */

import { posix } from 'node:path';
import type { HostRecord, NodeDocument, Paths, RenderedFile } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import {
  acceptedCopyOf,
  type ClusterTexts,
  readClusterTexts,
  readNodeTexts,
  readReceivedDigest,
  readReceivedHost,
} from '@easycerts/runtime';

export interface HostSource {
  readonly texts: ClusterTexts;
  /** Present on a node that has joined. */
  readonly received?: {
    /** This host as its master knows it. */
    readonly record: HostRecord;
    /** Of the document that both come from; undefined when a crash has left parts of two: the bus has it whole. */
    readonly digest: string | undefined;
  };
}

interface Place {
  readonly paths: Paths;
  readonly configFile: string;
}

/** As it lies on disk. AppError INVALID_CONFIG when there is nothing. */
export async function readHostSource({ configFile, paths }: Place): Promise<HostSource> {
  const texts = await readClusterTexts(configFile);
  if (texts.node === undefined) return { texts };
  const [record, digest] = await Promise.all([readReceivedHost(paths), readReceivedDigest(paths)]);
  if (record !== undefined) return { texts, received: { record, digest } };
  throw new AppError(
    'FAILED_PRECONDITION',
    `${paths.receivedHost} is missing: who this host is came with its configuration`,
    {
      details: { path: paths.receivedHost, cure: 'join again: `joiner join` with a token of the master' },
    },
  );
}

/** As it would be with a document in the place of the one on disk. */
export async function sourceOfDocument({ configFile }: Place, document: NodeDocument): Promise<HostSource> {
  const { cluster, digest, host } = document;
  return { texts: await readNodeTexts(configFile, cluster), received: { record: host, digest } };
}

/** Copies of the texts, laid out as the texts themselves are: what every daemon starts from while those have problems. */
export function acceptedCopies(configFile: string, { texts }: HostSource): readonly RenderedFile[] {
  const { node, overlay, text } = texts;
  const copy = acceptedCopyOf(configFile);
  const folder = posix.dirname(copy);
  const place = node === undefined ? copy : posix.join(folder, 'received', posix.basename(copy));
  return [
    fileOf(place, text),
    ...(overlay === undefined ? [] : [fileOf(posix.join(folder, 'overlay.yaml'), overlay)]),
    ...(node?.overrides === undefined ? [] : [fileOf(posix.join(folder, 'node.yaml'), node.overrides)]),
  ];
}

function fileOf(path: string, content: string): RenderedFile {
  return { path, content, owner: 'root', group: 'root', mode: 0o644 };
}
