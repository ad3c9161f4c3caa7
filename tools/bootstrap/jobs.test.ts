import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { argumentsOf, jobs } from './jobs.mjs';
import { main } from './main.mjs';
import { Problem } from './problem.mjs';

test('what the caller adds comes behind', () => {
  assert.deepEqual(argumentsOf('start', ['--detach']), ['apps/easycerts/src/main.ts', 'up', '--detach']);
  assert.deepEqual(argumentsOf('easycerts', ['ca', 'list']), ['apps/easycerts/src/main.ts', 'ca', 'list']);
});

test('an unknown job is a problem that lists the jobs', () => {
  for (const job of ['strat', 'toString', '__proto__', undefined]) {
    assert.throws(
      () => argumentsOf(job, []),
      (error) => error instanceof Problem && /start\|stop\|reset/.test(error.cure),
    );
  }
});

test('the bootstrap ends with 1 for an unknown job', async () => {
  assert.equal(await main(['strat']), 1);
});

test('every npm script is a job', async () => {
  const manifest: unknown = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
  assert.ok(typeof manifest === 'object' && manifest !== null && 'scripts' in manifest);
  for (const [name, script] of Object.entries(manifest.scripts as object)) {
    assert.equal(script, `node tools/run.mjs ${name}`);
    assert.ok(Object.hasOwn(jobs, name), name);
  }
});
