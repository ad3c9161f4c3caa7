import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';

const ciRun = join(import.meta.dirname, '../../../.ci/run');

test('when all steps pass, the last line says so', async (t) => {
  const { code, output, called } = await run(t, '');
  assert.equal(code, 0);
  assert.match(output, /=== e2e passed in \d+m \d\ds\n\n3 passed, 0 failed\n$/);
  assert.deepEqual(called, ['run --silent check', 'test --silent', 'run --silent e2e']);
});

test('a step that fails does not keep the others from running, and fails the whole', async (t) => {
  const { code, output, called } = await run(t, '[ "$1" != test ] || exit 7');
  assert.equal(code, 1);
  assert.match(output, /=== test failed \(exit code 7\)/);
  assert.match(output, /\nfailed: test\n2 passed, 1 failed\n$/);
  assert.equal(called.length, 3);
});

test('what a step leaves behind is ended', async (t) => {
  const { code, output, folder } = await run(t, '[ "$1" != test ] || { setsid sleep 600 & echo $! > "$PWD/left"; }');
  assert.equal(code, 0);
  assert.match(output, /test: 1 processes are still there, sending TERM/);
  assert.equal(await isRunning(join(folder, 'left')), false);
});

test('an interrupt ends the step and everything of it', async (t) => {
  const folder = await makeFolder(t, 'echo $$ > "$PWD/pid"; echo ready; sleep 600');
  const child = start(folder);
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => String(chunk).includes('ready') && resolve());
  });
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 130);
  assert.equal(await isRunning(join(folder, 'pid')), false);
});

test('all limits together stay below 80 minutes, with the time to end what hangs', async () => {
  const limits = [...(await readFile(ciRun, 'utf8')).matchAll(/^step \w+ (\d+)m /gm)].map(([, minutes]) =>
    Number(minutes),
  );
  assert.equal(limits.length, 3);
  assert.ok(limits.reduce((sum, minutes) => sum + minutes + 2, 0) <= 80);
});

async function run(
  t: TestContext,
  npm: string,
): Promise<{ code: number; output: string; called: readonly string[]; folder: string }> {
  const folder = await makeFolder(t, npm);
  const child = start(folder);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const called = (await readFile(join(folder, 'called'), 'utf8')).trimEnd().split('\n');
  return { code, output, called, folder };
}

/** A repository with nothing but .ci/run, and an npm that does what the test says. */
async function makeFolder(t: TestContext, npm: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'easycerts-ci-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, '.ci'));
  await mkdir(join(folder, 'bin'));
  await cp(ciRun, join(folder, '.ci/run'));
  await writeFile(join(folder, 'bin/npm'), `#!/bin/sh\necho "$*" >> "$PWD/called"\n${npm}\n`);
  await chmod(join(folder, 'bin/npm'), 0o755);
  return folder;
}

function start(folder: string) {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` };
  return spawn(join(folder, '.ci/run'), [], { env, stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Whether the process with the id in a file runs; one that waits for its parent to ask how it ended does not. */
async function isRunning(file: string): Promise<boolean> {
  const pid = (await readFile(file, 'utf8')).trim();
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tX');
  return !/^State:\t[XZ]/m.test(status);
}
