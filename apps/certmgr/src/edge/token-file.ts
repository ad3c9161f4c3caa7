/**
 * The join token on disk: a secret that others on this host must not have been able to read or to put there. A file that is
 * not root's alone, or no file at all, is refused, and left for a person to look at.
 */

import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type JoinToken, parseJoinToken } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { syncDirectory } from '@easycerts/runtime';

/** Twice as much as any token; a larger file is no token. */
const maxBytes = 8_192;

/**
 * Reads the token; undefined when there is none. AppError FAILED_PRECONDITION when it is not a regular file of root's alone
 * (of whoever runs us, without root), INVALID_INPUT when it holds no token. No message says what is in it.
 */
export async function readTokenFile(path: string): Promise<JoinToken | undefined> {
  const file = await openOptional(path, constants.O_RDONLY);
  if (file === undefined) return undefined;
  try {
    await checkFile(file, path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    try {
      if (bytesRead > maxBytes)
        throw unsafe(path, 'is too large for a token', 'write the token there and nothing else');
      return parseJoinToken(buffer.toString('latin1', 0, bytesRead));
    } finally {
      buffer.fill(0);
    }
  } catch (error) {
    throw toAppError(error, `read the join token ${path}`);
  } finally {
    await file.close();
  }
}

/** Removes a token file, durably, and overwrites what was in it; nothing when it is gone, or another token has taken its place. */
export async function removeTokenFile(path: string, tokenId?: string): Promise<void> {
  const file = await openOptional(path, constants.O_RDWR);
  if (file === undefined) return;
  try {
    const { size } = await checkFile(file, path);
    if (tokenId !== undefined && (await tokenIdOf(path)) !== tokenId) return;
    // Its name first: a crash in between must not leave a file that is no token
    await unlink(path);
    await syncDirectory(dirname(path));
    await file.write(Buffer.alloc(Math.min(size, maxBytes)), 0, undefined, 0);
    await file.sync();
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw toAppError(error, `remove the join token ${path}`);
  } finally {
    await file.close();
  }
}

async function tokenIdOf(path: string): Promise<string | undefined> {
  return (await readTokenFile(path).catch(() => undefined))?.id;
}

/** Without following a link, and without waiting for the other end of a pipe. */
async function openOptional(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw unsafe(path, 'is a symbolic link', removeIt(path));
    if (code === 'ENXIO' || code === 'EISDIR') throw unsafe(path, 'is no regular file', removeIt(path));
    throw toAppError(error, `open the join token ${path}`);
  }
}

async function checkFile(file: FileHandle, path: string): Promise<{ readonly size: number }> {
  const facts = await file.stat();
  if (!facts.isFile()) throw unsafe(path, 'is no regular file', removeIt(path));
  if (facts.uid !== (process.geteuid?.() ?? 0)) {
    throw unsafe(path, `belongs to user ${facts.uid}`, removeIt(path));
  }
  if ((facts.mode & 0o077) !== 0) {
    const cure = `make a new token, this one may have been read; then ${removeIt(path)}`;
    throw unsafe(path, `can be read or written by others (mode ${(facts.mode & 0o777).toString(8)})`, cure);
  }
  return facts;
}

const removeIt = (path: string): string => `remove ${path} and run \`joiner join\` with the token on standard input`;

function unsafe(path: string, why: string, cure: string): AppError {
  return new AppError('FAILED_PRECONDITION', `the join token ${path} ${why}`, {
    details: { reason: 'token-file', path, cure },
  });
}
