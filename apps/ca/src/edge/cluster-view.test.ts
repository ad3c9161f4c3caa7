import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClusterConfig, type HostRecord, parseClusterConfig } from '@easycerts/cluster';
import { AppError, isAppError } from '@easycerts/core';
import { advanceableClock, silentLogger } from '@easycerts/testing';
import { config, master, node, paths, registered } from '../../test/fixture.ts';
import { openClusterView } from './cluster-view.ts';

async function setUp() {
  const state: { config: ClusterConfig; ownHost: HostRecord; loads: number; error?: AppError } = {
    config,
    ownHost: master,
    loads: 0,
  };
  const clock = advanceableClock();
  const told: HostRecord[] = [];
  const view = await openClusterView({
    source: {
      load: async () => {
        state.loads += 1;
        if (state.error !== undefined) throw state.error;
        return { config: state.config, ownHost: state.ownHost };
      },
    },
    paths,
    clock,
    logger: silentLogger(),
    onOwnHost: async (record) => told.push(record),
  });
  return { state, clock, told, view };
}

test('the list is the one of the host that is asked about', async () => {
  const { view } = await setUp();
  const names = view.certificatesOf(registered(node)).map(({ name }) => name);
  assert.ok(names.includes('kubelet') && !names.includes('kube-apiserver'));
  assert.ok(view.certificatesOf(registered(master)).some(({ name }) => name === 'kube-apiserver'));
});

test('the list of a host is made once, and again when the configuration changes', async () => {
  const { state, clock, view } = await setUp();
  const host = registered(master);
  assert.equal(view.certificatesOf(host), view.certificatesOf(host));
  const before = view.certificatesOf(host);
  state.config = parseClusterConfig(
    'roles: [master, node]\nmasterAddress: localhost\napiserver: {extraSANs: [api.example]}\n',
    'test',
  );
  clock.advance(1_000);
  assert.equal(await view.refresh(), true);
  assert.notDeepEqual(view.certificatesOf(host), before);
});

test('a changed address of this host is told once', async () => {
  const { state, clock, told, view } = await setUp();
  state.ownHost = { ...master, addresses: ['192.0.2.99'] };
  clock.advance(1_000);
  assert.equal(await view.refresh(), true);
  assert.deepEqual(view.ownHost.addresses, ['192.0.2.99']);
  clock.advance(1_000);
  assert.equal(await view.refresh(), false);
  assert.deepEqual(told, [state.ownHost]);
});

test('it looks at most once a second, however often it is asked', async () => {
  const { state, clock, view } = await setUp();
  for (let count = 0; count < 100; count++) assert.equal(await view.refresh(), false);
  assert.equal(state.loads, 1);
  clock.advance(1_000);
  await Promise.all([view.refresh(), view.refresh()]);
  assert.equal(state.loads, 2);
});

test('when it cannot look, what was known stays', async () => {
  const { state, clock, view } = await setUp();
  state.error = new AppError('INVALID_CONFIG', 'broken');
  clock.advance(1_000);
  assert.equal(await view.refresh(), false);
  assert.deepEqual(view.ownHost, master);
});

test('without any configuration there is no view', async () => {
  const load = () => Promise.reject(new AppError('INVALID_CONFIG', 'broken'));
  const options = { paths, clock: advanceableClock(), logger: silentLogger(), onOwnHost: async () => undefined };
  await assert.rejects(openClusterView({ ...options, source: { load } }), (error) =>
    isAppError(error, 'INVALID_CONFIG'),
  );
});
