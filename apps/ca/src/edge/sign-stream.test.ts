import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignRequest, SignStreamRequest, SignStreamResponse } from '@easycerts/contracts';
import { parseCertificate } from '@easycerts/pki';
import { callOf, testEnvironment } from '../../test/environment.ts';
import { master, node, requestFor } from '../../test/fixture.ts';
import { createSign } from './sign.ts';
import { createSignStream } from './sign-stream.ts';

async function* streamOf(requests: readonly SignRequest[]): AsyncGenerator<SignStreamRequest, void> {
  for (const request of requests) yield { request };
}

async function answersOf(answers: AsyncIterable<SignStreamResponse>): Promise<Map<string, SignStreamResponse>> {
  const all = new Map<string, SignStreamResponse>();
  for await (const answer of answers) all.set(answer.requestId, answer);
  return all;
}

test('each request is answered as if it had come alone: what is refused is told, the others have their certificates', async () => {
  const ca = await testEnvironment();
  const signStream = createSignStream(createSign(ca.environment));
  const kubelet = await requestFor(node, 'kubelet');
  const client = await requestFor(node, 'kubelet-client');
  const foreign = await requestFor(master, 'kubelet');
  const garbage = { ...(await requestFor(node, 'kubelet')), csrDer: new Uint8Array([1]) };
  const answers = await answersOf(signStream(streamOf([foreign, kubelet, garbage, client]), callOf(node)));
  assert.equal(answers.size, 4);
  for (const { requestId, name } of [kubelet, client]) {
    const certificate = answers.get(requestId)?.certificate;
    assert.ok(certificate, name);
    const { serial } = parseCertificate(certificate.certificateDer);
    assert.deepEqual([serial, (await ca.ledger.find(serial))?.name], [certificate.serial, name]);
  }
  const errors = [foreign, garbage].map(({ requestId }) => answers.get(requestId)?.error);
  assert.deepEqual(
    errors.map((error) => [error?.code, error?.reason]),
    [
      ['PERMISSION_DENIED', 'subject'],
      ['INVALID_INPUT', 'malformed'],
    ],
  );
  assert.equal(ca.ledger.size, 2);
  assert.equal(ca.events.ofType('certificate.refused').length, 2);
  await ca.close();
});

test('the key of one certificate is certified once, however often it comes in one stream', async () => {
  const ca = await testEnvironment();
  const signStream = createSignStream(createSign(ca.environment));
  const request = await requestFor(node, 'kubelet');
  const again = Array.from({ length: 10 }, (_, at) => ({
    ...request,
    requestId: `${request.requestId.slice(0, -1)}${at}`,
  }));
  const answers = await answersOf(signStream(streamOf(again), callOf(node)));
  const granted = [...answers.values()].filter(({ certificate }) => certificate !== undefined);
  assert.equal(granted.length, 1);
  assert.equal(ca.ledger.size, 1);
  await ca.close();
});

test('a host that is removed while it streams gets no more', async () => {
  const ca = await testEnvironment();
  const signStream = createSignStream(createSign(ca.environment));
  const first = await requestFor(node, 'kubelet');
  const second = await requestFor(node, 'kubelet');
  async function* removedBetween(): AsyncGenerator<SignStreamRequest, void> {
    yield { request: first };
    await ca.putHost(node, true);
    while (ca.register.find(node.name)?.isRevoked !== true) await new Promise((resolve) => setTimeout(resolve, 5));
    yield { request: second };
  }
  const answers = await answersOf(signStream(removedBetween(), callOf(node)));
  assert.equal(answers.get(second.requestId)?.error?.reason, 'host-revoked');
  await ca.close();
});

test('the rate limit of a host counts each request of a stream', async () => {
  const ca = await testEnvironment();
  const signStream = createSignStream(createSign(ca.environment));
  const requests = await Promise.all(Array.from({ length: 30 }, () => requestFor(node, 'kubelet')));
  const answers = [...(await answersOf(signStream(streamOf(requests), callOf(node)))).values()];
  assert.equal(answers.filter(({ certificate }) => certificate !== undefined).length, 20);
  assert.equal(answers.filter(({ error }) => error?.reason === 'rate-limited').length, 10);
  await ca.close();
});

test('without a ledger every request of a stream is told so', async () => {
  const ca = await testEnvironment();
  const signStream = createSignStream(createSign(ca.environment));
  ca.state.stores = undefined;
  const request = await requestFor(node, 'kubelet');
  const answers = await answersOf(signStream(streamOf([request]), callOf(node)));
  assert.equal(answers.get(request.requestId)?.error?.code, 'UNAVAILABLE');
  await ca.close();
});

test('a message without a request is refused, and ends nothing', async () => {
  const ca = await testEnvironment();
  const signStream = createSignStream(createSign(ca.environment));
  const request = await requestFor(node, 'kubelet');
  async function* withNothing(): AsyncGenerator<SignStreamRequest, void> {
    yield { request: undefined };
    yield { request };
  }
  const answers = await answersOf(signStream(withNothing(), callOf(node)));
  assert.ok(answers.get('')?.error);
  assert.ok(answers.get(request.requestId)?.certificate);
  await ca.close();
});
