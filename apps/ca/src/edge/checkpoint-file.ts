/** The checkpoint of the ledger on disk: `<ca>/ledger.index`, 0600. Whatever is wrong with it: the stream has everything. */

import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { writeFileAtomically } from '@easycerts/runtime';
import {
  decodeFacts,
  digestBytes,
  encodeFacts,
  factsLength,
  type LedgerCheckpoint,
  preludeBytes,
} from '../core/ledger-checkpoint.ts';
import { columnsFor, octetsOf } from '../core/ledger-columns.ts';

/** A piece is hashed in a millisecond or two: signing goes on in between. */
const pieceBytes = 1_048_576;
/** The CA writes as the user that it is. */
const ourOwnFile = { mode: 0o600, owner: '', group: '', users: { idsOf: () => undefined } };

export function checkpointFile(caDirectory: string): string {
  return `${caDirectory}/ledger.index`;
}

/** Replaces the file as one; may be called while the index grows on. */
export async function writeCheckpoint(path: string, checkpoint: LedgerCheckpoint): Promise<void> {
  await writeFileAtomically(path, piecesOf(checkpoint), ourOwnFile);
}

/**
 * Undefined when there is none. AppError DAMAGED when it is not as it was written, FAILED_PRECONDITION when another version
 * wrote it, or when it is not a file that is ours alone.
 */
export async function readCheckpoint(path: string): Promise<LedgerCheckpoint | undefined> {
  // Not through a link, and no waiting for whoever writes into a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const file = await open(path, flags);
    try {
      return await readWhole(file, await lengthOf(file));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toAppError(error, `read ${path}`);
  }
}

async function lengthOf(file: FileHandle): Promise<number> {
  const facts = await file.stat();
  const isOurs = facts.isFile() && facts.uid === process.geteuid?.() && (facts.mode & 0o077) === 0;
  if (isOurs) return facts.size;
  throw new AppError('FAILED_PRECONDITION', 'checkpoint of the ledger: it is not a file of our own with mode 600');
}

async function readWhole(file: FileHandle, length: number): Promise<LedgerCheckpoint> {
  const hash = createHash('sha256');
  const prelude = await readPart(file, preludeBytes, hash);
  const text = await readPart(file, factsLength(prelude, length), hash);
  const { covered, index } = decodeFacts(text, length);
  // Room as if it had grown: the next record must not copy a million.
  const columns = columnsFor(Math.ceil(index.size * 1.5) + 1);
  for (const octets of octetsOf(columns, index.size)) await fill(file, octets, hash);
  const digest = await readPart(file, digestBytes);
  if (!hash.digest().equals(digest)) {
    throw new AppError('DAMAGED', 'checkpoint of the ledger: its SHA-256 is another one');
  }
  return { covered, index: { ...index, columns } };
}

async function readPart(file: FileHandle, length: number, hash?: Hash): Promise<Uint8Array> {
  const octets = new Uint8Array(length);
  await fill(file, octets, hash);
  return octets;
}

async function fill(file: FileHandle, octets: Uint8Array, hash?: Hash): Promise<void> {
  for (let at = 0; at < octets.length; ) {
    const { bytesRead } = await file.read(octets, at, Math.min(pieceBytes, octets.length - at));
    if (bytesRead === 0) throw new AppError('DAMAGED', 'checkpoint of the ledger: it is cut');
    hash?.update(octets.subarray(at, at + bytesRead));
    at += bytesRead;
  }
}

async function* piecesOf({ covered, index }: LedgerCheckpoint): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for (const octets of [encodeFacts({ covered, index }), ...octetsOf(index.columns, index.size)]) {
    for (let at = 0; at < octets.length; at += pieceBytes) {
      const piece = octets.subarray(at, at + pieceBytes);
      hash.update(piece);
      yield piece;
    }
  }
  yield hash.digest();
}
