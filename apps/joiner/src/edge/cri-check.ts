/**
 * Sees whether the CRI of a container runtime answers on its UNIX socket. containerd listens before its CRI plugin is initialised, and
 * without that plugin too. One gRPC call by node's HTTP/2: the connection of @grpc/grpc-js to somebody who accepts and says nothing
 * outlives its client, and here one would be left behind at every check.
 */

import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

/** What kubelet asks all the time: it fails until the plugin is initialised, whatever it then says of the network. */
const path = '/runtime.v1.RuntimeService/Status';
/** Not compressed, no octets: an empty message in the framing of gRPC. */
const emptyMessage = Buffer.alloc(5);
const shownCharacters = 300;

/** What is wrong; undefined when it answers. Rejects when there is nobody, or no answer in time. */
export async function criProblem(socket: string, timeoutMs: number): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const session = connectHttp2('http://localhost', { createConnection: () => connect({ path: socket }) });
  session.on('error', reject);
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  const call = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let problem: string | undefined = 'ends the call without a gRPC status';
  const note = (headers: Readonly<Record<string, unknown>>): void => {
    // In the headers when there is no message, in the trailers when there is one.
    const code = headers['grpc-status'];
    if (code !== undefined) problem = code === '0' ? undefined : describe(code, headers['grpc-message']);
  };
  call.on('response', note);
  call.on('trailers', note);
  // Of a stream that was never opened, the cause is what the socket said.
  call.on('error', (error) => reject(error.cause ?? error));
  call.on('close', () => resolve(problem));
  call.resume().end(emptyMessage);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

/** The message is percent-encoded (PROTOCOL-HTTP2.md of gRPC), and anything else is shown as it came. */
function describe(code: unknown, message: unknown): string {
  const text = typeof message === 'string' ? message : '';
  return `its CRI answers ${code}: ${text.replaceAll('%20', ' ')}`.slice(0, shownCharacters);
}
