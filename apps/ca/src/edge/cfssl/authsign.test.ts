import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { parseCertificate } from '@easycerts/pki';
import { authenticated, innerRequest, testCfsslApi } from '../../../test/cfssl.ts';
import { node } from '../../../test/fixture.ts';

const kubelet = { subject: { commonName: 'n1', organizations: [] }, hosts: ['n1'] };
const kubeletClient = {
  subject: { commonName: 'system:node:n1', organizations: ['system:nodes'] },
  hosts: ['system:node:n1'],
};
const kubeProxy = { subject: { commonName: 'system:kube-proxy', organizations: [] }, hosts: ['system:kube-proxy'] };

test('the holder of a key gets what the list yields for its host, recorded and told', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const inner = await innerRequest({ ...kubeletClient, hosts: [] });
  const answer = await ca.authsign(key, inner);
  assert.deepEqual([answer.status, answer.type, answer.errors], [200, 'application/json', []]);
  const certificate = parseCertificate(String(answer.result.certificate));
  assert.deepEqual(certificate.subject, kubeletClient.subject);
  assert.deepEqual(certificate.alternativeNames, { dns: [], ip: [] });
  assert.deepEqual(certificate.usages, ['client auth']);
  const record = await ca.ledger.find(certificate.serial);
  assert.deepEqual([record?.host, record?.name, record?.authority], ['n1', 'kubelet-client', 'kubernetes']);
  assert.equal(ca.events.ofType('certificate.issued')[0]?.subject, 'n1/kubelet-client');
});

test('what the specs of NixOS ask for is granted as certmgr compares it, with RSA keys and the common name as host', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  for (const [wanted, usages] of [
    [kubelet, ['server auth']],
    [kubeletClient, ['client auth', 'server auth']],
    [kubeProxy, ['client auth', 'server auth']],
    [
      { subject: { commonName: 'flannel-client', organizations: [] }, hosts: ['flannel-client'] },
      ['client auth', 'server auth'],
    ],
  ] as const) {
    const answer = await ca.authsign(key, await innerRequest({ ...wanted, keyAlgorithm: 'rsa-2048' }));
    assert.equal(answer.status, 200, answer.body);
    const certificate = parseCertificate(String(answer.result.certificate));
    assert.deepEqual(certificate.subject, wanted.subject);
    assert.deepEqual(certificate.alternativeNames, { dns: wanted.hosts, ip: [] });
    assert.deepEqual(certificate.usages, usages);
    assert.equal(certificate.keyAlgorithm, 'rsa-2048');
  }
});

test('a wrong token is refused in the very words that certmgr knows, and told', async (t) => {
  const ca = await testCfsslApi(t);
  await ca.keyFor('n1');
  const answer = await ca.authsign(createSecretKey(Buffer.alloc(16)), await innerRequest(kubelet));
  assert.equal(answer.status, 400);
  assert.equal(
    answer.body,
    '{"success":false,"result":null,"errors":[{"code":400,"message":"invalid token"}],"messages":[]}\n',
  );
  assert.equal(answer.type, 'text/plain; charset=utf-8');
  const [event] = ca.events.ofType('call.refused');
  assert.deepEqual([event?.data.method, event?.data.reason], ['cfssl authsign', 'unauthenticated']);
  assert.equal(ca.ledger.size, 0);
});

test('the same request again gets the same certificate within the window, and nothing afterwards', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const inner = await innerRequest(kubelet);
  const first = await ca.authsign(key, inner);
  ca.clock.advance(4 * 60_000);
  assert.equal((await ca.authsign(key, inner)).body, first.body);
  // A later time in the body changes nothing: it is not signed.
  ca.clock.advance(61_000);
  const late = await ca.post('authsign', { ...authenticated(key, inner), timestamp: ca.clock.now().getTime() / 1_000 });
  assert.equal(late.status, 400);
  assert.match(String(late.errors[0]?.message), /^Policy violation request: replayed: /);
  assert.equal(late.errors[0]?.code, 5300);
  assert.equal(ca.ledger.size, 1);
  assert.equal(ca.events.ofType('certificate.refused').at(-1)?.data.reason, 'replayed');
});

test('the key of one host gets nothing of another one', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  for (const wanted of [
    { subject: { commonName: 'system:node:m1', organizations: ['system:nodes'] }, hosts: [] },
    { subject: { commonName: 'm1', organizations: [] }, hosts: ['m1'] },
    { subject: { commonName: 'kubernetes-super-admin', organizations: ['system:masters'] }, hosts: [] },
    { ...kubelet, hosts: ['n1', 'm1'] },
    { ...kubelet, hosts: ['n1', '192.0.2.1'] },
    { ...kubeletClient, subject: { ...kubeletClient.subject, organizations: ['system:masters'] } },
    { ...kubeProxy, subject: { ...kubeProxy.subject, organizations: ['system:masters'] } },
  ]) {
    const answer = await ca.authsign(key, await innerRequest(wanted));
    assert.deepEqual([answer.status, answer.errors[0]?.code], [400, 5300], JSON.stringify(wanted));
  }
  assert.equal(ca.ledger.size, 0);
  assert.equal(ca.events.ofType('certificate.refused').length, 7);
});

test('a removed or revoked host gets nothing with its key', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  await ca.putHost(node, true);
  const answer = await ca.authsign(key, await innerRequest(kubelet));
  assert.match(String(answer.errors[0]?.message), /host-revoked/);
  assert.equal(ca.ledger.size, 0);
});

test('while the ledger is not there nobody is told that a token is wrong', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const inner = await innerRequest(kubelet);
  const { stores } = ca.state;
  ca.state.stores = undefined;
  const answer = await ca.authsign(key, inner);
  assert.deepEqual([answer.status, answer.errors[0]?.code], [503, 503]);
  ca.state.stores = stores;
  assert.equal((await ca.authsign(key, inner)).status, 200);
});
