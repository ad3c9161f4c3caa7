/**
 * Requests to the API server: JSON over one kept-alive connection with mutual TLS.
 *
 * Not `KubernetesObjectApi` of @kubernetes/client-node 2.0.1, because it opens a TLS connection for every request, writes
 * paths in lowercase (RBAC names may have capitals), drops fields that its models do not know, and costs 0.4–0.7 s of
 * processor time and 85 MB at a moment when the node's readiness waits for us.
 */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { AppError, secondMs, systemErrorCode } from '@easycerts/core';
import type { KubeCredentials } from './kube-credentials.ts';
import { readCredentials } from './kube-credentials.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  /** The body, parsed: a `Status` object when the API server itself answered. */
  readonly body: unknown;
}

export interface KubeConnection {
  /** Any answer of the server, whatever its status. AppError UNAVAILABLE with reason `unreachable` when there is none. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}

/** An answer must come within this time; work on many objects must not hang on one. */
const answerTimeoutMs = 15 * secondMs;
/** No object can be larger (etcd takes 1.5 MiB), so what is larger is not an API server. */
const longestAnswerBytes = 16 * 1024 * 1024;

export interface ConnectKubeOptions {
  /** Who we are in the audit log of the API server. */
  readonly userAgent: string;
  /** Default 15 s. */
  readonly timeoutMs?: number;
}

/** A connection with the identity of a kubeconfig. Its files are read again before every request; nothing is opened yet. */
export function connectKube(kubeconfig: string, options: ConnectKubeOptions): KubeConnection {
  const { userAgent, timeoutMs = answerTimeoutMs } = options;
  let credentials: KubeCredentials | undefined;
  let agent: Agent | undefined;

  const refresh = async (): Promise<{ agent: Agent; credentials: KubeCredentials }> => {
    const current = await readCredentials(kubeconfig, credentials);
    if (agent === undefined || current !== credentials) {
      agent?.destroy();
      const { secureContext, endpoint } = current;
      const servername = endpoint.serverName === undefined ? {} : { servername: endpoint.serverName };
      agent = new Agent({ keepAlive: true, maxSockets: 2, secureContext, ...servername });
      credentials = current;
    }
    return { agent, credentials: current };
  };

  return {
    async send(request) {
      const using = await refresh();
      const once = (): Promise<ApiAnswer> =>
        exchange(using.agent, using.credentials.endpoint.server, { ...request, timeoutMs, userAgent });
      try {
        return await once();
      } catch (error) {
        // The server closed the idle connection at the very moment we used it; nothing was processed.
        if (error instanceof StaleConnection)
          return await once().catch((again: unknown) => rethrow(again, using.credentials));
        return rethrow(error, using.credentials);
      }
    },
    close() {
      agent?.destroy();
      agent = undefined;
      credentials = undefined;
    },
  };
}

class StaleConnection extends Error {}

function exchange(
  agent: Agent,
  server: string,
  request: ApiRequest & { readonly timeoutMs: number; readonly userAgent: string },
): Promise<ApiAnswer> {
  const url = new URL(server + request.path);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': request.userAgent };
  if (body !== undefined) {
    headers['content-type'] = request.contentType ?? 'application/json';
    headers['content-length'] = String(body.length);
  }
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(request.timeoutMs);
    const outgoing: ClientRequest = httpsRequest(
      url,
      { method: request.method, agent, headers, signal },
      (response) => {
        readBody(response).then((text) => resolve({ status: response.statusCode ?? 0, body: parseBody(text) }), reject);
      },
    );
    outgoing.on('error', (error) => {
      const isStale = outgoing.reusedSocket && systemErrorCode(error) === 'ECONNRESET';
      reject(isStale ? new StaleConnection(error.message) : error);
    });
    outgoing.end(body);
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestAnswerBytes) throw new Error('the answer is too long for an API server');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rethrow(error: unknown, { endpoint }: KubeCredentials): never {
  const words = error instanceof Error ? error.message : String(error);
  const cure = 'see `easycerts joiner status` for kube-apiserver';
  throw new AppError('UNAVAILABLE', `reach API server ${endpoint.server}: ${words}`, {
    cause: error,
    details: { reason: 'unreachable', cure },
  });
}
