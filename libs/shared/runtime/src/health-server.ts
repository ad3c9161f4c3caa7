/** HTTPS for operators and Prometheus: /healthz for everybody, /metrics for clients with a certificate of our CA. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Registry } from 'prom-client';
import { closeServer, listenOn } from './listen-on.ts';
import type { Logger } from './logger.ts';
import type { RunningService } from './service.ts';
import { readTlsIdentity, secureContextOptionsOf, watchTlsIdentity } from './tls-identity.ts';

export interface HealthServerOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly identityDirectory: string;
  /** Whether the service works; a rejection counts as not. */
  readonly health: () => Promise<boolean> | boolean;
  readonly metrics: Registry;
  readonly logger: Logger;
  readonly identityIntervalMs?: number;
}

export interface RunningHealthServer extends RunningService {
  readonly port: number;
}

// Both answers are made from memory: whoever takes longer is not a well-meaning client.
const requestTimeoutMs = 5_000;
const healthTimeoutMs = 3_000;

/** Starts the server. AppError FAILED_PRECONDITION when the port is in use, NOT_FOUND or DAMAGED for its certificate set. */
export async function startHealthServer(options: HealthServerOptions): Promise<RunningHealthServer> {
  const identity = await readTlsIdentity(options.identityDirectory);
  const server = createServer(
    {
      ...secureContextOptionsOf(identity),
      requestCert: true,
      rejectUnauthorized: false,
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      maxHeaderSize: 8 * 1024,
    },
    (request, response) => {
      answer(request, response, options).catch((err: unknown) => {
        options.logger.error({ err, url: request.url }, 'health request failed unexpectedly');
        send(response, 500, 'internal error\n');
      });
    },
  );
  server.maxConnections = 256;
  const port = await listenOn(server, options);
  const stopWatching = watchTlsIdentity({
    directory: options.identityDirectory,
    current: identity,
    logger: options.logger,
    ...(options.identityIntervalMs === undefined ? {} : { intervalMs: options.identityIntervalMs }),
    onChange: (changed) => server.setSecureContext(secureContextOptionsOf(changed)),
  });
  return {
    port,
    async close() {
      stopWatching();
      await closeServer(server);
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HealthServerOptions): Promise<void> {
  const path = new URL(request.url ?? '/', 'https://health').pathname;
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'only GET\n');
  if (path === '/healthz') {
    const isHealthy = await withinTime(options.health);
    return send(response, isHealthy ? 200 : 503, isHealthy ? 'ok\n' : 'not healthy\n');
  }
  if (path === '/metrics') {
    if (!(request.socket instanceof TLSSocket) || !request.socket.authorized) {
      return send(response, 403, 'a client certificate of the easycerts CA is needed\n');
    }
    return send(response, 200, await options.metrics.metrics(), options.metrics.contentType);
  }
  return send(response, 404, 'not found\n');
}

async function withinTime(health: HealthServerOptions['health']): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), healthTimeoutMs);
  try {
    return await Promise.race([Promise.resolve().then(health), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', connection: 'close' });
  response.end(body);
}
