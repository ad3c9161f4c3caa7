import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCachePlace } from './compile-cache-place.ts';

const nowhere = (): boolean => false;

test('a user’s cache is below their own cache folder', () => {
  const place = compileCachePlace({ env: { HOME: '/home/me' }, uid: 1000, exists: nowhere });
  assert.equal(place, '/home/me/.cache/easycerts/compile/1000');
});
test('XDG_CACHE_HOME counts more, when it is absolute', () => {
  const env = { HOME: '/home/me', XDG_CACHE_HOME: '/cache' };
  assert.equal(compileCachePlace({ env, uid: 1, exists: nowhere }), '/cache/easycerts/compile/1');
  const relative = { ...env, XDG_CACHE_HOME: 'cache' };
  assert.equal(compileCachePlace({ env: relative, uid: 1, exists: nowhere }), '/home/me/.cache/easycerts/compile/1');
});
test('in the sandbox every user has a folder of its own: what is in it is run', () => {
  const exists = (path: string): boolean => path === '/var/cache/easycerts/compile/60700';
  assert.equal(compileCachePlace({ env: {}, uid: 60_700, exists }), '/var/cache/easycerts/compile/60700');
});
test('without a home there is none', () =>
  assert.equal(compileCachePlace({ env: {}, uid: 1, exists: nowhere }), undefined));
