/**
 * Whether the master can be reached, and what time it has. Nothing is sent but a request for /healthz, and nothing that comes
 * back is believed further than for a warning: the master is trusted only once certmgr has found the CA that the token pins.
 */

import { request } from 'node:https';
import { connect } from 'node:net';
import { systemErrorCode } from '@easycerts/core';
import type { EndpointFacts } from '../../core/preflight/facts.ts';

const timeoutMs = 5_000;

/** `clockPort`: where the time is asked for; undefined: it is not. */
export function probeEndpoints(
  endpoints: readonly string[],
  clockPort: number | undefined,
): Promise<readonly EndpointFacts[]> {
  return Promise.all(endpoints.map((endpoint) => probe(endpoint, clockPort)));
}

async function probe(endpoint: string, clockPort: number | undefined): Promise<EndpointFacts> {
  const separator = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, separator).replace(/^\[(.*)\]$/, '$1');
  const problem = await connectProblem(host, Number(endpoint.slice(separator + 1)));
  if (problem !== undefined) return { endpoint, problem };
  const clockAheadMs = clockPort === undefined ? undefined : await clockAhead(host, clockPort);
  return { endpoint, ...(clockAheadMs === undefined ? {} : { clockAheadMs }) };
}

async function connectProblem(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port });
  socket.once('connect', () => resolve(undefined));
  socket.once('error', (error) => resolve(systemErrorCode(error) ?? error.message));
  socket.setTimeout(timeoutMs, () => resolve(`no answer within ${timeoutMs} ms`));
  const problem = await promise;
  socket.destroy();
  return problem;
}

/** Its clock less ours, by the header Date, which has whole seconds; the way there and back is shared. */
async function clockAhead(host: string, port: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const sentAtMs = Date.now();
  const call = request({
    host,
    port,
    path: '/healthz',
    method: 'HEAD',
    rejectUnauthorized: false,
    agent: false,
    timeout: timeoutMs,
  });
  call.once('response', (response) => {
    response.resume();
    resolve(response.headers.date);
  });
  call.once('error', () => resolve(undefined));
  call.once('timeout', () => resolve(undefined));
  call.end();
  const date = await promise;
  call.destroy();
  const serverMs = Date.parse(date ?? '');
  return Number.isNaN(serverMs) ? undefined : serverMs + 500 - (sentAtMs + Date.now()) / 2;
}
