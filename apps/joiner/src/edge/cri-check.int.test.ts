/** Against a gRPC server on a UNIX socket, with what a container runtime answers. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type TemporaryDirectory, temporaryDirectory } from '@easycerts/testing';
import { criProblem } from './cri-check.ts';

const plentyMs = 30_000;
const grpc = { ':status': 200, 'content-type': 'application/grpc' };

describe('the check of a container runtime', () => {
  let folder: TemporaryDirectory;
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  let made = 0;
  before(async () => {
    folder = await temporaryDirectory();
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    await folder.remove();
  });

  async function listening(server: Server): Promise<string> {
    const path = join(folder.path, `${made++}.sock`);
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.add(socket)).listen(path);
    await once(server, 'listening');
    return path;
  }

  async function runtime(answer: (stream: ServerHttp2Stream, path: unknown, body: Buffer) => void): Promise<string> {
    const server = createServer();
    server.on('stream', async (stream: ServerHttp2Stream, headers) => {
      const body = Buffer.concat(await stream.toArray());
      answer(stream, headers[':path'], body);
    });
    return listening(server);
  }

  /** With a message the status comes behind it. */
  function withTrailers(stream: ServerHttp2Stream, trailers: OutgoingHttpHeaders): void {
    stream.respond(grpc, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0]));
  }

  test('asks what kubelet asks, and finds well who answers', async () => {
    const seen: unknown[] = [];
    const path = await runtime((stream, asked, body) => {
      seen.push(asked, body.toString('hex'));
      withTrailers(stream, { 'grpc-status': '0' });
    });
    assert.equal(await criProblem(path, plentyMs), undefined);
    assert.deepEqual(seen, ['/runtime.v1.RuntimeService/Status', '0000000000']);
  });

  test('tells what a containerd without its plugin says, and one that is not initialised yet', async () => {
    const without = await runtime((stream) =>
      stream.respond(
        { ...grpc, 'grpc-status': '12', 'grpc-message': 'unknown service runtime.v1.RuntimeService' },
        { endStream: true },
      ),
    );
    assert.equal(await criProblem(without, plentyMs), 'its CRI answers 12: unknown service runtime.v1.RuntimeService');
    const early = await runtime((stream) =>
      withTrailers(stream, { 'grpc-status': '2', 'grpc-message': 'server is not%20initialized yet' }),
    );
    assert.equal(await criProblem(early, plentyMs), 'its CRI answers 2: server is not initialized yet');
  });

  test('is not content with a web server, nor with somebody who hangs up', async () => {
    const others = [
      await runtime((stream) => stream.respond({ ':status': 200 }, { endStream: true })),
      await runtime((stream) => stream.close()),
      await listening(createTcpServer((socket) => socket.end())),
      await listening(createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))),
    ];
    for (const path of others) assert.notEqual(await criProblem(path, plentyMs).catch(String), undefined);
  });

  test('shows little of a long answer', async () => {
    const path = await runtime((stream) =>
      stream.respond({ ...grpc, 'grpc-status': '2', 'grpc-message': 'x'.repeat(5_000) }, { endStream: true }),
    );
    assert.ok(((await criProblem(path, plentyMs)) ?? '').length <= 300);
  });

  test('fails at once where nobody listens', async () => {
    await assert.rejects(criProblem(join(folder.path, 'nobody'), plentyMs), { code: 'ENOENT' });
  });

  test('gives up on somebody who accepts and says nothing, and lets go of the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const path = await listening(
      createTcpServer((socket) => void socket.resume().once('close', () => closed.resolve())),
    );
    await assert.rejects(criProblem(path, 300), /no answer within 300 ms/);
    await closed.promise;
  });
});
