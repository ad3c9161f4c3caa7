/** Reads the body of a request, bounded. */

import type { IncomingMessage } from 'node:http';
import { httpError } from '../../core/cfssl/cfssl-error.ts';

/** A CSR of 16 KiB, in PEM, in JSON, in base64 has 30 KiB; a chain to look at may have as much again. */
export const maxBodyBytes = 64 * 1024;

/** The text. CfsslError 413 as soon as it is too long, without reading on. */
export function readBody(request: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBodyBytes) {
      request.pause();
      reject(httpError(413, 'http: request body too large'));
    } else chunks.push(chunk);
  });
  request.once('end', () => resolve(chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString('utf8')));
  request.once('error', reject);
  request.once('aborted', () => reject(httpError(400, 'unexpected EOF')));
  return promise;
}
