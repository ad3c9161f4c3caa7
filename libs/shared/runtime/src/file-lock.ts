/**
 * A lock between processes that can't be left behind: SQLite's lock on an empty file, which is an fcntl lock. The kernel
 * lets go of it when its process ends, however it ends, so there are no stale locks to recognise (no process ids that are
 * used again, no process id namespaces to look through) and nothing to clean. The lock file stays: removing one that
 * somebody waits for would give two holders.
 */

import { open, readFile, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, toAppError } from '@easycerts/core';

export interface FileLockOptions {
  /** How long to wait for another holder; 0 tries once. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
const busyErrcode = 5;
/** Between two tries: short next to one delivery (about 10 ms), long next to one try (0.1 ms). */
const retryMs = 15;

/**
 * Runs `work` while no other process and no other call holds the lock file `path` (made when absent, mode 0600; its folder
 * must exist). AppError UNAVAILABLE, naming the holder, when it is not free within `waitMs`; CANCELLED by the signal.
 */
export async function withFileLock<T>(path: string, options: FileLockOptions, work: () => Promise<T>): Promise<T> {
  const held = await acquire(path, options);
  try {
    return await work();
  } finally {
    held.close();
  }
}

async function acquire(path: string, { waitMs, signal }: FileLockOptions): Promise<DatabaseSync> {
  await makeLockFile(path);
  const deadline = performance.now() + waitMs;
  for (;;) {
    if (signal?.aborted === true) throw new AppError('CANCELLED', `wait for the lock ${path}: cancelled`);
    const held = tryLock(path);
    if (held !== undefined) return held;
    if (performance.now() >= deadline) throw await heldByAnother(path);
    await delay(retryMs);
  }
}

/** Made here and not by SQLite, whose error would hide whether the disk is full, read-only or not ours. */
async function makeLockFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600);
    await file.close();
  } catch (error) {
    throw toAppError(error, `make the lock file ${path}`);
  }
}

function tryLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Without a journal in memory there would be one on disk, where a full disk has no room for it
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw toAppError(error, `take the lock ${path}`);
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === busyErrcode;
}

async function heldByAnother(path: string): Promise<AppError> {
  const pid = await holderOf(path);
  const holder = pid === undefined ? 'another process' : `process ${pid}`;
  return new AppError('UNAVAILABLE', `take the lock ${path}: ${holder} holds it`, {
    details: { path, cure: `wait until ${holder} has finished, or end it, and try again` },
  });
}

/** The process that holds a lock on the file, as far as the kernel tells (proc(5), /proc/locks). */
async function holderOf(path: string): Promise<number | undefined> {
  try {
    const { ino } = await stat(path);
    const line = (await readFile('/proc/locks', 'utf8')).split('\n').find((text) => text.includes(`:${ino} `));
    const pid = Number(/(?:READ|WRITE)\s+(\d+)\s/.exec(line ?? '')?.[1]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
