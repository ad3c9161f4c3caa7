/** `/metrics` over HTTP, where certmgr.yaml says: most often on loopback. It tells names of files and times, no secret. */

import { createServer } from 'node:http';
import { secondMs } from '@easycerts/core';
import { closeServer, type ListenPlace, listenOn } from '@easycerts/runtime';
import type { Registry } from 'prom-client';

export interface RunningMetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const requestTimeoutMs = 5 * secondMs;

/** Listens. AppError when the address cannot be had. */
export async function startMetricsServer(place: ListenPlace, metrics: Registry): Promise<RunningMetricsServer> {
  const options = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, maxHeaderSize: 8 * 1024 };
  const server = createServer(options, (request, response) => {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') send(405, 'text/plain', 'only GET\n');
    else if (path === '/') send(200, 'text/html', '<a href="/metrics">/metrics</a>\n');
    else if (path !== '/metrics') send(404, 'text/plain', 'not found\n');
    else {
      metrics.metrics().then(
        (text) => send(200, metrics.contentType, text),
        () => send(500, 'text/plain', 'internal error\n'),
      );
    }
  });
  server.maxConnections = 64;
  return { port: await listenOn(server, place, ' for metrics'), close: () => closeServer(server) };
}
