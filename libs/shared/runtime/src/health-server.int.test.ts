import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import type { Authority } from '@easycerts/pki';
import { Counter, Registry } from 'prom-client';
import { deliverTestSet, makeAuthority } from '../test/certificate-sets.ts';
import type { RunningHealthServer } from './health-server.ts';
import { startHealthServer } from './health-server.ts';
import { createLogger } from './logger.ts';
import { readTlsIdentity } from './tls-identity.ts';

const base = mkdtempSync(join(tmpdir(), 'health-'));
const logger = createLogger({ service: 'test', level: 'silent' });
const [serverSet, clientSet, foreignSet] = [join(base, 'server'), join(base, 'client'), join(base, 'foreign')];
const metrics = new Registry();
new Counter({ name: 'signed_total', help: 'signed', registers: [metrics] }).inc();
let authority: Authority;
let server: RunningHealthServer;
let health: () => Promise<boolean> | boolean = () => true;

before(async () => {
  authority = await makeAuthority();
  await deliverTestSet(serverSet, authority, { commonName: 'ca', usages: ['server auth'] });
  await deliverTestSet(clientSet, authority, { commonName: 'prometheus', usages: ['client auth'] });
  await deliverTestSet(foreignSet, await makeAuthority(), { commonName: 'prometheus', trust: authority });
  server = await startHealthServer({
    address: '127.0.0.1',
    port: 0,
    identityDirectory: serverSet,
    health: () => health(),
    metrics,
    logger,
    identityIntervalMs: 10,
  });
});
after(async () => {
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly fingerprint: string;
}

async function get(path: string, given: { readonly set?: string; readonly method?: string } = {}): Promise<Answer> {
  const { ca } = await readTlsIdentity(clientSet);
  const identity = given.set === undefined ? { ca } : { ...(await readTlsIdentity(given.set)), ca };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const call = request(
    {
      host: '127.0.0.1',
      servername: 'localhost',
      port: server.port,
      path,
      method: given.method ?? 'GET',
      agent: false,
      ...identity,
    },
    (response) => {
      const chunks: Buffer[] = [];
      const { fingerprint256 } = (response.socket as import('node:tls').TLSSocket).getPeerCertificate();
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          fingerprint: fingerprint256,
        }),
      );
    },
  );
  call.on('error', reject);
  call.end();
  return promise;
}

describe('/healthz', () => {
  it('is open to everybody and says nothing but ok', async () => {
    const { status, body } = await get('/healthz');
    assert.deepEqual([status, body], [200, 'ok\n']);
  });

  for (const [rule, check] of [
    ['says no', () => false],
    ['throws a secret', () => Promise.reject(new Error('secret'))],
    [
      'throws a secret at once',
      () => {
        throw new Error('secret');
      },
    ],
  ] as const) {
    it(`answers 503 without details when the check ${rule}`, async () => {
      health = check;
      const { status, body } = await get('/healthz');
      health = () => true;
      assert.deepEqual([status, body], [503, 'not healthy\n']);
    });
  }
});

describe('/metrics', () => {
  it('is shown to a client certificate of our CA', async () => {
    const { status, body } = await get('/metrics', { set: clientSet });
    assert.equal(status, 200);
    assert.match(body, /signed_total 1/);
  });

  for (const [rule, set] of [
    ['no certificate', undefined],
    ['a certificate of another CA', foreignSet],
    ['a certificate of our CA that is for servers', serverSet],
  ] as const) {
    it(`is refused to ${rule}`, async () => {
      const { status, body } = await get('/metrics', set === undefined ? {} : { set });
      assert.equal(status, 403);
      assert.ok(!body.includes('signed_total'));
    });
  }
});

describe('the health server', () => {
  it('knows no other path and no other method', async () => {
    assert.equal((await get('/', { set: clientSet })).status, 404);
    assert.equal((await get('/metrics/../metrics2', { set: clientSet })).status, 404);
    assert.equal((await get('/healthz', { method: 'POST' })).status, 405);
  });

  it('serves a renewed certificate', async () => {
    const { fingerprint } = await get('/healthz');
    await deliverTestSet(serverSet, authority, { commonName: 'ca', usages: ['server auth'] });
    while ((await get('/healthz')).fingerprint === fingerprint);
  });

  it('names the port that is in use', async () => {
    const second = startHealthServer({
      address: '127.0.0.1',
      port: server.port,
      identityDirectory: serverSet,
      health: () => true,
      metrics,
      logger,
    });
    await assert.rejects(
      second,
      (error) => isAppError(error, 'FAILED_PRECONDITION') && error.message.includes(String(server.port)),
    );
  });
});
