/** The server for anybody: what strangers see of it, and what they cannot reach. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { EnrolRequest, EnrolResponse } from '@easycerts/contracts';
import { CertificateAuthorityService, EnrolmentService } from '@easycerts/contracts';
import { AppError, isAppError } from '@easycerts/core';
import type { Authority } from '@easycerts/pki';
import type { ServiceError } from '@grpc/grpc-js';
import { ChannelCredentials, Client, Metadata, status } from '@grpc/grpc-js';
import { deliverTestSet, makeAuthority } from '../test/certificate-sets.ts';
import { appErrorOf } from './grpc-error.ts';
import type { RunningGrpcServer } from './grpc-server.ts';
import { startGrpcServer } from './grpc-server.ts';
import type { GrpcService, OpenCallContext, UnaryMethod } from './grpc-service.ts';
import { openServiceOf, serviceOf } from './grpc-service.ts';
import { createLogger } from './logger.ts';
import { readTlsIdentity } from './tls-identity.ts';

const base = mkdtempSync(join(tmpdir(), 'grpc-open-'));
const logger = createLogger({ service: 'test', level: 'silent' });
const serverSet = join(base, 'server');
const nodeSet = join(base, 'node');
let authority: Authority;
let server: RunningGrpcServer;
let enrol: (request: EnrolRequest, context: OpenCallContext) => Promise<EnrolResponse>;

const request: EnrolRequest = {
  tokenId: 't',
  tokenSecret: new Uint8Array([1]),
  host: 'n1',
  role: 'node',
  csrDer: new Uint8Array([2]),
  requestId: 'r',
  requestedAtMs: 1,
};
const response: EnrolResponse = {
  certificateDer: new Uint8Array([3]),
  trustBundlePem: 'pem',
  serial: 'ab',
  nodeDocument: '{}',
};
const options = { address: '127.0.0.1', port: 0, identityDirectory: serverSet, logger };

before(async () => {
  authority = await makeAuthority();
  await deliverTestSet(serverSet, authority, { commonName: 'ca-server', usages: ['server auth'] });
  const identity = { commonName: 'n1', organizations: ['easycerts:nodes'], usages: ['client auth'] as const };
  await deliverTestSet(nodeSet, authority, identity);
  const services = [openServiceOf(EnrolmentService, { enrol: (given, context) => enrol(given, context) })];
  server = await startGrpcServer({ ...options, clients: 'anybody', services, identityIntervalMs: 10 });
});
after(async () => {
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

/** Calls without a client certificate, and resolves with the answer or the AppError. */
async function call<Request, Response>(
  method: UnaryMethod<Request, Response>,
  given: Request,
  credentials?: ChannelCredentials,
): Promise<Response | AppError> {
  const { ca } = await readTlsIdentity(serverSet);
  const client = new Client(`localhost:${server.port}`, credentials ?? ChannelCredentials.createSsl(ca));
  const { promise, resolve } = Promise.withResolvers<Response | ServiceError | undefined>();
  const deadline = Date.now() + 5_000;
  const { path, requestSerialize, responseDeserialize } = method;
  client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    given,
    new Metadata(),
    { deadline },
    (error, answer) => resolve(error ?? answer),
  );
  const answer = await promise;
  client.close();
  if (answer instanceof Error) return appErrorOf(answer, 'call');
  assert.ok(answer !== undefined);
  return answer;
}

async function connected(more: object = {}): Promise<TLSSocket> {
  const { ca } = await readTlsIdentity(serverSet);
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const where = { port: server.port, host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'] };
  const socket = connect({ ...where, ca, ...more });
  socket.once('secureConnect', () => resolve(socket));
  socket.once('error', reject);
  return promise;
}

test('a client without certificate is answered, and the handler knows an address and no caller', async () => {
  let seen: OpenCallContext | undefined;
  enrol = async (given, context) => {
    seen = context;
    assert.equal(given.host, 'n1');
    return response;
  };
  const answer = await call(EnrolmentService.enrol, request);
  assert.ok(!(answer instanceof AppError));
  assert.equal(answer.serial, 'ab');
  assert.deepEqual(Object.keys(seen ?? {}).sort(), ['peer', 'signal']);
  assert.match(seen?.peer ?? '', /^127\.0\.0\.1:\d+$/);
});

test('an error of the handler arrives with code and details', async () => {
  enrol = async () => {
    throw new AppError('PERMISSION_DENIED', 'no', { details: { reason: 'token-used', cure: 'another' } });
  };
  const answer = await call(EnrolmentService.enrol, request);
  assert.ok(isAppError(answer, 'PERMISSION_DENIED'));
  assert.deepEqual(answer.details, { reason: 'token-used', cure: 'another' });
});

test('what hosts may call is not there', async () => {
  const answer = await call(CertificateAuthorityService.getTrustBundle, { authorities: [] });
  assert.ok(isAppError(answer, 'FAILED_PRECONDITION'));
  assert.equal((answer.cause as ServiceError).code, status.UNIMPLEMENTED);
});

test('a service for hosts cannot be served to anybody, not even past the compiler', async () => {
  const refuse = async (): Promise<never> => assert.fail('called');
  const handlers = { sign: refuse, getTrustBundle: refuse, listCertificates: refuse, getCertificate: refuse };
  const forHosts: GrpcService = serviceOf(CertificateAuthorityService, handlers);
  const started = startGrpcServer({ ...options, clients: 'anybody', services: [forHosts as never] });
  await assert.rejects(started, (error) => isAppError(error, 'INTERNAL'));
});

test('the chain that it shows holds the certificate of the CA, so that its key can be pinned', async () => {
  const socket = await connected();
  const shown = socket.getPeerCertificate(true);
  assert.deepEqual(shown.issuerCertificate.raw, Buffer.from(authority.certificate.der));
  assert.equal(socket.getProtocol(), 'TLSv1.3');
  socket.destroy();
});

test('a client certificate is not asked for: who shows one is a stranger like everybody', async () => {
  let seen: OpenCallContext | undefined;
  enrol = async (_, context) => {
    seen = context;
    return response;
  };
  const { ca, cert, key } = await readTlsIdentity(nodeSet);
  const answer = await call(EnrolmentService.enrol, request, ChannelCredentials.createSsl(ca, key, cert));
  assert.ok(!(answer instanceof AppError));
  assert.deepEqual(Object.keys(seen ?? {}).sort(), ['peer', 'signal']);
});

test('TLS 1.2 is not spoken', async () => {
  await assert.rejects(connected({ maxVersion: 'TLSv1.2' }));
});

test('a renewed certificate is shown with its CA too', async () => {
  const shownBy = async (): Promise<{ leaf: string; issuer: Buffer }> => {
    const socket = await connected();
    const { fingerprint256: leaf, issuerCertificate } = socket.getPeerCertificate(true);
    socket.destroy();
    return { leaf, issuer: issuerCertificate.raw };
  };
  const { leaf } = await shownBy();
  await deliverTestSet(serverSet, authority, { commonName: 'ca-server', usages: ['server auth'] });
  let shown = await shownBy();
  while (shown.leaf === leaf) shown = await shownBy();
  assert.deepEqual(shown.issuer, Buffer.from(authority.certificate.der));
});
