import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scriptFor } from './executable-scripts.ts';

for (const [words, script] of [
  [['/usr/bin/easycerts', 'agent'], 'agent'],
  [['easycerts', 'agent', '--help'], 'agent'],
  [['easycerts', 'addon-manager', 'run'], 'addon-manager'],
  [['easycerts', 'addon-manager', 'apply'], 'easycerts'],
  [['easycerts', '--log-level', 'debug', 'agent'], 'easycerts'],
  [['easycerts', 'joiner', 'run'], 'easycerts'],
  [['joiner', 'agent'], 'easycerts'],
  [['easycerts', 'ca', 'run'], 'ca'],
  [['easycerts', 'ca', 'list'], 'easycerts'],
  [['ca', 'run'], 'easycerts'],
  [['easycerts'], 'easycerts'],
  [[], 'easycerts'],
] as const) {
  test(`${words.join(' ')}: script ${script}`, () => {
    assert.equal(scriptFor(['/usr/lib/easycerts/easycerts', ...words]), script);
  });
}
