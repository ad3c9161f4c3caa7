/** The client against servers that do not do what they should. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { AppError, type ErrorCode } from '@easycerts/core';
import { freePort } from '@easycerts/testing';
import { CfsslClient } from './cfssl-client.ts';
import { JsonPoster } from './post-json.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clientFor(t: TestContext): CfsslClient {
  const client = new CfsslClient();
  t.after(() => client.close());
  return client;
}

const callTo = (...remotes: readonly string[]) => ({
  authority: { remotes, label: 'l', profile: 'p' },
  signal: new AbortController().signal,
});
const signTo = (...remotes: readonly string[]) => ({ ...callTo(...remotes), csrPem: 'X', hosts: ['a'] });

function fails(code: ErrorCode, reason?: string) {
  return (error: unknown): boolean =>
    error instanceof AppError && error.code === code && (reason === undefined || error.details.reason === reason);
}

describe('the client', () => {
  test('signs what it asks with HMAC-SHA-256 over the request as it is sent', async (t) => {
    let asked: Record<string, string> = {};
    const remote = await serve(t, (request, response) => {
      assert.equal(request.url, '/api/v1/cfssl/authsign');
      request.setEncoding('utf8').on('data', (body: string) => (asked = JSON.parse(body)));
      request.on('end', () => response.end('{"success":true,"result":{"certificate":"C"},"errors":[],"messages":[]}'));
    });
    const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    assert.equal(await clientFor(t).sign({ ...signTo(remote), key }), 'C');
    const inner = Buffer.from(asked.request ?? '', 'base64').toString();
    assert.deepEqual(JSON.parse(inner), { hosts: ['a'], certificate_request: 'X', profile: 'p', label: 'l' });
    assert.equal(asked.token, createHmac('sha256', key).update(inner).digest('base64'));
  });

  test('asks `sign` without a key', async (t) => {
    const urls: string[] = [];
    const remote = await serve(t, (request, response) => {
      urls.push(request.url ?? '');
      response.end('{"success":true,"result":{"certificate":"C"}}');
    });
    await clientFor(t).sign(signTo(remote));
    await clientFor(t).info(callTo(remote));
    assert.deepEqual(urls, ['/api/v1/cfssl/sign', '/api/v1/cfssl/info']);
  });

  const refusal = (message: string) => JSON.stringify({ success: false, result: null, errors: [{ code: 1, message }] });
  const rows: readonly (readonly [string, number, string, ErrorCode, string?])[] = [
    ['a wrong key', 400, refusal('invalid token'), 'UNAUTHENTICATED', 'invalid-token'],
    ['no right', 400, refusal('not authorised'), 'UNAUTHENTICATED', 'invalid-token'],
    ['a refusal that mentions a key', 400, refusal('invalid token?'), 'FAILED_PRECONDITION', 'refused'],
    ['an error of the server', 500, 'oops', 'UNAVAILABLE'],
    ['too many requests', 429, '', 'UNAVAILABLE'],
    ['another service', 404, '404 page not found', 'DAMAGED'],
    ['a page', 200, '<html>', 'DAMAGED'],
    ['no certificate', 200, '{"success":true,"result":{}}', 'DAMAGED'],
    ['a certificate that is a number', 200, '{"success":true,"result":{"certificate":1}}', 'DAMAGED'],
    ['an answer without end', 200, ' '.repeat(300 * 1024), 'FAILED_PRECONDITION'],
  ];
  for (const [what, status, body, code, reason] of rows) {
    test(`tells ${what} as ${code}`, async (t) => {
      const remote = await serve(t, (_, response) => response.writeHead(status).end(body));
      await assert.rejects(clientFor(t).sign(signTo(remote)), fails(code, reason));
    });
  }

  test('shows no control characters and not all of a long refusal', async (t) => {
    const remote = await serve(t, (_, response) => response.end(refusal(`\u001b[31m${'x'.repeat(1_000)}`)));
    await assert.rejects(clientFor(t).info(callTo(remote)), (error: Error) => {
      return error.message.length < 450 && !error.message.includes('\u001b');
    });
  });

  test('goes to the next server when one is away, and not when it was refused', async (t) => {
    const away = `http://127.0.0.1:${await freePort()}`;
    const good = await serve(t, (_, response) => response.end('{"success":true,"result":{"certificate":"C"}}'));
    const refusing = await serve(t, (_, response) => response.writeHead(400).end(refusal('no')));
    assert.equal(await clientFor(t).info(callTo(away, good)), 'C');
    await assert.rejects(clientFor(t).info(callTo(refusing, good)), fails('FAILED_PRECONDITION'));
    await assert.rejects(clientFor(t).info(callTo(away)), fails('UNAVAILABLE'));
  });

  test('ends with its signal, and when a server says nothing in time', async (t) => {
    const arrived = Promise.withResolvers<void>();
    const silent = await serve(t, () => arrived.resolve());
    const ending = new AbortController();
    const asking = clientFor(t).info({ ...callTo(silent), signal: ending.signal });
    await arrived.promise;
    ending.abort();
    await assert.rejects(asking, fails('CANCELLED'));
    const poster = new JsonPoster();
    const post = { url: silent, body: '{}', signal: new AbortController().signal, limitMs: 20 };
    await assert.rejects(poster.post(post), fails('DEADLINE_EXCEEDED'));
    poster.close();
  });

  test('ends too when a server drips its answer', async (t) => {
    const dripping = await serve(t, (_, response) => void response.write('{'));
    const poster = new JsonPoster();
    const post = { url: dripping, body: '{}', signal: new AbortController().signal, limitMs: 50 };
    await assert.rejects(poster.post(post), fails('DEADLINE_EXCEEDED'));
    poster.close();
  });
});
