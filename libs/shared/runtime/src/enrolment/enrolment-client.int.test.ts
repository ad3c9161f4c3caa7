/** Real TLS servers, some of them of somebody in between: what they get to see, and how long it takes to see through them. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, type TestContext, test } from 'node:test';
import type { JoinToken } from '@easycerts/cluster';
import { AppError, dayMs, hourMs, isAppError } from '@easycerts/core';
import {
  type Authority,
  type CertificateTemplate,
  generateKeyPair,
  issueCertificate,
  newSerial,
  spkiOf,
} from '@easycerts/pki';
import { createTestAuthority, freePort } from '@easycerts/testing';
import {
  type HostileServer,
  type ShownIdentity,
  startEnrolmentServer,
  startHostileServer,
  startRawServer,
} from '../../test/enrolment-server.ts';
import { systemClock } from '../clock.ts';
import { type EnrolmentOptions, type EnrolmentRequest, enrolWithToken } from './enrolment-client.ts';

const secret = randomBytes(32);
const request: EnrolmentRequest = {
  host: 'n1',
  role: 'node',
  csrDer: new Uint8Array([1, 2, 3]),
  requestId: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
  requestedAtMs: 1,
};
const answer = { certificateDer: new Uint8Array([4]), trustBundlePem: 'pem', serial: 'ab', nodeDocument: '{}' };

let authority: Authority;
/** Another key, the same subject. */
let stranger: Authority;

before(async () => {
  authority = await createTestAuthority('easycerts-ca');
  stranger = await createTestAuthority('easycerts-ca');
});

async function identityOf(
  signer: Authority,
  { chain, ...more }: Partial<CertificateTemplate> & { readonly chain?: readonly Uint8Array[] } = {},
): Promise<ShownIdentity> {
  const { publicKey, privateKey } = await generateKeyPair('ecdsa-p256');
  const leaf = issueCertificate({
    authority: signer,
    template: {
      serial: newSerial(randomBytes),
      subject: { commonName: 'm1', organizations: ['easycerts:masters'] },
      alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
      usages: ['server auth', 'client auth'],
      notBefore: new Date(Date.now() - dayMs),
      notAfter: new Date(Date.now() + dayMs),
      spkiDer: spkiOf(publicKey),
      ...more,
    },
  });
  return { chain: [leaf, ...(chain ?? [signer.certificate.der])], privateKey };
}

function tokenFor(...endpoints: readonly string[]): JoinToken {
  return { endpoints, id: '0123456789ab', secret, pin: authority.certificate.spkiFingerprint };
}

const enrol = (token: JoinToken, options: Partial<EnrolmentOptions> = {}) =>
  enrolWithToken(token, request, { clock: systemClock, connectTimeoutMs: 3_000, callTimeoutMs: 5_000, ...options });

async function startCluster(t: TestContext, respond = async () => answer, identity?: ShownIdentity) {
  const server = await startEnrolmentServer(identity ?? (await identityOf(authority)), respond);
  t.after(() => server.close());
  return server;
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(isAppError(error), String(error));
  return error;
}

describe('enrolment at the CA of the token', () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    test(`by ${host}: the secret goes there, the answer and the CA come back`, async (t) => {
      const server = await startCluster(t);
      const { authority: found, endpoint, ...rest } = await enrol(tokenFor(`${host}:${server.port}`));
      assert.deepEqual({ ...rest, certificateDer: new Uint8Array(rest.certificateDer) }, answer);
      assert.equal(found.fingerprint, authority.certificate.fingerprint);
      assert.equal(endpoint, `${host}:${server.port}`);
      const [seen, ...more] = server.requests;
      assert.equal(more.length, 0);
      assert.equal(seen?.tokenId, '0123456789ab');
      assert.ok(Buffer.from(seen?.tokenSecret ?? []).equals(secret));
      assert.equal(seen?.requestId, request.requestId);
    });
  }

  test('its refusal comes back as it was meant, and no other endpoint hears of the token', async (t) => {
    const refusal = new AppError('PERMISSION_DENIED', 'enrol n1: used', { details: { reason: 'token-used' } });
    const server = await startCluster(t, () => Promise.reject(refusal));
    const other = await startCluster(t);
    const error = await failureOf(enrol(tokenFor(`127.0.0.1:${server.port}`, `127.0.0.1:${other.port}`)));
    assert.equal(error.code, 'PERMISSION_DENIED');
    assert.equal(error.details.reason, 'token-used');
    assert.equal(other.requests.length, 0);
  });

  test('endpoints that are away or strange are passed over', async (t) => {
    const closed = await freePort();
    const strange = await startHostileServer(await identityOf(stranger));
    t.after(() => strange.close());
    const away = await startCluster(t, () => Promise.reject(new AppError('UNAVAILABLE', 'no ledger')));
    const server = await startCluster(t);
    const ports = [closed, strange.port, away.port, server.port];
    const { endpoint } = await enrol(tokenFor(...ports.map((port) => `127.0.0.1:${port}`)));
    assert.equal(endpoint, `127.0.0.1:${server.port}`);
    assert.equal(away.requests.length, 1);
    assert.equal(strange.received.length, 0);
  });

  test('of several failures the gravest is told: another server, then one that is away', async (t) => {
    const strange = await startHostileServer(await identityOf(stranger));
    t.after(() => strange.close());
    const closed = `127.0.0.1:${await freePort()}`;
    const found = `127.0.0.1:${strange.port}`;
    for (const endpoints of [
      [closed, found],
      [found, closed],
    ]) {
      const error = await failureOf(enrol(tokenFor(...endpoints)));
      assert.deepEqual([error.code, error.details.reason], ['UNAUTHENTICATED', 'pin']);
    }
  });

  test('a proxy of the environment is not asked', async (t) => {
    const proxy = await startRawServer((socket) => socket.end());
    t.after(() => proxy.close());
    const names = ['https_proxy', 'grpc_proxy', 'http_proxy', 'HTTPS_PROXY'];
    for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`;
    t.after(() => names.forEach((name) => void delete process.env[name]));
    const server = await startCluster(t);
    await enrol(tokenFor(`localhost:${server.port}`));
    assert.equal(proxy.connections, 0);
  });

  test('nobody there, and a name that does not exist, are told with a cure', async () => {
    for (const endpoint of [`127.0.0.1:${await freePort()}`, 'no-such-host.invalid:7445']) {
      const error = await failureOf(enrol(tokenFor(endpoint)));
      assert.equal(error.code, 'UNAVAILABLE');
      assert.ok(error.message.includes(endpoint));
      assert.match(error.details.cure ?? '', /reaches/);
    }
  });

  test('the signal ends it while it connects and while it waits for the answer', async (t) => {
    const silent = await startRawServer(() => undefined);
    t.after(() => silent.close());
    const server = await startCluster(t, () => new Promise(() => undefined));
    for (const port of [silent.port, server.port]) {
      const stop = new AbortController();
      const working = failureOf(enrol(tokenFor(`127.0.0.1:${port}`), { signal: stop.signal }));
      while (silent.connections + server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      assert.equal((await working).code, 'CANCELLED');
      silent.connections = 0;
    }
  });
});

describe('somebody in between', () => {
  type Row = readonly [name: string, code: string, reason: string, start: () => Promise<HostileServer>];
  const hostile = async (signer: Authority, more: Parameters<typeof identityOf>[1] = {}) =>
    startHostileServer(await identityOf(signer, more));
  const before = new Date(Date.now() - 2 * hourMs);
  const rows: readonly Row[] = [
    ['another CA with the same subject', 'UNAUTHENTICATED', 'pin', () => hostile(stranger)],
    ['no chain', 'UNAUTHENTICATED', 'pin', () => hostile(authority, { chain: [] })],
    [
      'the right CA behind a foreign chain',
      'UNAUTHENTICATED',
      'pin',
      () => hostile(stranger, { chain: [stranger.certificate.der, authority.certificate.der] }),
    ],
    [
      'the right CA behind a foreign certificate',
      'UNAUTHENTICATED',
      'pin',
      () => hostile(stranger, { chain: [authority.certificate.der] }),
    ],
    [
      'a chain of sixty certificates',
      'UNAUTHENTICATED',
      'pin',
      () => hostile(stranger, { chain: new Array<Uint8Array>(60).fill(stranger.certificate.der) }),
    ],
    [
      'a chain of a thousand certificates',
      'UNAVAILABLE',
      'unreachable',
      () => hostile(stranger, { chain: new Array<Uint8Array>(1_000).fill(stranger.certificate.der) }),
    ],
    [
      'a certificate of the right CA for another name',
      'UNAUTHENTICATED',
      'names',
      () => hostile(authority, { alternativeNames: { dns: ['n7'], ip: ['192.0.2.7'] } }),
    ],
    ['the identity of a node', 'UNAUTHENTICATED', 'pin', () => hostile(authority, { usages: ['client auth'] })],
    [
      'an expired certificate',
      'FAILED_PRECONDITION',
      'validity',
      () => hostile(authority, { notBefore: before, notAfter: new Date(Date.now() - hourMs) }),
    ],
    [
      'TLS 1.2',
      'UNAVAILABLE',
      'unreachable',
      async () => startHostileServer(await identityOf(authority), { maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' }),
    ],
    [
      'no TLS at all',
      'UNAVAILABLE',
      'unreachable',
      () => startRawServer((socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n')),
    ],
    ['silence', 'UNAVAILABLE', 'unreachable', () => startRawServer(() => undefined)],
    ['a closed door', 'UNAVAILABLE', 'unreachable', () => startRawServer((socket) => void socket.destroy())],
    ['bytes that drip', 'UNAVAILABLE', 'unreachable', () => startRawServer(drip)],
    ['bytes without end', 'UNAVAILABLE', 'unreachable', () => startRawServer(flood)],
  ];

  for (const [name, code, reason, start] of rows) {
    test(`${name}: is refused in time, and not a byte is said`, async (t) => {
      const server = await start();
      t.after(() => server.close());
      const started = performance.now();
      const heapBefore = process.memoryUsage().rss;
      const error = await failureOf(enrol(tokenFor(`127.0.0.1:${server.port}`), { connectTimeoutMs: 1_000 }));
      assert.deepEqual([error.code, error.details.reason], [code, reason]);
      assert.ok(error.message.includes(`127.0.0.1:${server.port}`));
      assert.ok((error.details.cure ?? '').length > 20);
      assert.ok(performance.now() - started < 3_000, 'within bounded time');
      assert.ok(process.memoryUsage().rss - heapBefore < 64 * 1024 * 1024, 'within bounded memory');
      assert.ok(server.connections >= 1);
      assert.equal(server.received.length, 0, 'nothing was said to it');
      const told = JSON.stringify([error.message, error.details, error.stack]);
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        assert.ok(!told.includes(secret.toString(encoding)));
      }
    });
  }

  test('would have been caught listening: a server that the CA vouches for is spoken to', async (t) => {
    const server = await startHostileServer(await identityOf(authority));
    t.after(() => server.close());
    await failureOf(enrol(tokenFor(`127.0.0.1:${server.port}`), { callTimeoutMs: 500 }));
    assert.match(server.received.toString('latin1'), /^PRI \* HTTP\/2\.0/);
  });

  test('whoever steps in between after the CA was found gets nothing either', async (t) => {
    // The first connection is let through to the cluster, the second meets the other CA
    const server = await startCluster(t);
    const strange = await startHostileServer(await identityOf(stranger));
    t.after(() => strange.close());
    const { connect } = await import('node:net');
    const proxy = await startRawServer((socket) => {
      const target = connect(proxy.connections === 1 ? server.port : strange.port, '127.0.0.1');
      target.on('error', () => socket.destroy());
      socket.on('close', () => target.destroy());
      socket.pipe(target).pipe(socket);
    });
    t.after(() => proxy.close());
    const error = await failureOf(enrol(tokenFor(`127.0.0.1:${proxy.port}`), { callTimeoutMs: 1_000 }));
    assert.ok(error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED', error.code);
    assert.ok(strange.connections > 0, 'it was there');
    assert.equal(strange.received.length, 0);
    assert.equal(server.requests.length, 0);
  });
});

function drip(socket: import('node:net').Socket): void {
  // The head of a handshake record of 16 KiB, then one byte of it at a time
  socket.write(Buffer.from([0x16, 0x03, 0x03, 0x3f, 0xff, 0x02]));
  const timer = setInterval(() => void (socket.destroyed || socket.write(Buffer.alloc(1))), 20);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: import('node:net').Socket): void {
  // Empty records of the compatibility mode are passed over (RFC 8446 appendix D.4), so they may go on for long
  const records = Buffer.concat(new Array<Buffer>(1_000).fill(Buffer.from([0x14, 0x03, 0x03, 0x00, 0x01, 0x01])));
  const more = (): void => {
    while (!socket.destroyed && socket.write(records));
  };
  socket.on('drain', more);
  more();
}
