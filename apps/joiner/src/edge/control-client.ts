/** Talks to the running joiner of this host. */

import { request } from 'node:http';
import { AppError, errorCodes, systemErrorCode } from '@easycerts/core';
import { z } from 'zod';
import { type JoinerStatus, parseJoinerStatus } from '../core/joiner-status.ts';

const failure = z.object({
  error: z.object({ code: z.enum(errorCodes), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

export interface ControlOptions {
  readonly path: string;
  readonly signal: AbortSignal;
}

/** The status of the running joiner. AppError UNAVAILABLE when none runs. */
export async function askStatus(options: ControlOptions): Promise<JoinerStatus> {
  const status = parseJoinerStatus(await call('GET', '/status', options));
  if (status !== undefined) return status;
  throw new AppError('INTERNAL', 'joiner answers something else than its status', {
    details: { cure: 'restart joiner: it may be of another version than this program' },
  });
}

/** Has joiner restart a component; resolves when it is healthy again. AppError as joiner gives it. */
export async function askRestart(unit: string, options: ControlOptions): Promise<void> {
  await call('POST', `/restart?unit=${encodeURIComponent(unit)}`, options);
}

async function call(method: string, path: string, { path: socketPath, signal }: ControlOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly body: string }>();
  const exchange = request({ socketPath, method, path, signal, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    response.on('error', reject);
  });
  exchange.on('error', reject);
  exchange.end();
  const { body, status } = await promise.catch((error: unknown) => {
    throw signal.aborted ? signal.reason : unreachable(socketPath, error);
  });
  if (status !== 200) throw restored(body);
  return body;
}

function unreachable(path: string, cause: unknown): AppError {
  if (systemErrorCode(cause) === 'EACCES') {
    return new AppError('PERMISSION_DENIED', `ask joiner at ${path}: permission denied`, {
      cause,
      details: { path, cure: 'run it as root' },
    });
  }
  return new AppError('UNAVAILABLE', `joiner does not run: nobody answers at ${path}`, {
    cause,
    details: {
      path,
      cure: 'start it: `systemctl start easycerts-agent` (on a master easycerts-joiner), or without systemd `easycerts joiner run`; `joiner doctor` says more',
    },
  });
}

function restored(body: string): AppError {
  try {
    const { code, details, message } = failure.parse(JSON.parse(body)).error;
    return new AppError(code, message, { details });
  } catch (cause) {
    return new AppError('INTERNAL', 'joiner answers something that is no error of ours', { cause });
  }
}
