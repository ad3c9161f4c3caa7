import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { filesOfSet } from '@easycerts/cluster';
import type { SignRequest, SignResponse } from '@easycerts/contracts';
import { CertificateAuthorityService } from '@easycerts/contracts';
import { AppError, isAppError } from '@easycerts/core';
import type { Authority } from '@easycerts/pki';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { deliverTestSet, makeAuthority } from '../test/certificate-sets.ts';
import type { CertificateAuthorityClient } from './certificate-authority-client.ts';
import { connectCertificateAuthority } from './certificate-authority-client.ts';
import type { RefusedCall, RunningGrpcServer } from './grpc-server.ts';
import { startGrpcServer } from './grpc-server.ts';
import type { CallContext, Handlers } from './grpc-service.ts';
import { serviceOf } from './grpc-service.ts';
import { createLogger } from './logger.ts';
import { readTlsIdentity } from './tls-identity.ts';

const base = mkdtempSync(join(tmpdir(), 'grpc-'));
const logger = createLogger({ service: 'test', level: 'silent' });
const serverSet = join(base, 'server');
const nodeSet = join(base, 'node');
const refused: RefusedCall[] = [];
let authority: Authority;
let server: RunningGrpcServer;
let client: CertificateAuthorityClient;
let sign: (request: SignRequest, context: CallContext) => Promise<SignResponse>;

const request: SignRequest = {
  name: 'kubelet-client',
  csrDer: new Uint8Array([1, 2]),
  requestId: 'r',
  requestedAtMs: 1,
  reason: 'missing',
};
const response: SignResponse = {
  certificateDer: new Uint8Array([3]),
  chainDer: [],
  trustBundlePem: 'pem',
  serial: 'ab',
};

before(async () => {
  authority = await makeAuthority();
  await deliverTestSet(serverSet, authority, { commonName: 'ca-server', usages: ['server auth'] });
  await deliverTestSet(nodeSet, authority, {
    commonName: 'n1',
    organizations: ['easycerts:nodes'],
    usages: ['client auth'],
  });
  const unused = async (): Promise<never> => {
    throw new TypeError('a secret that must not leave the server');
  };
  const handlers: Handlers<typeof CertificateAuthorityService> = {
    sign: (given, context) => sign(given, context),
    getTrustBundle: unused,
    listCertificates: async ({ pageSize }) => ({ certificates: [], nextPageToken: 'x'.repeat(pageSize) }),
    getCertificate: unused,
  };
  server = await startGrpcServer({
    address: '127.0.0.1',
    port: 0,
    identityDirectory: serverSet,
    services: [serviceOf(CertificateAuthorityService, handlers)],
    logger,
    onRefused: (call) => refused.push(call),
    identityIntervalMs: 10,
  });
  client = connectWith(nodeSet);
});

after(async () => {
  client.close();
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

function connectWith(identityDirectory: string): CertificateAuthorityClient {
  return connectCertificateAuthority({
    endpoint: `localhost:${server.port}`,
    identityDirectory,
    maxResponseBytes: 100_000,
  });
}

async function errorOf(call: Promise<unknown>): Promise<AppError> {
  const error: unknown = await call.then(
    () => assert.fail('the call was answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError, String(error));
  return error;
}

/** Calls with another set and ends the connection. */
async function callWith(
  name: string,
  by: Authority,
  subject: Parameters<typeof deliverTestSet>[2],
): Promise<AppError | undefined> {
  const directory = join(base, name);
  await deliverTestSet(directory, by, { trust: authority, ...subject });
  const other = connectWith(directory);
  try {
    sign = async () => response;
    return await other.sign(request).then(
      () => undefined,
      (error: unknown) => error as AppError,
    );
  } finally {
    other.close();
  }
}

describe('a call', () => {
  it('is answered, and its handler knows the caller from the certificate alone', async () => {
    let context: CallContext | undefined;
    sign = async (given, seen) => {
      context = seen;
      assert.deepEqual({ ...given, csrDer: [...given.csrDer] }, { ...request, csrDer: [1, 2] });
      return response;
    };
    assert.equal((await client.sign(request)).serial, 'ab');
    const caller = context?.caller;
    assert.deepEqual([caller?.host, caller?.role], ['n1', 'node']);
    assert.match(caller?.serial ?? '', /^[1-9a-f][0-9a-f]*$/);
    assert.match(caller?.fingerprint ?? '', /^[0-9a-f]{64}$/);
    assert.match(context?.peer ?? '', /127\.0\.0\.1|::/);
  });

  it('throws on the client what the handler threw: code, message and details', async () => {
    sign = async () => {
      throw new AppError('PERMISSION_DENIED', 'sign x: no', {
        details: { reason: 'not-in-list', cure: 'ask', extra: [1] },
      });
    };
    const error = await errorOf(client.sign(request));
    assert.deepEqual([error.code, error.message], ['PERMISSION_DENIED', 'sign x: no']);
    assert.deepEqual(error.details, { reason: 'not-in-list', cure: 'ask', extra: [1] });
  });

  it('cuts details that are too large for a trailer, keeping reason and cure', async () => {
    sign = async () => {
      throw new AppError('INVALID_INPUT', 'm'.repeat(5_000), {
        details: { reason: 'malformed', cure: 'c', extra: 'x'.repeat(50_000) },
      });
    };
    const error = await errorOf(client.sign(request));
    assert.deepEqual(
      [error.code, error.details.reason, error.details.extra],
      ['INVALID_INPUT', 'malformed', undefined],
    );
  });

  it('hides what an unexpected error says', async () => {
    const error = await errorOf(client.getTrustBundle({ authorities: [] }));
    assert.equal(error.code, 'INTERNAL');
    assert.ok(!JSON.stringify([error.message, error.details, String(error.cause)]).includes('secret'));
  });

  it('ends at the deadline of the caller, and the handler is told', async () => {
    const told = Promise.withResolvers<void>();
    sign = (_, { signal }) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => {
        told.resolve();
        reject(signal.reason);
      });
      return promise;
    };
    assert.equal((await errorOf(client.sign(request, { timeoutMs: 50 }))).code, 'DEADLINE_EXCEEDED');
    await told.promise;
  });

  it('is cancelled by its signal', async () => {
    const controller = new AbortController();
    sign = () => {
      controller.abort();
      return new Promise(() => undefined);
    };
    assert.equal((await errorOf(client.sign(request, { signal: controller.signal }))).code, 'CANCELLED');
  });

  it('is refused when it is too large, in either direction', async () => {
    assert.equal((await errorOf(client.sign({ ...request, csrDer: new Uint8Array(70_000) }))).code, 'INVALID_INPUT');
    const list = { pageSize: 200_000, pageToken: '', host: '', name: '', authority: '', onlyValid: false };
    assert.equal((await errorOf(client.listCertificates(list))).code, 'INVALID_INPUT');
  });
});

describe('a caller', () => {
  it('that is a master is known as one', async () => {
    let role = '';
    await deliverTestSet(join(base, 'master'), authority, { commonName: 'm1', organizations: ['easycerts:masters'] });
    const master = connectWith(join(base, 'master'));
    sign = async (_, { caller }) => {
      role = caller.role;
      return response;
    };
    await master.sign(request);
    master.close();
    assert.equal(role, 'master');
  });

  for (const [rule, subject] of [
    ['with an organization that is none of ours', { commonName: 'n1', organizations: ['system:masters'] }],
    ['with two organizations', { commonName: 'n1', organizations: ['easycerts:nodes', 'easycerts:masters'] }],
    ['without organization', { commonName: 'n1' }],
    ['with a name that is no host name', { commonName: 'n1.*', organizations: ['easycerts:masters'] }],
    [
      'with a name that hides another attribute',
      { commonName: 'n1\\, O=easycerts:masters', organizations: ['easycerts:nodes'] },
    ],
  ] as const) {
    it(`${rule} is refused, and that is told`, async () => {
      refused.length = 0;
      const error = await callWith(`bad-${rule.replaceAll(' ', '-')}`, authority, subject);
      assert.equal(error?.code, 'UNAUTHENTICATED');
      assert.equal(refused[0]?.method, '/easycerts.ca.v1.CertificateAuthority/Sign');
    });
  }

  it('of another CA with the same name gets no connection', async () => {
    const impostor = await makeAuthority('easycerts');
    const subject = { commonName: 'm1', organizations: ['easycerts:masters'] };
    assert.equal((await callWith('impostor', impostor, subject))?.code, 'UNAVAILABLE');
  });

  it('whose certificate has expired gets no connection', async () => {
    const subject = { commonName: 'm1', organizations: ['easycerts:masters'], notAfter: new Date(Date.now() - 1_000) };
    assert.equal((await callWith('expired', authority, subject))?.code, 'UNAVAILABLE');
  });

  it('whose certificate is for servers only gets no connection', async () => {
    const subject = { commonName: 'm1', organizations: ['easycerts:masters'], usages: ['server auth'] as const };
    assert.equal((await callWith('server-only', authority, subject))?.code, 'UNAVAILABLE');
  });

  it('without a certificate gets no connection', async () => {
    const { ca } = await readTlsIdentity(nodeSet);
    const bare = new Client(`localhost:${server.port}`, ChannelCredentials.createSsl(ca));
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const { path, requestSerialize, responseDeserialize } = CertificateAuthorityService.sign;
    bare.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      { deadline: Date.now() + 5_000 },
      (error) => resolve(error?.code),
    );
    assert.equal(await promise, 14);
    bare.close();
  });

  it('that offers TLS 1.2 only gets no connection', async () => {
    const files = filesOfSet(nodeSet);
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = connect({
      host: '127.0.0.1',
      servername: 'localhost',
      port: server.port,
      ca: readFileSync(files.ca),
      cert: readFileSync(files.cert),
      key: readFileSync(files.key),
      maxVersion: 'TLSv1.2',
      ALPNProtocols: ['h2'],
    });
    socket.on('secureConnect', () => resolve('connected'));
    socket.on('error', () => resolve('refused'));
    assert.equal(await promise, 'refused');
    socket.destroy();
  });

  it('does not trust a server of another CA, nor one for another name', async () => {
    const other = await makeAuthority('other');
    await deliverTestSet(join(base, 'distrusting'), authority, {
      commonName: 'n1',
      organizations: ['easycerts:nodes'],
      trust: other,
    });
    const distrusting = connectWith(join(base, 'distrusting'));
    assert.equal((await errorOf(distrusting.sign(request))).code, 'UNAVAILABLE');
    distrusting.close();
    const misdirected = connectCertificateAuthority({
      endpoint: `127.0.0.2:${server.port}`,
      identityDirectory: nodeSet,
    });
    assert.equal((await errorOf(misdirected.sign(request, { timeoutMs: 2_000 }))).code, 'UNAVAILABLE');
    misdirected.close();
  });
});

describe('certificates', () => {
  it('renewed on the server serve new connections, while old connections go on', async () => {
    sign = async () => response;
    await client.sign(request);
    const before = await servedFingerprint();
    await deliverTestSet(serverSet, authority, { commonName: 'ca-server', usages: ['server auth'] });
    while ((await servedFingerprint()) === before) await client.sign(request);
    await client.sign(request);
  });

  it('renewed on the client are used from the next call on, without losing the call under way', async () => {
    const answer = Promise.withResolvers<SignResponse>();
    const serials: string[] = [];
    const seen = Promise.withResolvers<void>();
    sign = async (_, { caller }) => {
      serials.push(caller.serial);
      seen.resolve();
      return serials.length === 1 ? answer.promise : response;
    };
    const underWay = client.sign(request);
    await seen.promise;
    await deliverTestSet(nodeSet, authority, {
      commonName: 'n1',
      organizations: ['easycerts:nodes'],
      usages: ['client auth'],
    });
    await client.sign(request);
    answer.resolve(response);
    assert.equal((await underWay).serial, 'ab');
    assert.equal(new Set(serials).size, 2);
  });

  it('that are absent on the client fail the call by name', async () => {
    const early = connectWith(join(base, 'not-yet'));
    const error = await errorOf(early.sign(request));
    assert.deepEqual([error.code, error.details.path], ['NOT_FOUND', join(base, 'not-yet')]);
  });
});

describe('startGrpcServer', () => {
  it('names the port that is in use', async () => {
    const second = startGrpcServer({
      address: '127.0.0.1',
      port: server.port,
      identityDirectory: serverSet,
      services: [],
      logger,
    });
    await assert.rejects(
      second,
      (error) => isAppError(error, 'FAILED_PRECONDITION') && error.message.includes(String(server.port)),
    );
  });

  it('does not start without its certificate', async () => {
    const start = startGrpcServer({
      address: '127.0.0.1',
      port: 0,
      identityDirectory: join(base, 'none'),
      services: [],
      logger,
    });
    await assert.rejects(start, (error) => isAppError(error, 'NOT_FOUND'));
  });

  describe('with a handler that hangs', () => {
    const started = Promise.withResolvers<void>();
    const hang = async (): Promise<never> => {
      started.resolve();
      return new Promise(() => undefined);
    };
    const hanging = { sign: hang, getTrustBundle: hang, listCertificates: hang, getCertificate: hang };
    const options = {
      address: '127.0.0.1',
      port: 0,
      identityDirectory: serverSet,
      services: [serviceOf(CertificateAuthorityService, hanging)],
      logger,
      closeTimeoutMs: 20,
    };

    it('ends the call at its own time limit, whatever the caller allows', async () => {
      const limited = await startGrpcServer({ ...options, callTimeoutMs: 30 });
      const caller = connectCertificateAuthority({ endpoint: `localhost:${limited.port}`, identityDirectory: nodeSet });
      assert.equal((await errorOf(caller.sign(request, { timeoutMs: 60_000 }))).code, 'DEADLINE_EXCEEDED');
      caller.close();
      await limited.close();
    });

    it('closes soon all the same', async () => {
      const closing = await startGrpcServer(options);
      const caller = connectCertificateAuthority({ endpoint: `localhost:${closing.port}`, identityDirectory: nodeSet });
      const call = errorOf(caller.sign(request));
      await started.promise;
      await closing.close();
      assert.ok(['UNAVAILABLE', 'CANCELLED', 'INTERNAL'].includes((await call).code));
      caller.close();
    });
  });
});

async function servedFingerprint(): Promise<string> {
  const identity = await readTlsIdentity(nodeSet);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({
    port: server.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ...identity,
    ALPNProtocols: ['h2'],
  });
  socket.once('secureConnect', () => resolve(socket.getPeerCertificate().fingerprint256));
  socket.once('error', reject);
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
