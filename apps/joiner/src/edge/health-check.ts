/** Sees whether a component works, the way its users would: with real connections and mutual TLS. */

import { readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HealthCheck } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { criProblem } from './cri-check.ts';

export type Health = { readonly isHealthy: true } | { readonly isHealthy: false; readonly detail: string };

export interface HealthFacts {
  /** How long the main process has been running; undefined when it is not. */
  readonly runningForMs: number | undefined;
  readonly timeoutMs: number;
}

/** A program that ends because of a wrong argument or a missing file has done so by then. */
const provesRunningMs = 1_000;
// Of an answer that is not 200: enough to tell which of the API server's checks failed.
const shownBytes = 300;
/** A Node object with many images has some 20 kB. */
const searchedBytes = 1024 * 1024;
const loopback = /^(127\.\d+\.\d+\.\d+|\[?::1\]?|localhost)$/;

/** Checks once. Never throws. */
export async function checkHealth(check: HealthCheck, facts: HealthFacts): Promise<Health> {
  try {
    const problem = await problemOf(check, facts);
    return problem === undefined ? { isHealthy: true } : { isHealthy: false, detail: problem };
  } catch (error) {
    return { isHealthy: false, detail: toAppError(error, nameOf(check)).message };
  }
}

async function problemOf(check: HealthCheck, { runningForMs, timeoutMs }: HealthFacts): Promise<string | undefined> {
  switch (check.kind) {
    case 'running':
      if (runningForMs === undefined) return 'not running';
      return runningForMs >= provesRunningMs ? undefined : 'has only just been started';
    case 'file':
      return statSync(check.path).size > 0 ? undefined : `${check.path} is empty`;
    case 'socket':
      return connects(connect({ path: check.path }), timeoutMs);
    case 'cri':
      return criProblem(check.path, timeoutMs);
    case 'tcp':
      return connects(connect({ host: check.host, port: check.port }), timeoutMs);
    case 'tls':
      return greets(check, timeoutMs);
    case 'http':
      return answers(httpRequest, check.url, { timeoutMs });
    case 'https':
      return answers(httpsRequest, check.url, {
        timeoutMs,
        wanted: check.bodyIncludes,
        orNotFound: check.orNotFound,
        ...tlsOptionsOf(check),
      });
    default:
      throw new TypeError(`unknown health check ${check satisfies never}`);
  }
}

function tlsOptionsOf(check: Extract<HealthCheck, { kind: 'https' }>): object {
  const { caFile, certFile, keyFile, serverName, url } = check;
  if (caFile === undefined && !loopback.test(new URL(url).hostname)) {
    throw new TypeError('a server on another machine is not checked without its CA');
  }
  return {
    ...(caFile === undefined ? { rejectUnauthorized: false } : { ca: readFileSync(caFile) }),
    ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
    ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

async function answers(
  request: typeof httpRequest,
  url: string,
  { timeoutMs, wanted, orNotFound, ...options }: { readonly timeoutMs: number } & WantedAnswer & RequestOptions,
): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  // A connection of its own each time: an old one would still be served with old certificates.
  const call = request(url, { ...options, agent: false }, (response) => {
    describeAnswer(response, { wanted, orNotFound }).then(resolve, reject);
  });
  call.on('error', reject);
  const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  call.end();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    call.destroy();
  }
}

interface WantedAnswer {
  readonly wanted?: string | undefined;
  readonly orNotFound?: boolean | undefined;
}

async function describeAnswer(
  response: IncomingMessage,
  { orNotFound, wanted }: WantedAnswer,
): Promise<string | undefined> {
  if (response.statusCode === 404 && orNotFound === true) return ignoreBody(response);
  if (response.statusCode === 200) return wanted === undefined ? ignoreBody(response) : missingIn(response, wanted);
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += chunk;
    if (body.length > shownBytes * 10) break;
  }
  const failed = body.split('\n').filter((line) => line.startsWith('[-]'));
  const shown = (failed.length > 0 ? failed.join(' ') : body.replace(/\s+/g, ' ')).trim().slice(0, shownBytes);
  return `answers ${response.statusCode}${shown === '' ? '' : `: ${shown}`}`;
}

function ignoreBody(response: IncomingMessage): undefined {
  response.resume();
}

async function missingIn(response: IncomingMessage, wanted: string): Promise<string | undefined> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += chunk;
    if (body.includes(wanted)) return undefined;
    if (body.length > searchedBytes) break;
  }
  return `the answer does not hold ${wanted}`;
}

async function connects(socket: Socket, timeoutMs: number): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  socket.once('connect', () => resolve(undefined));
  socket.once('error', reject);
  socket.setTimeout(timeoutMs, () => reject(new Error(`no connection within ${timeoutMs} ms`)));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** Waits for the server's first word: with TLS 1.3 only that shows that it has accepted our certificate. */
async function greets(check: Extract<HealthCheck, { kind: 'tls' }>, timeoutMs: number): Promise<string | undefined> {
  const { caFile, certFile, keyFile, host, port } = check;
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const socket = connectTls({
    host,
    port,
    ca: readFileSync(caFile),
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    minVersion: 'TLSv1.3',
  });
  socket.once('data', () => resolve(undefined));
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('closed without a word')));
  socket.setTimeout(timeoutMs, () => reject(new Error(`no word within ${timeoutMs} ms`)));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function nameOf(check: HealthCheck): string {
  switch (check.kind) {
    case 'running':
      return 'process';
    case 'file':
    case 'socket':
    case 'cri':
      return check.path;
    case 'tcp':
    case 'tls':
      return `${check.host}:${check.port}`;
    case 'http':
    case 'https':
      return check.url;
    default:
      throw new TypeError(`unknown health check ${check satisfies never}`);
  }
}
