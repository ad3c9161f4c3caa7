import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { memoryFlags } from './memory-flags.ts';

for (const [words, isPatient] of [
  [['/usr/bin/easycerts', 'agent'], true],
  [['easycerts', 'agent', '--log-level', 'debug'], true],
  [['easycerts', 'joiner', 'run', '--root', '/x'], true],
  [['/usr/bin/joiner', 'run'], true],
  [['addon-manager', 'addon-manager', 'run'], true],
  [['easycerts', 'joiner', 'join'], false],
  [['joiner', 'status'], false],
  [['easycerts', 'ca', 'run'], false],
  [['ca', 'run'], false],
  [['certmgr', 'check'], false],
  [['easycerts'], false],
  [[], false],
  [['toString', 'agent'], true],
] as const) {
  test(`${words.join(' ')}: ${isPatient ? 'memory' : 'speed'} first`, () => {
    assert.equal(memoryFlags(['/usr/lib/easycerts/easycerts', ...words]).length > 0, isPatient);
  });
}

test('certmgr run: collects sooner, with every compiler', () => {
  for (const words of [
    ['easycerts', 'certmgr', 'run'],
    ['certmgr', 'run'],
  ]) {
    assert.deepEqual(memoryFlags(['/usr/lib/easycerts/easycerts', ...words]), [
      '--optimize-for-size',
      '--semi-space-growth-factor=1',
    ]);
  }
});

test('V8 knows every flag', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const flag of memoryFlags(['node', 'easycerts', 'agent'])) {
    const name = flag.replace(/^--(no-)?/, '').replace(/=.*/, '');
    assert.match(known, new RegExp(`^  --(no-)?${name} `, 'm'));
  }
});
