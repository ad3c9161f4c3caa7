import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { findTargets, readArguments } from './arguments.ts';

const root = resolve(import.meta.dirname, '../../..');

test('a minute with the seed of the day is what is meant without words', () => {
  assert.deepEqual(readArguments([], '2020-01-01'), { targets: [], seconds: 60, seed: '2020-01-01' });
  assert.deepEqual(readArguments(['csr', '--seconds', '600', '--seed', '7'], 'x'), {
    targets: ['csr'],
    seconds: 600,
    seed: '7',
  });
});

test('what makes no sense is told', () => {
  for (const words of [['--seconds', '0'], ['--seconds', 'x'], ['--second', '1'], ['--seed']]) {
    assert.equal(typeof readArguments(words, 'x'), 'string', words.join(' '));
  }
});

test('every target has a name of its own, and everything that is kept belongs to one', async () => {
  const targets = await findTargets(root);
  assert.ok(targets.has('csr'));
  for (const kept of await readdir(resolve(root, 'vectors/fuzz'))) assert.ok(targets.has(kept), kept);
});
