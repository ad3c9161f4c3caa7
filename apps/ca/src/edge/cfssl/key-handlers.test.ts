import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { type ErrorCode, isAppError } from '@easycerts/core';
import { innerRequest, testCfsslApi } from '../../../test/cfssl.ts';
import { callOf, testEnvironment } from '../../../test/environment.ts';
import { master, node } from '../../../test/fixture.ts';
import { createRemoveHost } from '../hosts.ts';
import { createCfsslKeyHandlers } from './key-handlers.ts';

const secret = createSecretKey(Buffer.alloc(32, 7));
const ofN1 = { host: 'n1', profile: '', registerHost: false, addresses: [] };
const kubelet = { subject: { commonName: 'n1', organizations: [] }, hosts: ['n1'] };
const is = (code: ErrorCode) => (error: unknown) => isAppError(error, code);

test('a key that was made works, its successor too, its predecessor until the overlap ends, none after a revocation', async (t) => {
  const ca = await testCfsslApi(t);
  const keys = createCfsslKeyHandlers(ca.environment, secret);
  const status = async (text: string) =>
    (await ca.authsign(createSecretKey(Buffer.from(text, 'hex')), await innerRequest(kubelet))).status;
  const { key: first, description } = await keys.createCfsslKey(ofN1, callOf(master));
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.deepEqual([description?.host, description?.profile, description?.state], ['n1', 'default', 'valid']);
  assert.equal(await status(first), 200);
  const rotated = await keys.rotateCfsslKey({ host: 'n1', profile: 'default', overlapS: 60 }, callOf(master));
  assert.equal(rotated.description?.state, 'rolling');
  assert.deepEqual([await status(first), await status(rotated.key)], [200, 200]);
  ca.clock.advance(60_000);
  assert.deepEqual([await status(first), await status(rotated.key)], [400, 200]);
  await keys.revokeCfsslKey({ host: 'n1', profile: '' }, callOf(master));
  assert.equal(await status(rotated.key), 400);
  const { keys: listed } = await keys.listCfsslKeys({}, callOf(master));
  assert.deepEqual(
    listed.map(({ host, generation, state }) => [host, generation, state]),
    [['n1', 2, 'revoked']],
  );
  assert.equal(JSON.stringify(listed).includes(first), false);
  assert.deepEqual(
    ca.events.facts.filter(({ type }) => type.startsWith('cfssl-key.')).map(({ type, key }) => `${type} ${key}`),
    ['cfssl-key.created 1', 'cfssl-key.created 2', 'cfssl-key.revoked 2'],
  );
  const again = await keys.createCfsslKey(ofN1, callOf(master));
  assert.deepEqual([again.description?.generation, await status(again.key)], [3, 200]);
  assert.deepEqual([await status(first), await status(rotated.key)], [400, 400]);
});

test('a host that has none of our services is let in, with a name and the addresses that were given', async (t) => {
  const ca = await testCfsslApi(t);
  const keys = createCfsslKeyHandlers(ca.environment, secret);
  const made = await keys.createCfsslKey(
    { ...ofN1, host: 'n9', registerHost: true, addresses: ['192.0.2.19'] },
    callOf(master),
  );
  const key = createSecretKey(Buffer.from(made.key, 'hex'));
  const wanted = { subject: { commonName: 'n9', organizations: [] }, hosts: ['n9', '192.0.2.19'] };
  assert.equal((await ca.authsign(key, await innerRequest(wanted))).status, 200);
  assert.equal((await ca.authsign(key, await innerRequest(kubelet))).status, 400);
});

test('only a master makes, lists, replaces and revokes keys', async () => {
  const ca = await testEnvironment();
  const keys = createCfsslKeyHandlers(ca.environment, secret);
  const id = { host: 'n1', profile: 'default' };
  await assert.rejects(async () => keys.createCfsslKey(ofN1, callOf(node)), is('PERMISSION_DENIED'));
  await assert.rejects(async () => keys.rotateCfsslKey({ ...id, overlapS: 0 }, callOf(node)), is('PERMISSION_DENIED'));
  await assert.rejects(async () => keys.listCfsslKeys({}, callOf(node)), is('PERMISSION_DENIED'));
  await assert.rejects(async () => keys.revokeCfsslKey(id, callOf(node)), is('PERMISSION_DENIED'));
  assert.deepEqual(ca.cfsslKeys.all(), []);
  assert.equal(ca.events.ofType('call.refused').length, 4);
  // While the API is off, too: who asks is looked at before what is there.
  const off = createCfsslKeyHandlers(ca.environment, undefined);
  await assert.rejects(async () => off.createCfsslKey(ofN1, callOf(node)), is('PERMISSION_DENIED'));
  await assert.rejects(async () => off.rotateCfsslKey({ ...id, overlapS: 0 }, callOf(node)), is('PERMISSION_DENIED'));
  assert.equal(ca.events.ofType('call.refused').length, 6);
  await ca.close();
});

test('a second key is not made by accident, none is replaced that is not there, and none is made while the API is off', async () => {
  const ca = await testEnvironment();
  const keys = createCfsslKeyHandlers(ca.environment, secret);
  await keys.createCfsslKey(ofN1, callOf(master));
  await assert.rejects(async () => keys.createCfsslKey(ofN1, callOf(master)), is('ALREADY_EXISTS'));
  const other = { host: 'm1', profile: '' };
  await assert.rejects(async () => keys.rotateCfsslKey({ ...other, overlapS: 0 }, callOf(master)), is('NOT_FOUND'));
  await assert.rejects(async () => keys.revokeCfsslKey(other, callOf(master)), is('NOT_FOUND'));
  await keys.revokeCfsslKey({ host: 'n1', profile: '' }, callOf(master));
  await assert.rejects(
    async () => keys.rotateCfsslKey({ host: 'n1', profile: '', overlapS: 0 }, callOf(master)),
    is('NOT_FOUND'),
  );
  const off = createCfsslKeyHandlers(ca.environment, undefined);
  await assert.rejects(async () => off.createCfsslKey(ofN1, callOf(master)), is('FAILED_PRECONDITION'));
  await ca.close();
});

test('the keys of a host that goes are revoked with it, so that the next one of its name is not at their mercy', async (t) => {
  const ca = await testCfsslApi(t);
  const keys = createCfsslKeyHandlers(ca.environment, secret);
  const { key: text } = await keys.createCfsslKey(ofN1, callOf(master));
  const key = createSecretKey(Buffer.from(text, 'hex'));
  await createRemoveHost(ca.environment)({ name: 'n1', note: '' }, callOf(master));
  assert.equal((await ca.authsign(key, await innerRequest(kubelet))).errors[0]?.message, 'invalid token');
  await ca.register.register(node);
  assert.equal((await ca.authsign(key, await innerRequest(kubelet))).errors[0]?.message, 'invalid token');
  assert.equal(ca.ledger.size, 0);
  assert.equal(ca.events.ofType('cfssl-key.revoked').length, 1);
  assert.equal((await keys.createCfsslKey(ofN1, callOf(master))).description?.generation, 2);
});

test('a key that is made while its host is being removed is worth nothing', async (t) => {
  const ca = await testCfsslApi(t);
  const keys = createCfsslKeyHandlers(ca.environment, secret);
  const removal = { reason: 'host-removed', by: 'm1', note: '', atMs: 0 } as const;
  const making = keys.createCfsslKey(ofN1, callOf(master));
  await Promise.all([
    assert.rejects(async () => making, is('FAILED_PRECONDITION')),
    ca.register.beginRemoval('n1', removal),
  ]);
  assert.deepEqual(
    ca.cfsslKeys.all().filter(({ revokedAtMs }) => revokedAtMs === 0),
    [],
  );
});
