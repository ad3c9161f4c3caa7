/** Against a gRPC server on a UNIX socket that keeps sandboxes as a runtime does. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { type TemporaryDirectory, temporaryDirectory } from '@easycerts/testing';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { idRequest } from './messages.ts';
import { openPodSandboxes } from './pod-sandboxes.ts';

describe('pod sandboxes', () => {
  let folder: TemporaryDirectory;
  let server: Server;
  let running: Map<string, 'running' | 'stopped'>;
  let socket: string;

  beforeEach(async () => {
    folder = await temporaryDirectory();
    socket = join(folder.path, 'containerd.sock');
    running = new Map([
      ['one', 'running'],
      ['two', 'stopped'],
    ]);
    server = new Server();
    const idOf = (request: Buffer): string => request.subarray(2).toString();
    const handle =
      (act: (request: Buffer) => Buffer) =>
      (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void =>
        answer(null, act(call.request));
    const same = (bytes: Buffer): Buffer => bytes;
    const method = (name: string) => ({
      path: `/runtime.v1.RuntimeService/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    });
    server.addService(
      { list: method('ListPodSandbox'), stop: method('StopPodSandbox'), remove: method('RemovePodSandbox') },
      {
        list: handle(() =>
          Buffer.concat(
            [...running.keys()].map((id) => Buffer.concat([Buffer.from([0x0a, id.length + 2]), idRequest(id)])),
          ),
        ),
        stop: handle((request) => {
          if (running.has(idOf(request))) running.set(idOf(request), 'stopped');
          return Buffer.alloc(0);
        }),
        remove: handle((request) => {
          assert.notEqual(running.get(idOf(request)), 'running');
          running.delete(idOf(request));
          return Buffer.alloc(0);
        }),
      },
    );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
    await promise;
  });
  afterEach(async () => {
    server.forceShutdown();
    await folder.remove();
  });

  test('are listed, stopped and removed; one that is gone is no error', async () => {
    const sandboxes = openPodSandboxes(socket);
    assert.deepEqual(await sandboxes.list(), ['one', 'two']);
    for (const id of ['one', 'two', 'three']) await sandboxes.remove(id);
    assert.deepEqual(await sandboxes.list(), []);
    sandboxes.close();
  });

  test('a runtime that does not run is UNAVAILABLE', async () => {
    const sandboxes = openPodSandboxes(join(folder.path, 'other.sock'));
    await assert.rejects(sandboxes.list(), (error) => isAppError(error, 'UNAVAILABLE'));
    sandboxes.close();
  });
});
