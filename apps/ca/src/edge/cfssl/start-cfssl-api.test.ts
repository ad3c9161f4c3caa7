import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { parseCertificate } from '@easycerts/pki';
import { authenticated, innerRequest, testCfsslApi } from '../../../test/cfssl.ts';
import { master } from '../../../test/fixture.ts';
import { maxBodyBytes } from './read-body.ts';

const kubelet = { subject: { commonName: 'n1', organizations: [] }, hosts: ['n1'] };

function withProfiles(profiles: string) {
  const text = `roles: [master, node]\nmasterAddress: localhost\npki: {cfssl: {profiles: ${profiles}}}\n`;
  return { source: { load: async () => ({ config: parseClusterConfig(text, 'test'), ownHost: master }) } };
}

test('it is healthy, to whoever asks with GET', async (t) => {
  const ca = await testCfsslApi(t);
  const answer = await ca.get('health');
  assert.equal(answer.body, '{"success":true,"result":{"healthy":true},"errors":[],"messages":[]}\n');
  assert.deepEqual([answer.status, answer.type], [200, 'application/json']);
});

test('another verb is refused with 405 in the words of cfssl', async (t) => {
  const ca = await testCfsslApi(t);
  for (const [endpoint, method] of [
    ['health', 'POST'],
    ['info', 'GET'],
    ['authsign', 'PUT'],
    ['sign', 'DELETE'],
  ] as const) {
    const { status, errors } = method === 'GET' ? await ca.get(endpoint) : await ca.post(endpoint, {}, method);
    assert.deepEqual([status, errors], [405, [{ code: 405, message: `Method is not allowed:"${method}"` }]]);
  }
});

test('what cfssl serves and we do not is not there, nor is anything else', async (t) => {
  const ca = await testCfsslApi(t);
  const gone = [
    'newcert',
    'init_ca',
    'certadd',
    'scan',
    'scaninfo',
    '',
    'constructor',
    'info/',
    '../cfssl/info',
    'authsign%2f',
  ];
  for (const endpoint of gone) {
    const { status, body } = await ca.post(endpoint, '{}');
    const isResolved = endpoint.startsWith('..');
    assert.deepEqual([status, body], isResolved ? [200, body] : [404, '404 page not found\n'], endpoint);
  }
});

test('info tells the certificate of the CA that signs, the profile, and nothing of profiles that are not there', async (t) => {
  const ca = await testCfsslApi(t, withProfiles('{short: {expiry: 90m, usages: [signing, server auth]}}'));
  const info = await ca.post('info', { label: '', profile: '' });
  assert.equal(
    parseCertificate(String(info.result.certificate)).fingerprint,
    ca.authorities.kubernetes.certificate.fingerprint,
  );
  assert.deepEqual(info.result.usages, ['signing', 'key encipherment', 'server auth', 'client auth']);
  assert.equal(info.result.expiry, '720h0m0s');
  const short = await ca.post('info', { label: 'etcd', profile: 'short' });
  assert.equal(
    parseCertificate(String(short.result.certificate)).fingerprint,
    ca.authorities.etcd.certificate.fingerprint,
  );
  assert.deepEqual([short.result.usages, short.result.expiry], [['signing', 'server auth'], '1h30m0s']);
  const unknown = await ca.post('info', { profile: 'other' });
  assert.deepEqual([unknown.status, unknown.errors], [400, [{ code: 5400, message: 'Unknown policy profile' }]]);
  const label = await ca.post('info', { label: 'easycerts' });
  assert.deepEqual([label.status, label.errors], [400, [{ code: 400, message: 'bad label' }]]);
});

test('an unknown profile is no other one, with a key and without', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const inner = { ...(await innerRequest(kubelet)), profile: 'other' };
  for (const answer of [await ca.authsign(key, inner), await ca.post('sign', inner)]) {
    assert.deepEqual([answer.status, answer.errors[0]?.code], [400, 5400]);
  }
  assert.equal(ca.ledger.size, 0);
});

test('sign wants a key, unless a profile names the one host that everybody may be', async (t) => {
  const ca = await testCfsslApi(t, withProfiles('{open: {unauthenticatedHost: n1}}'));
  const inner = await innerRequest(kubelet);
  const closed = await ca.post('sign', inner);
  assert.deepEqual([closed.status, closed.errors], [400, [{ code: 400, message: 'authentication required' }]]);
  assert.equal(ca.events.ofType('call.refused')[0]?.data.method, 'cfssl sign');
  const open = await ca.post('sign', { ...inner, profile: 'open' });
  assert.equal(parseCertificate(String(open.result.certificate)).subject.commonName, 'n1');
  const other = { subject: { commonName: 'm1', organizations: [] }, hosts: ['m1'] };
  const foreign = await ca.post('sign', { ...(await innerRequest(other)), profile: 'open' });
  assert.equal(foreign.errors[0]?.code, 5300);
  const key = await ca.keyFor('n1');
  const withKey = await ca.authsign(key, { ...(await innerRequest(kubelet)), profile: 'open' });
  assert.deepEqual(withKey.errors, [{ code: 400, message: 'no authentication provider' }]);
  assert.equal(ca.ledger.size, 1);
});

test('a bundle is not made: a root signs; it is said as cfssl says it', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const answer = await ca.authsign(key, { ...(await innerRequest(kubelet)), bundle: true });
  assert.deepEqual([answer.status, answer.messages[0]?.code, answer.result.bundle], [200, 5300, undefined]);
});

test('whoever guesses is not heard after a while, others are', async (t) => {
  const failures = { source: { burst: 3, perSecond: 0.1 }, all: { burst: 100, perSecond: 1 } };
  const ca = await testCfsslApi(t, { failures });
  const key = await ca.keyFor('n1');
  const inner = await innerRequest(kubelet);
  const wrong = { ...authenticated(key, inner), token: Buffer.alloc(32).toString('base64') };
  const statuses = [];
  for (let guess = 0; guess < 5; guess++) statuses.push((await ca.post('authsign', wrong)).status);
  assert.deepEqual(statuses, [400, 400, 400, 429, 429]);
  assert.equal((await ca.authsign(key, inner)).status, 429);
  ca.clock.advance(10_000);
  assert.equal((await ca.authsign(key, inner)).status, 200);
});

test('a host gets no more than its rate, whatever it asks', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const statuses = [];
  for (let count = 0; count < 21; count++) statuses.push((await ca.authsign(key, await innerRequest(kubelet))).status);
  assert.deepEqual([statuses.filter((status) => status === 200).length, statuses.at(-1)], [20, 429]);
});

test('that the CA is not ready is logged now and then, without a stack, however often clients ask', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const inner = await innerRequest(kubelet);
  const warn = t.mock.method(ca.environment.logger, 'warn', () => undefined);
  const error = t.mock.method(ca.environment.logger, 'error', () => undefined);
  ca.state.stores = undefined;
  for (let count = 0; count < 20; count++) assert.equal((await ca.authsign(key, inner)).status, 503);
  ca.clock.advance(10_000);
  await ca.authsign(key, inner);
  const told = warn.mock.calls.map(({ arguments: [fields] }) => fields as unknown as { err: unknown; leftOut: number });
  assert.deepEqual(
    told.map(({ leftOut }) => leftOut),
    [0, 19],
  );
  assert.ok(told.every(({ err }) => isAppError(err, 'UNAVAILABLE')));
  assert.equal(error.mock.callCount(), 0);
});

test('what is no defect of ours fills no log, also where cfssl answers it with a 500', async (t) => {
  const ca = await testCfsslApi(t);
  const error = t.mock.method(ca.environment.logger, 'error', () => undefined);
  const { status } = await ca.post('certinfo', { serial: '7', authority_key_id: 'ab' });
  assert.deepEqual([status, error.mock.callCount()], [500, 0]);
});

test('a body that is too long is refused before it is read', async (t) => {
  const ca = await testCfsslApi(t);
  assert.equal((await ca.post('info', JSON.stringify({ label: 'x'.repeat(maxBodyBytes - 20) }))).status, 400);
  const { status, errors } = await ca.post('info', 'x'.repeat(maxBodyBytes + 1));
  assert.deepEqual([status, errors[0]?.code], [413, 413]);
});

for (const [what, head] of [
  ['headers', 'POST /api/v1/cfssl/info HTTP/1.1\r\nHost: ca\r\n'],
  ['a body', 'POST /api/v1/cfssl/info HTTP/1.1\r\nHost: ca\r\nContent-Length: 100\r\n\r\n{'],
] as const) {
  test(`who sends ${what} and never ends is not waited for`, async (t) => {
    const ca = await testCfsslApi(t, { requestTimeoutMs: 100 });
    const socket = connect(ca.api.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write(head);
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 408 /);
    await once(socket, 'close');
  });
}

test('what is no request at all is refused, whatever it is', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  for (const body of ['', '{', 'null', '[]', '"x"', '\u0000', `${'['.repeat(20_000)}`]) {
    for (const endpoint of ['info', 'authsign', 'sign']) {
      const { status, success } = await ca.post(endpoint, body);
      assert.deepEqual([status, success], [400, false], `${endpoint} ${body.slice(0, 20)}`);
    }
  }
  for (const change of [
    { hosts: 'n1' },
    { certificate_request: '' },
    { certificate_request: 'x' },
    { label: 'easycerts' },
  ]) {
    const { status } = await ca.authsign(key, { ...(await innerRequest(kubelet)), ...change });
    assert.equal(status, 400, JSON.stringify(change));
  }
  assert.equal(ca.ledger.size, 0);
});
