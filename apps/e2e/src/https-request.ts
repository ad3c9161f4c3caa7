/** One HTTPS request on a connection of its own, and what the server's certificate is. */

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';

export interface Identity {
  /** Paths. */
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const timeoutMs = 10_000;

/** Rejects when there is no answer, also because the server refused the connection. */
export async function httpsRequest(url: string, identity: Identity, options: RequestOptions = {}): Promise<Answer> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(
    url,
    { ...pemsOf(identity), agent: false, method: options.method ?? 'GET', headers, timeout: timeoutMs },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    },
  );
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** Serial number (lowercase, without leading zeros) of the certificate that is served. */
export async function servedSerial(host: string, port: number, identity: Identity): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket: TLSSocket = connect({ host, port, ...pemsOf(identity), timeout: timeoutMs }, () => {
    resolve(normalSerial(socket.getPeerCertificate().serialNumber));
    socket.end();
  });
  socket.on('error', reject);
  socket.on('timeout', () => socket.destroy(new Error('no answer in time')));
  return promise;
}

/** A serial number as `ca list` prints it. */
export function normalSerial(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '');
}

function pemsOf({ ca, cert, key }: Identity) {
  return {
    ca: readFileSync(ca),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}
