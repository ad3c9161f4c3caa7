/** The CA as hosts see it: real gRPC over TLS, a real nats-server, real files. */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';
import { filesOfSet } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { encodePem, generateKeyPair, parseCertificate, privateKeyToPem } from '@easycerts/pki';
import { deliverSet, loadUsers } from '@easycerts/runtime';
import { collect } from '@easycerts/testing';
import { authorityFiles } from '../src/edge/authority-files.ts';
import { master, node, requestFor } from './fixture.ts';
import { type CaSite, startSite } from './running-ca.ts';

let site: CaSite;
before(async () => {
  site = await startSite();
});
after(() => site?.close());

const everything = { pageSize: 0, pageToken: '', host: '', name: '', authority: '', onlyValid: false };
const freshRequest = (record: typeof node, name: string) => requestFor(record, name, { at: new Date() });

test('the first start records what ca init issued, once, and tells it', async () => {
  const first = await site.start();
  const client = first.client(site.paths.hostIdentity);
  const names = async () => (await client.listCertificates(everything)).certificates.map(({ name }) => name).sort();
  assert.deepEqual(await names(), ['bus-server', 'ca-server', 'host']);
  const events = await collect(first.bus.readEvents({ from: 'all', follow: false }));
  const types = events.map(({ type }) => type);
  assert.equal(types.filter((type) => type === 'easycerts.certificate.issued').length, 3);
  assert.equal(types.filter((type) => type === 'easycerts.ca.initialized').length, 1);
  assert.equal(types.filter((type) => type === 'easycerts.ca.started').length, 1);
  await first.close();

  const second = await site.start();
  assert.deepEqual((await second.client(site.paths.hostIdentity).listCertificates(everything)).certificates.length, 3);
  await second.close();
});

test('serial numbers on disk, in the ledger and in what is shown agree', async () => {
  const started = await site.start();
  const client = started.client(site.paths.hostIdentity);
  const { certificates } = await client.listCertificates(everything);
  for (const [name, directory] of [
    ['host', site.paths.hostIdentity],
    ['ca-server', site.paths.caIdentity],
    ['bus-server', site.paths.natsIdentity],
  ] as const) {
    const onDisk = parseCertificate(await readFile(filesOfSet(directory).cert, 'utf8'));
    const listed = certificates.find((certificate) => certificate.name === name);
    assert.equal(listed?.serial, onDisk.serial);
    const shown = await client.getCertificate({ serial: onDisk.serial });
    assert.deepEqual(new Uint8Array(shown.certificateDer), onDisk.der);
  }
  await started.close();
});

test('a registered node gets its certificates, sees its own, and has the right bundle', async () => {
  const started = await site.start();
  await started.register(node);
  const client = started.client(await site.identity('n1', 'node'));
  const answer = await client.sign(await freshRequest(node, 'kubelet-client'));
  assert.equal(parseCertificate(answer.certificateDer).subjectText, 'CN=system:node:n1,O=system:nodes');
  const { certificates } = await client.listCertificates(everything);
  assert.deepEqual(
    certificates.map(({ serial }) => serial),
    [answer.serial],
  );
  const { bundles } = await client.getTrustBundle({ authorities: ['kubernetes'] });
  assert.equal(bundles[0]?.pem, answer.trustBundlePem);
  await started.close();
});

test('the CA is killed after the record and before the answer: the retry gets the recorded certificate', async () => {
  const started = await site.start();
  await started.register(node);
  const identity = await site.identity('n1', 'node');
  const request = await freshRequest(node, 'kubelet');
  const answer = await started.client(identity).sign(request);
  await started.close();
  const again = await site.start();
  const retried = await again.client(identity).sign({ ...request, requestedAtMs: Date.now() });
  assert.deepEqual(new Uint8Array(retried.certificateDer), new Uint8Array(answer.certificateDer));
  await again.close();
});

test('while nats-server is away nothing is signed; when it is back, everything is there and signing goes on', async () => {
  const started = await site.start();
  const client = started.client(site.paths.hostIdentity);
  const before = (await client.listCertificates(everything)).certificates.length;
  await site.server.kill();
  const request = await freshRequest(master, 'etcd-server');
  await assert.rejects(client.sign(request, { timeoutMs: 20_000 }), (error) => isAppError(error, 'UNAVAILABLE'));
  assert.equal((await client.getTrustBundle({ authorities: [] })).bundles.length, 5);
  await site.server.start();
  const answer = await eventually(() => client.sign({ ...request, requestedAtMs: Date.now() }));
  const { certificates } = await client.listCertificates(everything);
  assert.equal(certificates.length, before + 1);
  assert.equal(certificates[0]?.serial, answer.serial);
  await started.close();
});

test('the CA starts before nats-server: it answers UNAVAILABLE and 503, and is ready when the bus is', async () => {
  await site.server.kill();
  const started = await site.start({ isWaiting: false });
  const client = started.client(site.paths.hostIdentity);
  const request = await freshRequest(master, 'etcd-peer');
  await assert.rejects(
    client.sign(request),
    (error) => isAppError(error, 'UNAVAILABLE') && error.message.includes('ledger'),
  );
  assert.equal((await get(started.ca.httpsPort, '/healthz')).status, 503);
  await site.server.start();
  await started.ca.ready;
  assert.equal((await get(started.ca.httpsPort, '/healthz')).status, 200);
  await client.sign({ ...request, requestedAtMs: Date.now() });
  await started.close();
});

test('metrics are for clients of ours, with closed labels only', async () => {
  const started = await site.start();
  await started.client(site.paths.hostIdentity).sign(await freshRequest(master, 'kube-scheduler'));
  assert.equal((await get(started.ca.httpsPort, '/metrics')).status, 403);
  const { status, body } = await get(started.ca.httpsPort, '/metrics', site.paths.hostIdentity);
  assert.equal(status, 200);
  assert.match(body, /easycerts_ca_certificates_issued_total\{authority="kubernetes"\} 1/);
  assert.match(body, /easycerts_ca_ledger_ready 1/);
  assert.ok(!body.includes('m1') && !body.includes('kube-scheduler'));
  await started.close();
});

test('a renewed server certificate is served to new connections, and old ones go on', async () => {
  const started = await site.start();
  const client = started.client(site.paths.hostIdentity);
  const keyPair = await generateKeyPair('ecdsa-p256');
  const answer = await client.sign(await requestFor(master, 'ca-server', { at: new Date(), keyPair }));
  const files = filesOfSet(site.paths.caIdentity);
  await deliverSet({
    directory: site.paths.caIdentity,
    files: {
      cert: encodePem('CERTIFICATE', answer.certificateDer),
      key: privateKeyToPem(keyPair.privateKey),
      ca: await readFile(files.ca),
    },
    owner: 'root',
    group: 'root',
    users: loadUsers({ isRoot: false }),
  });
  const served = await eventually(async () => {
    const { serial } = await get(started.ca.httpsPort, '/healthz');
    assert.equal(serial, answer.serial);
    return serial;
  });
  assert.equal(served, answer.serial);
  await client.getTrustBundle({ authorities: [] });
  await started.close();
});

test('a port in use is told when it starts, and nothing of it stays', async () => {
  const started = await site.start();
  const grpc = { address: '127.0.0.1', port: started.ca.grpcPort };
  await assert.rejects(site.start({ grpc }), (error) => isAppError(error, 'FAILED_PRECONDITION'));
  await started.close();
});

test('a damaged CA key is told when it starts, and stays as it is', async () => {
  const { key } = authorityFiles(site.paths.ca, 'etcd');
  const pem = await readFile(key);
  await writeFile(key, pem.subarray(0, 100));
  await assert.rejects(site.start(), (error) => isAppError(error, 'DAMAGED') && error.details.path === key);
  assert.deepEqual(await readFile(key), pem.subarray(0, 100));
  await writeFile(key, pem);
  await (await site.start()).close();
});

/** The value of `work` as soon as it succeeds. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Of the server's certificate. */
  readonly serial: string;
}

async function get(port: number, path: string, identityDirectory?: string): Promise<Answer> {
  const ca = await readFile(filesOfSet(site.paths.hostIdentity).ca);
  const files = identityDirectory === undefined ? undefined : filesOfSet(identityDirectory);
  const identity = files === undefined ? {} : { cert: await readFile(files.cert), key: await readFile(files.key) };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = httpsRequest({ host: 'localhost', port, path, ca, ...identity, agent: false }, (response) => {
    const socket = response.socket as import('node:tls').TLSSocket;
    const serial = (socket.getPeerCertificate().serialNumber ?? '').toLowerCase().replace(/^0+/, '');
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), serial }),
    );
  });
  request.on('error', reject);
  request.end();
  return promise;
}
