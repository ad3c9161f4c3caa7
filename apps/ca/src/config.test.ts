import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { config } from '../test/fixture.ts';
import { assertHasCa } from './config.ts';

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
