import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ensureOwnProgram } from './own-program.ts';

const options = spawnSync('go', ['version']).status === 0 ? {} : { skip: 'needs Go' };

test('a program is built once, and again when a source changes', options, async (t) => {
  const { folder, env, write } = await makeProgram(t);
  await write('main.go', 'package main\n\nfunc main() { println("one") }\n');
  const first = await ensureOwnProgram({ name: 'hello', folder, env });
  assert.equal(spawnSync(first).stderr.toString(), 'one\n');
  const built = await stat(first);
  assert.equal(await ensureOwnProgram({ name: 'hello', folder, env }), first);
  assert.equal((await stat(first)).ino, built.ino);
  await write('main.go', 'package main\n\nfunc main() { println("two") }\n');
  const second = await ensureOwnProgram({ name: 'hello', folder, env });
  assert.notEqual(second, first);
  assert.equal(spawnSync(second).stderr.toString(), 'two\n');
});

test('a program that cannot be built says so, and leaves nothing that looks built', options, async (t) => {
  const { folder, env, write } = await makeProgram(t);
  await write('main.go', 'package main\n\nfunc main() { nonsense() }\n');
  await assert.rejects(ensureOwnProgram({ name: 'hello', folder, env }), /build hello/);
  await assert.rejects(ensureOwnProgram({ name: 'hello', folder, env }), /build hello/);
});

test('without Go the cure says what to install', async (t) => {
  const { folder, env } = await makeProgram(t);
  await assert.rejects(ensureOwnProgram({ name: 'hello', folder, env: { ...env, PATH: folder } }), {
    code: 'FAILED_PRECONDITION',
  });
});

async function makeProgram(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-own-program-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, 'go');
  await mkdir(folder);
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  await write('go.mod', 'module easycerts.dev/hello\n\ngo 1.21\n');
  // Our cache is a new one; Go's own stays, for else it compiles its runtime each time.
  const goCache = spawnSync('go', ['env', 'GOCACHE']).stdout.toString().trim();
  return { folder, write, env: { ...process.env, XDG_CACHE_HOME: join(root, 'cache'), GOCACHE: goCache } };
}
