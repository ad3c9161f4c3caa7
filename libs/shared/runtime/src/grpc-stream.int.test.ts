/** Calls with many requests and answers, over real connections. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BulkSigningService, type SignStreamRequest, type SignStreamResponse } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import { collect, silentLogger } from '@easycerts/testing';
import { deliverTestSet, makeAuthority } from '../test/certificate-sets.ts';
import { connectGrpcService, type GrpcClient } from './grpc-client.ts';
import { type RefusedCall, type RunningGrpcServer, startGrpcServer } from './grpc-server.ts';
import { type CallContext, type Handlers, serviceOf } from './grpc-service.ts';

const base = mkdtempSync(join(tmpdir(), 'easycerts-grpc-stream-'));
const [serverSet, nodeSet, strangerSet] = [join(base, 'server'), join(base, 'node'), join(base, 'stranger')];
const refused: RefusedCall[] = [];
let handler: Handlers<typeof BulkSigningService>['signStream'];
let server: RunningGrpcServer;
let client: GrpcClient<typeof BulkSigningService>;

const requestOf = (requestId: string, csrDer = new Uint8Array([1])): SignStreamRequest => ({
  request: { name: 'kubelet', csrDer, requestId, requestedAtMs: 1, reason: 'missing' },
});
const requestsOf = (count: number) => Array.from({ length: count }, (_, at) => requestOf(`${at}`));
const answerTo = ({ request }: SignStreamRequest): SignStreamResponse => ({
  requestId: request?.requestId ?? '',
  certificate: { certificateDer: new Uint8Array(2_000), chainDer: [], trustBundlePem: 'pem', serial: 'ab' },
  error: undefined,
});
async function* echo(requests: AsyncIterable<SignStreamRequest>): AsyncGenerator<SignStreamResponse, void> {
  for await (const request of requests) yield answerTo(request);
}
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

before(async () => {
  const authority = await makeAuthority();
  const organizations = ['easycerts:nodes'];
  await deliverTestSet(serverSet, authority, { commonName: 'ca-server', usages: ['server auth'] });
  await deliverTestSet(nodeSet, authority, { commonName: 'n1', organizations, usages: ['client auth'] });
  await deliverTestSet(strangerSet, authority, { commonName: 'someone', usages: ['client auth'] });
  server = await startGrpcServer({
    address: '127.0.0.1',
    port: 0,
    identityDirectory: serverSet,
    services: [serviceOf(BulkSigningService, { signStream: (requests, context) => handler(requests, context) })],
    logger: silentLogger(),
    onRefused: (call) => refused.push(call),
    streamTimeoutMs: 2_000,
  });
  client = connectWith(nodeSet);
});

after(async () => {
  client.close();
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

function connectWith(identityDirectory: string): GrpcClient<typeof BulkSigningService> {
  return connectGrpcService(BulkSigningService, { endpoint: `localhost:${server.port}`, identityDirectory });
}

describe('a call with many requests', () => {
  it('has an answer to each, and its handler knows the caller', async () => {
    let seen: CallContext | undefined;
    handler = (requests, context) => {
      seen = context;
      return echo(requests);
    };
    const ids = new Set<string>();
    for await (const { requestId, certificate } of client.signStream(requestsOf(2_000))) {
      assert.equal(certificate?.certificateDer.length, 2_000);
      ids.add(requestId);
    }
    assert.equal(ids.size, 2_000);
    assert.deepEqual([seen?.caller.host, seen?.caller.role], ['n1', 'node']);
  });

  it('may have none', async () => {
    handler = echo;
    assert.deepEqual(await collect(client.signStream([])), []);
  });

  it('is answered while it still asks', async () => {
    handler = echo;
    const first = Promise.withResolvers<void>();
    async function* asking(): AsyncGenerator<SignStreamRequest, void> {
      yield requestOf('1');
      await first.promise;
      yield requestOf('2');
    }
    const ids: string[] = [];
    for await (const { requestId } of client.signStream(asking())) {
      ids.push(requestId);
      first.resolve();
    }
    assert.deepEqual(ids, ['1', '2']);
  });

  it('throws on the client what the handler threw, and what the requests threw', async () => {
    handler = async function* () {
      yield answerTo(requestOf('1'));
      throw new AppError('UNAVAILABLE', 'not now', { details: { cure: 'later' } });
    };
    const answers = client.signStream(requestsOf(3));
    await assert.rejects(
      collect(answers),
      (error) => isCode('UNAVAILABLE')(error) && (error as AppError).details.cure === 'later',
    );
    handler = echo;
    async function* broken(): AsyncGenerator<SignStreamRequest, void> {
      yield requestOf('1');
      throw new RangeError('no more');
    }
    await assert.rejects(collect(client.signStream(broken())), RangeError);
    handler = async function* () {
      yield* [];
      throw new TypeError('a secret');
    };
    await assert.rejects(
      collect(client.signStream(requestsOf(1))),
      (error) => isCode('INTERNAL')(error) && !String(error).includes('secret'),
    );
  });

  it('that its caller ends is ended, and its handler is told', async () => {
    const told = Promise.withResolvers<void>();
    handler = (requests, { signal }) => {
      signal.addEventListener('abort', () => told.resolve());
      return echo(requests);
    };
    async function* endless(): AsyncGenerator<SignStreamRequest, void> {
      for (let at = 0; ; at++) yield requestOf(`${at}`);
    }
    for await (const { requestId } of client.signStream(endless())) {
      if (requestId === '5') break;
    }
    await told.promise;
    const stopping = new AbortController();
    await assert.rejects(async () => {
      for await (const { requestId } of client.signStream(endless(), { signal: stopping.signal })) {
        if (requestId === '5') stopping.abort();
      }
    }, isCode('CANCELLED'));
  });

  it('ends at the time limit of the server, whatever the caller allows', async () => {
    handler = async function* () {
      yield answerTo(requestOf('1'));
      await new Promise(() => undefined);
    };
    const answers = client.signStream(requestsOf(1), { timeoutMs: 60_000 });
    await assert.rejects(collect(answers), isCode('DEADLINE_EXCEEDED'));
  });

  it('of somebody who is no host does not reach the handler, and that is told', async () => {
    let calls = 0;
    handler = (requests) => {
      calls += 1;
      return echo(requests);
    };
    const stranger = connectWith(strangerSet);
    await assert.rejects(collect(stranger.signStream(requestsOf(3))), isCode('UNAUTHENTICATED'));
    stranger.close();
    assert.equal(calls, 0);
    assert.equal(refused.at(-1)?.method, '/easycerts.ca.v1.BulkSigning/SignStream');
  });

  it('with a request that is too large is refused', async () => {
    handler = echo;
    const large = requestOf('1', new Uint8Array(100_000));
    await assert.rejects(collect(client.signStream([large])), isCode('INVALID_INPUT'));
  });
});
