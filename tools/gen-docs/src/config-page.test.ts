import assert from 'node:assert/strict';
import test from 'node:test';
import { configPage } from './config-page.ts';

test('every option says what it means', () => {
  const silent = configPage()
    .split('\n')
    .filter((line) => /^\| `[\w.]+` \|.*\| +\|$/.test(line));
  assert.deepEqual(silent, []);
});
