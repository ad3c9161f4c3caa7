/** One POST of JSON with an answer in JSON: within a time, of bounded size, over connections that are kept. */

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { AppError, formatDuration, minuteMs, secondMs, systemErrorCode } from '@easycerts/core';

export interface JsonAnswer {
  readonly status: number;
  /** What was answered, when it was JSON. */
  readonly body: unknown;
}

export interface PostOptions {
  readonly url: string;
  readonly body: string;
  /** PEM of the CAs to verify an https server with; absent: those the host trusts. */
  readonly rootCa?: string;
  readonly signal: AbortSignal;
  readonly limitMs?: number;
}

/** A CA under load signs within a second; the time stands for a server that hangs. */
const defaultLimitMs = 30 * secondMs;
/** A certificate has 2 KiB, an error a line. */
const longestAnswerBytes = 256 * 1024;
const idleMs = minuteMs;

/** Connections, kept for the next request to the same server. */
export class JsonPoster {
  readonly #http = new HttpAgent({ keepAlive: true, timeout: idleMs });
  /** By the CAs that are trusted. */
  readonly #https = new Map<string, HttpsAgent>();

  /** AppError UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED; UNAUTHENTICATED when the server's certificate is not trusted. */
  async post(options: PostOptions): Promise<JsonAnswer> {
    const limit = AbortSignal.timeout(options.limitMs ?? defaultLimitMs);
    const signal = AbortSignal.any([options.signal, limit]);
    try {
      const response = await this.#send(options, signal);
      const text = await textOf(response);
      return { status: response.statusCode ?? 0, body: jsonOf(text) };
    } catch (error) {
      throw errorOf(error, options, limit);
    }
  }

  close(): void {
    this.#http.destroy();
    for (const agent of this.#https.values()) agent.destroy();
  }

  #send({ url, body, rootCa }: PostOptions, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', headers, signal, maxHeaderSize: 16 * 1024 } as const;
    const request = url.startsWith('https:')
      ? requestHttps(url, { ...options, agent: this.#agentFor(rootCa) })
      : requestHttp(url, { ...options, agent: this.#http });
    request.once('response', resolve);
    request.once('error', reject);
    request.end(body);
    return promise;
  }

  #agentFor(rootCa: string | undefined): HttpsAgent {
    const known = this.#https.get(rootCa ?? '');
    if (known !== undefined) return known;
    // A CA that was replaced is not asked for again
    if (this.#https.size >= 16) this.#https.clear();
    const trust = rootCa === undefined ? {} : { ca: rootCa };
    const agent = new HttpsAgent({ keepAlive: true, timeout: idleMs, minVersion: 'TLSv1.2', ...trust });
    this.#https.set(rootCa ?? '', agent);
    return agent;
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestAnswerBytes) {
      response.destroy();
      throw new AppError('FAILED_PRECONDITION', `the answer is larger than ${longestAnswerBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(error: unknown, { url, signal, limitMs = defaultLimitMs }: PostOptions, limit: AbortSignal): AppError {
  const doing = `ask ${url}`;
  if (signal.aborted) return new AppError('CANCELLED', `${doing}: cancelled`, { cause: error });
  if (limit.aborted) {
    return new AppError('DEADLINE_EXCEEDED', `${doing}: no answer within ${formatDuration(limitMs)}`, { cause: error });
  }
  if (error instanceof AppError) return new AppError(error.code, `${doing}: ${error.message}`, { cause: error });
  const code = systemErrorCode(error) ?? '';
  const said = error instanceof Error ? error.message : String(error);
  if (/CERT|SELF_SIGNED|ISSUER|VERIFY|ALTNAME/.test(code)) {
    return new AppError('UNAUTHENTICATED', `${doing}: the server's certificate is not trusted: ${said}`, {
      cause: error,
      details: {
        cure: 'compare authority.root_ca of the spec with the CA of the cfssl server, and the name with its hosts',
      },
    });
  }
  return new AppError('UNAVAILABLE', `${doing}: ${code === '' ? said : code}`, { cause: error });
}
