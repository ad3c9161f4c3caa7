/** Sends one request after another on each of many connections, as cheaply as Node.js can: for servers that want a client certificate, which wrk has none of. */

import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export interface RawLoad {
  readonly port: number;
  /** undefined: plain HTTP. */
  readonly tls: ConnectionOptions | undefined;
  readonly connections: number;
  readonly seconds: number;
  /** Whole requests, HTTP/1.1 with keep-alive; undefined: there are no more. */
  readonly next: () => string | undefined;
}

export interface RawOutcome {
  readonly requests: number;
  readonly perSecond: number;
}

/** Throws when an answer does not begin with one of the good states. */
export async function runRawLoad(load: RawLoad): Promise<RawOutcome> {
  const end = performance.now() + load.seconds * 1_000;
  const startedMs = performance.now();
  const counts = await Promise.all(Array.from({ length: load.connections }, () => runOne(load, end)));
  const requests = counts.reduce((sum, count) => sum + count, 0);
  return { requests, perSecond: requests / ((performance.now() - startedMs) / 1_000) };
}

function runOne({ port, tls, next }: RawLoad, end: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket: Socket =
    tls === undefined ? connectPlain(port, '127.0.0.1') : connectTls({ ...tls, port, host: '127.0.0.1' });
  let answered = 0;
  let answer = '';
  const ask = (): void => {
    const request = performance.now() < end ? next() : undefined;
    if (request !== undefined) {
      socket.write(request);
      return;
    }
    socket.destroy();
    resolve(answered);
  };
  socket.setNoDelay(true);
  socket.once(tls === undefined ? 'connect' : 'secureConnect', ask);
  socket.on('error', reject);
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    if (!isWhole(answer)) return;
    if (!/^HTTP\/1\.1 20[01] /.test(answer)) {
      socket.destroy();
      reject(new Error(answer.slice(0, 500)));
      return;
    }
    answer = '';
    answered += 1;
    ask();
  });
  return promise;
}

/** By its length, or by the last chunk. */
function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, headEnd))?.[1];
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= headEnd + 4 + Number(length);
}
