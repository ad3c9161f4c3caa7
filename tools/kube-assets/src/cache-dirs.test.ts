import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheDirs } from './cache-dirs.ts';

test('the cache is where XDG says', () => {
  assert.equal(cacheDirs({ XDG_CACHE_HOME: '/c', HOME: '/h' }, '1').bin, '/c/easycerts/1/bin');
  assert.equal(cacheDirs({ HOME: '/h' }, '1').root, '/h/.cache/easycerts/1');
  assert.equal(cacheDirs({ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '1').root, '/h/.cache/easycerts/1');
  assert.equal(cacheDirs({ XDG_CACHE_HOME: '', HOME: '/h' }, '1').root, '/h/.cache/easycerts/1');
});

test('without a home there is no place for it', () => {
  assert.throws(() => cacheDirs({}, '1'), { code: 'INVALID_CONFIG' });
});
