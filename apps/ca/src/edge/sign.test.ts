import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type ClusterConfig, type HostRecord, parseClusterConfig } from '@easycerts/cluster';
import { AppError, type DenyReason, isAppError } from '@easycerts/core';
import { generateKeyPair, parseBundle, parseCertificate, verifyCertificate } from '@easycerts/pki';
import { callOf, testEnvironment } from '../../test/environment.ts';
import { config, master, node, requestFor, specOf } from '../../test/fixture.ts';
import { createSign } from './sign.ts';
import { signingInPlace } from './signing/signing.ts';

const isDenied = (reason: DenyReason) => (error: unknown) => isAppError(error) && error.details.reason === reason;

test('a host gets the certificate of its list, recorded and told before it is returned', async () => {
  const ca = await testEnvironment();
  const answer = await createSign(ca.environment)(await requestFor(node, 'kubelet'), callOf(node));
  const certificate = parseCertificate(answer.certificateDer);
  const bundle = parseBundle(answer.trustBundlePem);
  assert.equal(verifyCertificate({ certificate, bundle, usage: 'server auth', at: ca.clock.now() }), undefined);
  assert.deepEqual(certificate.alternativeNames, specOf(node, 'kubelet').alternativeNames);
  assert.equal(certificate.serial, answer.serial);
  const record = await ca.ledger.find(answer.serial);
  assert.deepEqual(record?.certificateDer, answer.certificateDer);
  assert.deepEqual([record?.host, record?.name, record?.authority], ['n1', 'kubelet', 'kubernetes']);
  const [event] = ca.events.ofType('certificate.issued');
  assert.equal(event?.data.serial, answer.serial);
  assert.equal(event?.subject, 'n1/kubelet');
  await ca.close();
});

test('the same request again gives the same certificate, in the ledger once', async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const request = await requestFor(node, 'kubelet');
  const first = await sign(request, callOf(node));
  ca.clock.advance(60_000);
  assert.deepEqual(await sign({ ...request, requestedAtMs: ca.clock.now().getTime() }, callOf(node)), first);
  assert.equal(ca.ledger.size, 1);
  assert.equal(ca.events.ofType('certificate.issued').length, 1);
  await ca.close();
});

test('the same request many times at once gives one certificate', async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const request = await requestFor(node, 'kubelet');
  const answers = await Promise.all(Array.from({ length: 15 }, () => sign(request, callOf(node))));
  assert.equal(new Set(answers.map(({ serial }) => serial)).size, 1);
  assert.equal(ca.ledger.size, 1);
  await ca.close();
});

test('two requests for one key at once: one is granted, the other replayed', async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const keyPair = await generateKeyPair('ecdsa-p256');
  const requests = [
    await requestFor(node, 'kubelet', { keyPair }),
    await requestFor(node, 'kubelet-client', { keyPair }),
  ];
  const results = await Promise.allSettled(requests.map((request) => sign(request, callOf(node))));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal(ca.ledger.size, 1);
  assert.equal(ca.events.ofType('certificate.refused')[0]?.data.reason, 'replayed');
  await ca.close();
});

test("another host's replay of a granted request is refused", async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const request = await requestFor(node, 'kube-proxy-client');
  await sign(request, callOf(node));
  await assert.rejects(sign(request, callOf(master)), isDenied('replayed'));
  assert.equal(ca.ledger.size, 1);
  await ca.close();
});

test('a refusal is an error with reason and cure, an event, and nothing in the ledger', async () => {
  const ca = await testEnvironment();
  await assert.rejects(
    createSign(ca.environment)({ ...(await requestFor(node, 'kubelet')), name: 'super-admin' }, callOf(node)),
    (error) =>
      isAppError(error, 'PERMISSION_DENIED') && isDenied('not-in-list')(error) && error.details.cure !== undefined,
  );
  assert.equal(ca.ledger.size, 0);
  assert.equal(ca.events.ofType('certificate.refused')[0]?.data.certificate, 'super-admin');
  assert.match(await ca.metrics.registry.metrics(), /easycerts_ca_calls_refused_total\{reason="not-in-list"\} 1/);
  await ca.close();
});

test('a revoked host gets nothing from the moment it is revoked', async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  await sign(await requestFor(node, 'kubelet'), callOf(node));
  await ca.putHost(node, true);
  await assert.rejects(sign(await requestFor(node, 'kubelet'), callOf(node)), isDenied('host-revoked'));
  await ca.bucket.delete('n1.record');
  await assert.rejects(sign(await requestFor(node, 'kubelet'), callOf(node)), isDenied('unknown-host'));
  await ca.close();
});

test('a flood is refused before anything is read, and other hosts are served', async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const garbage = { ...(await requestFor(node, 'kubelet')), csrDer: new Uint8Array(100) };
  const results = await Promise.allSettled(Array.from({ length: 300 }, () => sign(garbage, callOf(node))));
  const codes = results.map((result) => (result.status === 'rejected' ? result.reason.details.reason : 'granted'));
  assert.equal(codes.filter((code) => code === 'malformed').length, 20);
  assert.equal(codes.filter((code) => code === 'rate-limited').length, 280);
  await sign(await requestFor(master, 'kubelet'), callOf(master));
  const told = ca.events.ofType('certificate.refused').map(({ data }) => data.reason);
  assert.equal(told.filter((reason) => reason === 'rate-limited').length, 1);
  ca.clock.advance(1_000);
  await sign(await requestFor(node, 'kubelet'), callOf(node));
  await ca.close();
});

test('while the stores are not loaded, or the ledger takes nothing, the answer is UNAVAILABLE', async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const request = await requestFor(node, 'kubelet');
  const { stores } = ca.state;
  ca.state.stores = undefined;
  await assert.rejects(sign(request, callOf(node)), (error) => isAppError(error, 'UNAVAILABLE'));
  ca.state.stores = stores;
  ca.bus.setConnected(false);
  await assert.rejects(sign(request, callOf(node)), (error) => isAppError(error, 'UNAVAILABLE'));
  await assert.rejects(sign(await requestFor(node, 'kubelet'), callOf(node)), (error) =>
    isAppError(error, 'UNAVAILABLE'),
  );
  assert.equal(ca.events.ofType('certificate.issued').length, 0);
  ca.bus.setConnected(true);
  while (!ca.ledger.isWritable) await new Promise((resolve) => setTimeout(resolve, 5));
  const answer = await sign(request, callOf(node));
  assert.equal(ca.ledger.size, 1);
  assert.ok(await ca.ledger.find(answer.serial));
  await ca.close();
});

test('a caller who has gone before the signature costs no certificate', async () => {
  const ca = await testEnvironment();
  const signal = AbortSignal.abort(new AppError('CANCELLED', 'gone'));
  const request = await requestFor(node, 'kubelet');
  await assert.rejects(createSign(ca.environment)(request, callOf(node, signal)), (error) =>
    isAppError(error, 'CANCELLED'),
  );
  assert.equal(ca.ledger.size, 0);
  await createSign(ca.environment)(request, callOf(node));
  await ca.close();
});

test('a changed configuration is noticed by the request that needs it, without a false alarm', async () => {
  const state: { config: ClusterConfig; ownHost: HostRecord } = { config, ownHost: master };
  const ca = await testEnvironment({ source: { load: async () => ({ ...state }) } });
  const sign = createSign(ca.environment);
  const changed = { ...master, addresses: [...master.addresses, '192.0.2.77'] };
  state.ownHost = changed;
  ca.clock.advance(1_000);
  const request = await requestFor(changed, 'kubelet', { at: ca.clock.now() });
  const certificate = parseCertificate((await sign(request, callOf(master))).certificateDer);
  assert.ok(certificate.alternativeNames.ip.includes('192.0.2.77'));
  state.config = parseClusterConfig(
    'roles: [master, node]\nmasterAddress: localhost\npki: {keyAlgorithm: ecdsa-p384}\n',
    'test',
  );
  ca.clock.advance(1_000);
  const keyPair = await generateKeyPair('ecdsa-p384');
  await sign(await requestFor(changed, 'kubelet', { at: ca.clock.now(), keyPair }), callOf(master));
  assert.deepEqual(ca.events.ofType('certificate.refused'), []);
  await ca.close();
});

test('an expired CA signs nothing, and records nothing', async () => {
  const ca = await testEnvironment();
  ca.clock.advance(10 * 365 * 86_400_000 + 1);
  const request = await requestFor(node, 'kubelet', { at: ca.clock.now() });
  await assert.rejects(createSign(ca.environment)(request, callOf(node)), (error) =>
    isAppError(error, 'FAILED_PRECONDITION'),
  );
  assert.equal(ca.ledger.size, 0);
  await ca.close();
});

test('a signature that goes wrong is found before it is recorded', async () => {
  const ca = await testEnvironment();
  const { kubernetes, etcd } = ca.authorities;
  // A CA whose key is not the one of its certificate: what it signs does not verify.
  const broken = { ...ca.authorities, kubernetes: { certificate: kubernetes.certificate, keyPair: etcd.keyPair } };
  const sign = createSign({ ...ca.environment, authorities: broken, signing: signingInPlace(broken) });
  await assert.rejects(sign(await requestFor(node, 'kubelet'), callOf(node)), (error) => isAppError(error, 'INTERNAL'));
  assert.equal(ca.ledger.size, 0);
  assert.equal(ca.events.events.length, 0);
  await ca.close();
});

test('serial numbers differ, and a new request id needs a new key', async () => {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const request = await requestFor(node, 'kubelet');
  const first = await sign(request, callOf(node));
  await assert.rejects(sign({ ...request, requestId: randomUUID() }, callOf(node)), isDenied('replayed'));
  const second = await sign(await requestFor(node, 'kubelet'), callOf(node));
  assert.notEqual(first.serial, second.serial);
  await ca.close();
});
