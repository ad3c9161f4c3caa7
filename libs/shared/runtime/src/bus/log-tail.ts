/**
 * Follows a log file across its rotation and our restarts. Where it was is kept as inode and offset: after a rotation the rest
 * of the renamed file is read first. A crash repeats some lines and loses none.
 */

import type { FileHandle } from 'node:fs/promises';
import { open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '@easycerts/core';
import type { Logger } from '../logger.ts';

export interface LogTailOptions {
  readonly file: string;
  /** Where the position is kept; absent or damaged: begin at the start of the file. */
  readonly stateFile: string;
  /** The position is kept only after this has resolved. */
  readonly onLines: (lines: readonly string[]) => Promise<void>;
  readonly logger: Logger;
}

interface Position {
  readonly inode: number;
  readonly offset: number;
}

/** What is read at a time, and the longest line. */
const chunkBytes = 256 * 1024;
/** What is left unread of a log that grew while nobody looked. */
const maxBacklogBytes = 8 * 1024 * 1024;

/** A function that reads what has come since it was called last. Calls must not overlap. */
export function createLogTail(options: LogTailOptions): () => Promise<void> {
  let position: Position | undefined;
  return async () => {
    const before = position ?? (await readPosition(options.stateFile));
    const after = await readNew(before, options);
    position = after;
    if (after !== undefined && (after.inode !== before?.inode || after.offset !== before.offset)) {
      await writePosition(options.stateFile, after);
    }
  };
}

async function readNew(before: Position | undefined, options: LogTailOptions): Promise<Position | undefined> {
  const file = await openIfThere(options.file);
  if (file === undefined) return before;
  try {
    const { ino: inode } = await file.stat();
    if (before === undefined || before.inode === inode) {
      return { inode, offset: await readFrom(file, before?.offset ?? 0, options) };
    }
    const renamed = await findRenamed(options.file, before.inode);
    if (renamed !== undefined) await readRest(renamed, before.offset, options);
    return { inode, offset: await readFrom(file, 0, options) };
  } finally {
    await file.close();
  }
}

async function readRest(path: string, offset: number, options: LogTailOptions): Promise<void> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  try {
    await readFrom(file, offset, options);
  } finally {
    await file.close();
  }
}

/** Hands over whole lines from the offset to the end; returns the offset behind the last one. */
async function readFrom(file: FileHandle, from: number, { onLines, logger }: LogTailOptions): Promise<number> {
  const { size } = await file.stat();
  // A file that became shorter was written anew.
  let offset = from > size ? 0 : from;
  if (size - offset > maxBacklogBytes) {
    logger.warn({ skippedBytes: size - offset - maxBacklogBytes }, 'skip an old part of the log of nats-server');
    offset = size - maxBacklogBytes;
  }
  const buffer = Buffer.alloc(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, offset);
    const chunk = buffer.subarray(0, bytesRead);
    const end = chunk.lastIndexOf(0x0a) + 1 || (bytesRead === chunkBytes ? bytesRead : 0);
    if (end === 0) return offset;
    await onLines(
      chunk
        .toString('utf8', 0, end)
        .split('\n')
        .filter((line) => line !== ''),
    );
    offset += end;
  }
}

async function findRenamed(path: string, inode: number): Promise<string | undefined> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const candidate = join(folder, name);
    const found = await stat(candidate).catch(() => undefined);
    if (found?.ino === inode) return candidate;
  }
  return undefined;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

async function readPosition(path: string): Promise<Position | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('inode' in value) || !('offset' in value)) return undefined;
    const { inode, offset } = value;
    if (!Number.isSafeInteger(inode) || !Number.isSafeInteger(offset)) return undefined;
    return { inode: Number(inode), offset: Math.max(0, Number(offset)) };
  } catch {
    return undefined;
  }
}

async function writePosition(path: string, position: Position): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, JSON.stringify(position), { mode: 0o600 });
  await rename(temporary, path);
}
