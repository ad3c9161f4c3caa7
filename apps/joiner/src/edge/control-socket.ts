/**
 * The door for `joiner status` and `joiner restart`: HTTP on a UNIX socket that only our own user may open. It is also how a
 * second joiner notices the first.
 */

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { AppError, isAppError, toAppError } from '@easycerts/core';
import { closeServer, type Logger, type RunningService } from '@easycerts/runtime';
import type { ComponentStatus, JoinerStatus } from '../core/joiner-status.ts';

export interface ControlSocketOptions {
  readonly path: string;
  readonly logger: Logger;
  readonly status: () => JoinerStatus;
  readonly restart: (unit: string) => Promise<ComponentStatus | undefined>;
}

/** `sun_path` of unix(7), with its final zero byte. */
const longestPath = 107;

/** Opens the socket. AppError ALREADY_EXISTS when another joiner answers there. */
export async function openControlSocket(options: ControlSocketOptions): Promise<RunningService> {
  const { path } = options;
  if (Buffer.byteLength(path) > longestPath) {
    throw new AppError('INVALID_INPUT', `open ${path}: longer than the ${longestPath} bytes of a UNIX socket`, {
      details: { path, cure: 'choose a data directory with a shorter path' },
    });
  }
  if (await isAnswered(path)) {
    throw new AppError('ALREADY_EXISTS', `another joiner runs already and listens on ${path}`, {
      details: { path, cure: 'stop it first' },
    });
  }
  const server = createServer((request, response) => void answer(request, response, options));
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    rmSync(path, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    // Nobody may connect between its making and its mode.
    const before = process.umask(0o177);
    server.listen(path, resolve);
    process.umask(before);
    await promise;
    chmodSync(path, 0o600);
  } catch (error) {
    throw toAppError(error, `listen on ${path}`);
  }
  return { close: () => closeServer(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlSocketOptions,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://joiner');
    send(response, 200, await perform(`${request.method} ${url.pathname}`, url, options));
  } catch (error) {
    if (!isAppError(error)) options.logger.error({ err: error }, 'control request failed unexpectedly');
    const { code, details, message } = toAppError(error, 'joiner');
    send(response, 500, { error: { code, message, details } });
  }
}

async function perform(operation: string, url: URL, { restart, status }: ControlSocketOptions): Promise<unknown> {
  switch (operation) {
    case 'GET /status':
      return status();
    case 'POST /restart':
      return restart(url.searchParams.get('unit') ?? '');
    default:
      throw new AppError('INVALID_INPUT', `joiner knows no ${operation}`);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body ?? {}));
}

async function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
