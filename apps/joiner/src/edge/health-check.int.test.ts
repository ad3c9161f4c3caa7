import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { HealthCheck } from '@easycerts/cluster';
import { filesOfSet } from '@easycerts/cluster';
import { createTestPki, type TemporaryDirectory, type TestPki, temporaryDirectory } from '@easycerts/testing';
import { checkHealth, type Health } from './health-check.ts';

let directory: TemporaryDirectory;
let pki: TestPki;
let handler: RequestListener = (_, response) => response.end('ok');
const servers: Server[] = [];
let httpPort: number;
let httpsPort: number;

async function listen(server: Server, path?: string): Promise<number> {
  servers.push(server);
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  return path === undefined ? (server.address() as AddressInfo).port : 0;
}

before(async () => {
  directory = await temporaryDirectory();
  pki = await createTestPki('kubernetes');
  const other = await createTestPki('kubernetes');
  const alternativeNames = { dns: ['localhost'], ip: ['127.0.0.1'] };
  await pki.writeSet(join(directory.path, 'server'), {
    commonName: 'server',
    usages: ['server auth'],
    alternativeNames,
  });
  await pki.writeSet(join(directory.path, 'client'), { commonName: 'health', usages: ['client auth'] });
  await other.writeSet(join(directory.path, 'foreign'), { commonName: 'health', usages: ['client auth'] });
  const { ca, cert, key } = filesOfSet(join(directory.path, 'server'));
  const tls = {
    ca: readFileSync(ca),
    cert: readFileSync(cert),
    key: readFileSync(key),
    requestCert: true,
    rejectUnauthorized: true,
  };
  httpPort = await listen(createHttpServer((request, response) => handler(request, response)));
  httpsPort = await listen(createHttpsServer(tls, (request, response) => handler(request, response)));
});

after(async () => {
  for (const server of servers) server.close();
  await directory.remove();
});

function check(health: HealthCheck, timeoutMs = 2_000, runningForMs?: number): Promise<Health> {
  return checkHealth(health, { timeoutMs, runningForMs });
}

async function problemOf(health: HealthCheck, timeoutMs?: number): Promise<string> {
  const result = await check(health, timeoutMs);
  assert.ok(!result.isHealthy, 'it is healthy');
  return result.detail;
}

function https(set: string | undefined, changes: object = {}): HealthCheck {
  const { ca } = filesOfSet(join(directory.path, 'server'));
  const own = set === undefined ? undefined : filesOfSet(join(directory.path, set));
  const client = own === undefined ? {} : { certFile: own.cert, keyFile: own.key };
  return { kind: 'https', url: `https://127.0.0.1:${httpsPort}/readyz`, caFile: ca, ...client, ...changes };
}

describe('an http check', () => {
  it('is healthy for 200 only', async () => {
    const url = `http://127.0.0.1:${httpPort}/healthz`;
    assert.deepEqual(await check({ kind: 'http', url }), { isHealthy: true });
    for (const status of [204, 301, 404, 500]) {
      handler = (_, response) => response.writeHead(status).end();
      assert.equal(await problemOf({ kind: 'http', url }), `answers ${status}`);
    }
  });

  it('shows which checks of the API server failed, and little of anything else', async () => {
    const url = `http://127.0.0.1:${httpPort}/readyz`;
    handler = (_, response) => response.writeHead(500).end('[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\n');
    assert.equal(await problemOf({ kind: 'http', url }), 'answers 500: [-]etcd failed: reason withheld');
    handler = (_, response) => response.writeHead(500).end('x'.repeat(1_000_000));
    assert.ok((await problemOf({ kind: 'http', url })).length < 400);
  });

  it('gives up on a server that does not answer', async () => {
    handler = () => undefined;
    assert.match(await problemOf({ kind: 'http', url: `http://127.0.0.1:${httpPort}/` }, 30), /no answer within 30 ms/);
    handler = (_, response) => response.end('ok');
  });

  it('tells what is wrong with the connection', async () => {
    const port = await listen(createTcpServer());
    servers.pop()?.close();
    assert.match(await problemOf({ kind: 'http', url: `http://127.0.0.1:${port}/` }), /ECONNREFUSED/);
  });
});

describe('an https check', () => {
  it('is healthy with its client certificate', async () => {
    assert.deepEqual(await check(https('client')), { isHealthy: true });
    assert.deepEqual(await check(https('client', { serverName: 'localhost' })), { isHealthy: true });
  });

  it('is not healthy without one, or with one of another CA', async () => {
    await problemOf(https(undefined));
    await problemOf(https('foreign'));
  });

  it('is not healthy when the server is another than expected', async () => {
    assert.match(
      await problemOf(https('client', { caFile: filesOfSet(join(directory.path, 'foreign')).ca })),
      /signature|self-signed|verify/i,
    );
    assert.match(await problemOf(https('client', { serverName: 'elsewhere' })), /altnames|match/);
  });

  it('names the file that is not there', async () => {
    assert.match(await problemOf(https('client', { certFile: '/nonexistent.crt' })), /\/nonexistent\.crt/);
  });

  it('goes without a CA on loopback only', async () => {
    const { ca: _, ...files } = filesOfSet(join(directory.path, 'client'));
    const client = { certFile: files.cert, keyFile: files.key };
    assert.deepEqual(await check({ kind: 'https', url: `https://127.0.0.1:${httpsPort}/`, ...client }), {
      isHealthy: true,
    });
    for (const host of ['192.0.2.1', 'example.org', '127.0.0.1.example.org', 'localhost.example.org']) {
      assert.match(await problemOf({ kind: 'https', url: `https://${host}/` }), /without its CA/);
    }
  });

  it('reads renewed files at the next check', async () => {
    await pki.writeSet(join(directory.path, 'client'), { commonName: 'health', usages: ['client auth'] });
    assert.deepEqual(await check(https('client')), { isHealthy: true });
  });
});

describe('the other checks', () => {
  it('socket: somebody listens', async () => {
    const path = join(directory.path, 'containerd.sock');
    assert.match(await problemOf({ kind: 'socket', path }), /ENOENT/);
    await listen(createTcpServer(), path);
    assert.deepEqual(await check({ kind: 'socket', path }), { isHealthy: true });
  });

  it('cri: a container runtime answers, and not somebody who only listens', async () => {
    const path = join(directory.path, 'cri.sock');
    assert.match(await problemOf({ kind: 'cri', path }), /ENOENT/);
    const silent = createTcpServer((socket) => socket.resume()).listen(path);
    await once(silent, 'listening');
    assert.match(await problemOf({ kind: 'cri', path }, 300), /no answer within 300 ms/);
    // Ends only when its connections have: the check has let go of its own.
    await new Promise((resolve) => silent.close(resolve));
  });

  it('tcp: somebody listens', async () => {
    assert.deepEqual(await check({ kind: 'tcp', host: '127.0.0.1', port: httpPort }), { isHealthy: true });
    assert.match(await problemOf({ kind: 'tcp', host: '127.0.0.1', port: 1 }), /ECONNREFUSED/);
  });

  it('file: it is there and not empty', async () => {
    const path = join(directory.path, 'subnet.env');
    assert.match(await problemOf({ kind: 'file', path }), /ENOENT/);
    writeFileSync(path, '');
    assert.equal(await problemOf({ kind: 'file', path }), `${path} is empty`);
    writeFileSync(path, 'x');
    assert.deepEqual(await check({ kind: 'file', path }), { isHealthy: true });
  });

  it('running: for a moment, so that a program that ends at once is not taken for well', async () => {
    assert.equal(await problemOf({ kind: 'running' }), 'not running');
    assert.equal((await check({ kind: 'running' }, 1, 999)).isHealthy, false);
    assert.equal((await check({ kind: 'running' }, 1, 1_000)).isHealthy, true);
  });
});

describe('an https check that wants words', () => {
  it('is healthy when the answer holds them, and not for another answer', async () => {
    handler = (_, response) => response.end(JSON.stringify({ spec: { podCIDR: '10.1.0.0/24' } }));
    assert.deepEqual(await check(https('client', { bodyIncludes: '"podCIDR"' })), { isHealthy: true });
    handler = (_, response) => response.end('{"spec":{}}');
    assert.equal(await problemOf(https('client', { bodyIncludes: '"podCIDR"' })), 'the answer does not hold "podCIDR"');
    handler = (_, response) => response.writeHead(403).end('"podCIDR"');
    assert.match(await problemOf(https('client', { bodyIncludes: '"podCIDR"' })), /^answers 403/);
    handler = (_, response) => response.end('ok');
  });
});

describe('an https check for which there need not be anything yet', () => {
  const wanted = { bodyIncludes: '"podCIDR"', orNotFound: true } as const;

  it('is healthy while there is nothing, and when it is as it should be', async () => {
    handler = (_, response) => response.writeHead(404).end('{"code":404}');
    assert.deepEqual(await check(https('client', wanted)), { isHealthy: true });
    assert.match(await problemOf(https('client', { bodyIncludes: '"podCIDR"' })), /^answers 404/);
    handler = (_, response) => response.end('{"spec":{"podCIDR":"10.1.0.0/24"}}');
    assert.deepEqual(await check(https('client', wanted)), { isHealthy: true });
    handler = (_, response) => response.end('ok');
  });

  it('is not while what is there is not so, or it may not be seen', async () => {
    handler = (_, response) => response.end('{"spec":{}}');
    assert.equal(await problemOf(https('client', wanted)), 'the answer does not hold "podCIDR"');
    handler = (_, response) => response.writeHead(403).end('{"code":403}');
    assert.match(await problemOf(https('client', wanted)), /^answers 403/);
    handler = (_, response) => response.end('ok');
  });
});

describe('a tls check', () => {
  const tls = (set: string, port: number): HealthCheck => {
    const { ca } = filesOfSet(join(directory.path, 'server'));
    const { cert, key } = filesOfSet(join(directory.path, set));
    return { kind: 'tls', host: '127.0.0.1', port, caFile: ca, certFile: cert, keyFile: key };
  };
  const serve = async (greeting: string | undefined, set = 'server'): Promise<number> => {
    const { cert, key } = filesOfSet(join(directory.path, set));
    const { ca } = filesOfSet(join(directory.path, 'server'));
    const identity = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key), requestCert: true };
    const server = createTlsServer({ ...identity, rejectUnauthorized: true }, (socket) => {
      socket.on('error', () => undefined);
      if (greeting !== undefined) socket.write(greeting);
    });
    return listen(server);
  };

  it('is healthy when the server greets a certificate that it accepts', async () => {
    const port = await serve('INFO {}\r\n');
    assert.deepEqual(await check(tls('client', port)), { isHealthy: true });
    assert.notEqual(await problemOf(tls('foreign', port)), '');
  });

  it('is not healthy when the server says nothing, is another one, or is not there', async () => {
    assert.match(await problemOf(tls('client', await serve(undefined)), 50), /no word within 50 ms/);
    assert.notEqual(await problemOf(tls('client', await serve('INFO {}', 'foreign'))), '');
    assert.match(await problemOf(tls('client', 1)), /ECONNREFUSED/);
  });
});
