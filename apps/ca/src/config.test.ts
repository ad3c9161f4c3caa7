import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { config } from '../test/fixture.ts';
import { assertHasCa, listenAddressOf } from './config.ts';

test('for one machine the CA is not reachable from others', () => {
  assert.equal(listenAddressOf(config), '127.0.0.1');
  for (const masterAddress of ['127.0.0.1', '::1']) {
    const text = `roles: [master, node]\nmasterAddress: "${masterAddress}"\n`;
    assert.equal(listenAddressOf(parseClusterConfig(text, 'test')), '127.0.0.1');
  }
});

test('for a cluster it listens on every address', () => {
  const cluster = parseClusterConfig('roles: [master]\nmasterAddress: api.kube.example\n', 'test');
  assert.ok(['::', '0.0.0.0'].includes(listenAddressOf(cluster)));
});

test('masters have a CA, by role or by hand', () => {
  assertHasCa(config, 'test');
  assertHasCa({ ...config, roles: [] }, 'test');
});

test('others have none', () => {
  const isRefused = (error: unknown): boolean => isAppError(error, 'FAILED_PRECONDITION');
  assert.throws(() => assertHasCa({ ...config, easyCerts: false }, 'test'), isRefused);
  const apiserver = { ...config.apiserver, enable: false };
  assert.throws(() => assertHasCa({ ...config, roles: ['node'], apiserver }, 'test'), isRefused);
});
