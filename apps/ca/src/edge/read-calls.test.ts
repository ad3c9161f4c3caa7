/** GetTrustBundle, ListCertificates and GetCertificate: who sees what. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorityNames } from '@easycerts/cluster';
import type { ListCertificatesRequest } from '@easycerts/contracts';
import { type DenyReason, isAppError } from '@easycerts/core';
import { parseBundle, parseCertificate } from '@easycerts/pki';
import { callOf, testEnvironment } from '../../test/environment.ts';
import { master, node, requestFor } from '../../test/fixture.ts';
import { createGetCertificate } from './get-certificate.ts';
import { createGetTrustBundle } from './get-trust-bundle.ts';
import { createListCertificates } from './list-certificates.ts';
import { createSign } from './sign.ts';

const isDenied = (reason: DenyReason) => (error: unknown) => isAppError(error) && error.details.reason === reason;
const everything: ListCertificatesRequest = {
  pageSize: 0,
  pageToken: '',
  host: '',
  name: '',
  authority: '',
  onlyValid: false,
};

/** A CA that has issued three certificates to n1 and two to m1. */
async function setUp() {
  const ca = await testEnvironment();
  const sign = createSign(ca.environment);
  const serials: string[] = [];
  for (const name of ['kubelet', 'kubelet-client', 'kube-proxy-client']) {
    serials.push((await sign(await requestFor(node, name), callOf(node))).serial);
  }
  for (const name of ['etcd-server', 'super-admin']) {
    serials.push((await sign(await requestFor(master, name), callOf(master))).serial);
  }
  return {
    ...ca,
    serials,
    list: createListCertificates(ca.environment),
    get: createGetCertificate(ca.environment),
    bundle: createGetTrustBundle(ca.environment),
  };
}

test('a master sees everything, newest first, without the certificates themselves', async () => {
  const ca = await setUp();
  const { certificates, nextPageToken } = await ca.list(everything, callOf(master));
  assert.deepEqual(
    certificates.map(({ serial }) => serial),
    [...ca.serials].reverse(),
  );
  assert.equal(nextPageToken, '');
  assert.ok(certificates.every(({ certificateDer }) => certificateDer.length === 0));
  assert.equal(certificates[0]?.subject, 'CN=kubernetes-super-admin,O=system:masters');
  await ca.close();
});

test('a node sees its own, whether it asks for all or for its own', async () => {
  const ca = await setUp();
  for (const host of ['', 'n1']) {
    const { certificates } = await ca.list({ ...everything, host }, callOf(node));
    assert.deepEqual(new Set(certificates.map((certificate) => certificate.host)), new Set(['n1']));
    assert.equal(certificates.length, 3);
  }
  await ca.close();
});

test("a node that asks for another host's is refused, on the audit trail", async () => {
  const ca = await setUp();
  await assert.rejects(ca.list({ ...everything, host: 'm1' }, callOf(node)), isDenied('not-permitted'));
  assert.equal(ca.events.ofType('call.refused')[0]?.data.method, 'ListCertificates');
  await ca.close();
});

test('pages follow each other until the last', async () => {
  const ca = await setUp();
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await ca.list({ ...everything, pageSize: 2, pageToken }, callOf(master));
    assert.ok(page.certificates.length <= 2);
    seen.push(...page.certificates.map(({ serial }) => serial));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, [...ca.serials].reverse());
  await ca.close();
});

test("a node cannot see more with a master's page token", async () => {
  const ca = await setUp();
  const { nextPageToken } = await ca.list({ ...everything, pageSize: 1 }, callOf(master));
  const { certificates } = await ca.list({ ...everything, pageToken: nextPageToken }, callOf(node));
  assert.deepEqual(new Set(certificates.map(({ host }) => host)), new Set(['n1']));
  await ca.close();
});

test('filters narrow the list, and an authority that does not exist is an error', async () => {
  const ca = await setUp();
  const names = async (part: Partial<ListCertificatesRequest>) =>
    (await ca.list({ ...everything, ...part }, callOf(master))).certificates.map(({ name }) => name);
  assert.deepEqual(await names({ authority: 'etcd' }), ['etcd-server']);
  assert.deepEqual(await names({ name: 'kubelet' }), ['kubelet']);
  assert.deepEqual(await names({ host: 'm1', authority: 'kubernetes' }), ['super-admin']);
  assert.deepEqual(await names({ host: 'nobody' }), []);
  ca.clock.advance(31 * 86_400_000);
  assert.deepEqual(await names({ onlyValid: true }), []);
  assert.equal((await names({})).length, 5);
  await assert.rejects(names({ authority: 'root' }), (error) => isAppError(error, 'INVALID_INPUT'));
  await assert.rejects(names({ pageToken: 'x' }), (error) => isAppError(error, 'INVALID_INPUT'));
  await assert.rejects(names({ pageSize: -1 }), (error) => isAppError(error, 'INVALID_INPUT'));
  await ca.close();
});

test('one certificate is shown whole', async () => {
  const ca = await setUp();
  const [serial = ''] = ca.serials;
  const found = await ca.get({ serial }, callOf(node));
  const certificate = parseCertificate(found.certificateDer);
  assert.equal(certificate.serial, serial);
  assert.equal(found.fingerprint, certificate.fingerprint);
  assert.deepEqual(found.dnsNames, ['n1']);
  assert.deepEqual(found.usages, ['server auth']);
  assert.equal(found.notAfterMs, certificate.notAfter.getTime());
  assert.equal(found.issuedAtMs, ca.clock.now().getTime());
  await ca.close();
});

test("to a node another host's certificate does not exist, to a master it does", async () => {
  const ca = await setUp();
  const serial = ca.serials.at(-1) ?? '';
  const answers = await Promise.allSettled([ca.get({ serial }, callOf(node)), ca.get({ serial: 'abc' }, callOf(node))]);
  const [ofOther, ofNone] = answers.map((answer) => (answer.status === 'rejected' ? answer.reason : undefined));
  assert.ok(isAppError(ofOther, 'NOT_FOUND') && isAppError(ofNone, 'NOT_FOUND'));
  assert.equal(ofOther.message.replace(serial, 'abc'), ofNone.message);
  assert.equal((await ca.get({ serial }, callOf(master))).name, 'super-admin');
  await ca.close();
});

test('what is no serial number is refused as such', async () => {
  const ca = await setUp();
  for (const serial of ['', 'AB', 'x', '../..', 'a'.repeat(41)]) {
    await assert.rejects(ca.get({ serial }, callOf(master)), (error) => isAppError(error, 'INVALID_INPUT'), serial);
  }
  await ca.close();
});

test('the bundles are those of the authorities, all or those asked for', async () => {
  const ca = await setUp();
  const { bundles } = await ca.bundle({ authorities: [] }, callOf(node));
  assert.deepEqual(
    bundles.map(({ authority }) => authority),
    [...authorityNames],
  );
  for (const { authority, pem } of bundles) {
    const expected = ca.authorities[authority as (typeof authorityNames)[number]].certificate.fingerprint;
    assert.deepEqual(
      parseBundle(pem).map(({ fingerprint }) => fingerprint),
      [expected],
    );
  }
  const some = await ca.bundle({ authorities: ['etcd'] }, callOf(node));
  assert.deepEqual(
    some.bundles.map(({ authority }) => authority),
    ['etcd'],
  );
  await assert.rejects(ca.bundle({ authorities: ['root'] }, callOf(node)), (error) =>
    isAppError(error, 'INVALID_INPUT'),
  );
  await ca.close();
});

test('bundles are answered while the bus is away, lists are not', async () => {
  const ca = await setUp();
  ca.state.stores = undefined;
  assert.equal((await ca.bundle({ authorities: [] }, callOf(node))).bundles.length, 5);
  await assert.rejects(ca.list(everything, callOf(master)), (error) => isAppError(error, 'UNAVAILABLE'));
  await assert.rejects(ca.get({ serial: 'ab' }, callOf(master)), (error) => isAppError(error, 'UNAVAILABLE'));
  await ca.close();
});

test('a revoked, unknown or flooding host reads nothing', async () => {
  const ca = await setUp();
  await ca.putHost(node, true);
  const calls = [
    () => ca.list(everything, callOf(node)),
    () => ca.get({ serial: ca.serials[0] ?? '' }, callOf(node)),
    () => ca.bundle({ authorities: [] }, callOf(node)),
  ];
  for (const call of calls) await assert.rejects(call(), isDenied('host-revoked'));
  const stranger = callOf({ ...node, name: 'n9' });
  await assert.rejects(ca.list(everything, stranger), isDenied('unknown-host'));
  const flood = await Promise.allSettled(Array.from({ length: 50 }, () => ca.list(everything, callOf(master))));
  const limited = flood.filter((answer) => answer.status === 'rejected' && isDenied('rate-limited')(answer.reason));
  assert.equal(limited.length, 30);
  assert.deepEqual(
    ca.events.ofType('call.refused').map(({ data }) => data.reason),
    ['host-revoked', 'host-revoked', 'host-revoked', 'unknown-host', 'rate-limited'],
  );
  await ca.close();
});
