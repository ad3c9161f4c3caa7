/** The connection against a TLS server of the test: certificates, answers that are none, times and sizes. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { isAppError } from '@easycerts/core';
import type { TemporaryDirectory, TestPki } from '@easycerts/testing';
import { createTestPki, freePort, temporaryDirectory } from '@easycerts/testing';
import { connectKube } from './kube-connection.ts';

describe('the connection to the API server', () => {
  let folder: TemporaryDirectory;
  let pki: TestPki;
  let server: Server;
  let kubeconfig: string;
  let connections: number;
  let answer: RequestListener;

  beforeEach(async () => {
    folder = await temporaryDirectory();
    pki = await createTestPki('kubernetes');
    const serving = await pki.writeSet(join(folder.path, 'serving'), {
      commonName: 'api',
      usages: ['server auth'],
      alternativeNames: { ip: ['127.0.0.1'] },
    });
    const [ca, cert, key] = await Promise.all(
      ['ca.crt', 'tls.crt', 'tls.key'].map((name) => readFile(join(serving, name))),
    );
    await pki.writeSet(join(folder.path, 'one'), { commonName: 'one' });
    await pki.writeSet(join(folder.path, 'two'), { commonName: 'two' });
    await symlink('one', join(folder.path, 'set'));
    connections = 0;
    answer = (request, response) => response.end(JSON.stringify({ user: clientName(request.socket as TLSSocket) }));
    server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (request, response) =>
      answer(request, response),
    );
    server.on('secureConnection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    kubeconfig = join(folder.path, 'x.kubeconfig');
    await writeKubeconfig((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  const writeKubeconfig = (port: number): Promise<void> =>
    writeFile(
      kubeconfig,
      JSON.stringify({
        clusters: [
          { name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': 'set/ca.crt' } },
        ],
        users: [{ name: 'u', user: { 'client-certificate': 'set/tls.crt', 'client-key': 'set/tls.key' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );
  const swapTo = async (target: string): Promise<void> => {
    await symlink(target, join(folder.path, 'new'));
    await rename(join(folder.path, 'new'), join(folder.path, 'set'));
  };
  const get = { method: 'GET', path: '/x' } as const;

  test('keeps one connection, and makes a new one when the certificate was renewed', async () => {
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    for (let count = 0; count < 3; count += 1)
      assert.deepEqual(await connection.send(get), { status: 200, body: { user: 'one' } });
    assert.equal(connections, 1);
    await swapTo('two');
    assert.deepEqual(await connection.send(get), { status: 200, body: { user: 'two' } });
    assert.equal(connections, 2);
    connection.close();
  });

  test('sends method, query, type and body', async () => {
    answer = async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      response.statusCode = 201;
      response.end(
        JSON.stringify([
          request.method,
          request.url,
          request.headers['user-agent'],
          request.headers['content-type'],
          JSON.parse(body),
        ]),
      );
    };
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    const sent = await connection.send({
      method: 'PATCH',
      path: '/a%2Fb',
      query: { 'a&b': 'c d' },
      contentType: 'application/apply-patch+yaml',
      body: { ü: 1 },
    });
    assert.deepEqual(sent, {
      status: 201,
      body: ['PATCH', '/a%2Fb?a%26b=c+d', 'test', 'application/apply-patch+yaml', { ü: 1 }],
    });
    connection.close();
  });

  test('an answer that is not JSON is still an answer', async () => {
    answer = (_request, response) => response.writeHead(502).end('<html>');
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    assert.deepEqual(await connection.send(get), { status: 502, body: undefined });
    connection.close();
  });

  test('repeats a request once when the server had just closed the idle connection', async () => {
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    await connection.send(get);
    server.closeIdleConnections();
    assert.equal((await connection.send(get)).status, 200);
    connection.close();
  });

  const unreachable = (error: unknown): boolean =>
    isAppError(error, 'UNAVAILABLE') && error.details.reason === 'unreachable';

  test('an answer without end is not read to the end', async () => {
    answer = (_request, response) => {
      Readable.from(endlessChunks())
        .on('error', () => undefined)
        .pipe(response);
    };
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    await assert.rejects(connection.send(get), unreachable);
    connection.close();
  });

  test('a server that never answers is not waited for', async () => {
    answer = () => undefined;
    const connection = connectKube(kubeconfig, { userAgent: 'test', timeoutMs: 100 });
    await assert.rejects(connection.send(get), unreachable);
    connection.close();
  });

  test('nobody listens', async () => {
    await writeKubeconfig(await freePort());
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    await assert.rejects(connection.send(get), unreachable);
    connection.close();
  });

  test('a server of another authority is not talked to', async () => {
    const other = await createTestPki('other');
    await other.writeSet(join(folder.path, 'three'), { commonName: 'three' });
    await swapTo('three');
    let requests = 0;
    answer = (_request, response) => {
      requests += 1;
      response.end('{}');
    };
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    await assert.rejects(connection.send(get), unreachable);
    assert.equal(requests, 0);
    connection.close();
  });

  test('a server with a certificate for another name is not talked to', async () => {
    const text = await readFile(kubeconfig, 'utf8');
    await writeFile(
      kubeconfig,
      text.replace('"certificate-authority"', '"tls-server-name":"api.example","certificate-authority"'),
    );
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    await assert.rejects(connection.send(get), unreachable);
    connection.close();
  });

  test('a key of another certificate is named, and the next request works once it is right', async () => {
    await cp(join(folder.path, 'one'), join(folder.path, 'mixed'), { recursive: true });
    await cp(join(folder.path, 'two/tls.key'), join(folder.path, 'mixed/tls.key'));
    await swapTo('mixed');
    const connection = connectKube(kubeconfig, { userAgent: 'test' });
    await assert.rejects(
      connection.send(get),
      (error) => isAppError(error, 'DAMAGED') && error.message.includes('tls.crt'),
    );
    await swapTo('two');
    assert.equal((await connection.send(get)).status, 200);
    connection.close();
  });

  for (const name of ['ca.crt', 'tls.crt', 'tls.key']) {
    test(`a missing ${name} is named`, async () => {
      await rm(join(folder.path, 'one', name));
      const connection = connectKube(kubeconfig, { userAgent: 'test' });
      await assert.rejects(
        connection.send(get),
        (error) => isAppError(error, 'NOT_FOUND') && error.message.includes(name),
      );
      connection.close();
    });
  }

  test('a missing kubeconfig is named', async () => {
    await rm(kubeconfig);
    await assert.rejects(
      connectKube(kubeconfig, { userAgent: 'test' }).send(get),
      (error) => isAppError(error, 'NOT_FOUND') && error.message.includes(kubeconfig),
    );
  });
});

function clientName(socket: TLSSocket): unknown {
  return socket.getPeerCertificate().subject.CN;
}

function* endlessChunks(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1024 * 1024);
}
