/**
 * One run at a time in one cache: an abstract Unix socket (unix(7)). Unlike a lock file it cannot be left behind: the
 * kernel frees the name with the process, even after kill -9; and a waiting run hears of the end at once, because its
 * connection closes. Runs in different network namespaces do not see each other; they only do work twice, since every
 * file gets its name by rename.
 */

import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';

export interface Lock {
  release(): Promise<void>;
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another run has the lock. */
  readonly onWait?: () => void;
}

/** Takes the lock of a folder, waiting for the run that has it. Rejects with CANCELLED when `signal` fires. */
export async function takeLock(folder: string, options: LockOptions = {}): Promise<Lock> {
  const name = `\0easycerts-assets-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  let hasWaited = false;
  for (;;) {
    const lock = await tryListen(name);
    if (lock !== undefined) return lock;
    if (!hasWaited) options.onWait?.();
    hasWaited = true;
    await waitForEnd(name, options.signal);
  }
}

async function tryListen(name: string): Promise<Lock | undefined> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => waiting.delete(socket));
    socket.unref();
  });
  try {
    await listen(server, name);
  } catch (error) {
    if (systemErrorCode(error) === 'EADDRINUSE') return undefined;
    throw toAppError(error, 'take the lock of the cache');
  }
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of waiting) socket.destroy();
      }),
  };
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(name, resolve);
  });
}

/** Resolves when the holder is gone (or already was). */
function waitForEnd(name: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(name);
    const onAbort = (): void => {
      socket.destroy();
      reject(new AppError('CANCELLED', 'wait for another run in the same cache: cancelled', { cause: signal?.reason }));
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    socket
      .on('error', () => {})
      .on('close', () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      })
      .resume();
  });
}
