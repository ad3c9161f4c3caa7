import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import type { RunOptions } from './run-files.ts';

const passing = "import test from 'node:test';\ntest('adds', () => {});\n";
const failing = "import test from 'node:test';\ntest('breaks', () => { throw new Error('on purpose'); });\n";
const hanging = "import test from 'node:test';\ntest('leaks', () => { setInterval(() => {}, 1000); });\n";

test('a run that passes ends in the summary of node', async (t) => {
  const { hasPassed, text } = await runText(t, { 'a.test.ts': passing, 'b.test.ts': passing });
  assert.equal(hasPassed, true);
  assert.match(text, /ℹ tests 2\n/);
  assert.match(text, /ℹ pass 2\n/);
  assert.match(text, /ℹ fail 0\n/);
});

test('one failing test fails the run and is shown', async (t) => {
  const { hasPassed, text } = await runText(t, { 'a.test.ts': passing, 'b.test.ts': failing });
  assert.equal(hasPassed, false);
  assert.match(text, /ℹ fail 1\n/);
  assert.match(text, /on purpose/);
});

test('a file that cannot be loaded fails the run', async (t) => {
  const { hasPassed } = await runText(t, { 'a.test.ts': "import './absent.ts';\n" });
  assert.equal(hasPassed, false);
});

test('a file that does not end is ended and named', async (t) => {
  const { hasPassed, text } = await runText(t, { 'a.test.ts': passing, 'leaky.test.ts': hanging }, { silenceMs: 2000 });
  assert.equal(hasPassed, false);
  assert.match(text, /not finished: leaky\.test\.ts\n/);
});

test('an interrupted run has not passed', async (t) => {
  const { hasPassed } = await runText(t, { 'a.test.ts': hanging }, { interruptMs: 1000 });
  assert.equal(hasPassed, false);
});

test('a pattern chooses tests by name', async (t) => {
  const { hasPassed, text } = await runText(
    t,
    { 'a.test.ts': passing + failing.replace(/^.*\n/, '') },
    { namePatterns: ['adds'] },
  );
  assert.equal(hasPassed, true);
  assert.match(text, /ℹ pass 1\n/);
});

/** In a process of its own: node's runner does nothing when it is called from a test. */
async function runText(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  options: Partial<Pick<RunOptions, 'silenceMs' | 'namePatterns'>> & { readonly interruptMs?: number } = {},
): Promise<{ readonly hasPassed: boolean; readonly text: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'easycerts-run-files-'));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content);
  const { interruptMs = 60_000, ...given } = options;
  const runOptions = { files: Object.keys(files), cwd, silenceMs: 60_000, ...given };
  const driver = `
    import { runFiles } from ${JSON.stringify(join(import.meta.dirname, 'run-files.ts'))};
    const signal = AbortSignal.timeout(${interruptMs});
    const hasPassed = await runFiles({ ...${JSON.stringify(runOptions)}, env: process.env, out: process.stdout, signal });
    process.exit(hasPassed ? 0 : 3);
  `;
  await writeFile(join(cwd, 'driver.ts'), driver);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [join(cwd, 'driver.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text, [code]] = await Promise.all([readText(child.stdout), once(child, 'close')]);
  assert.ok(code === 0 || code === 3, `exit code ${code}`);
  return { hasPassed: code === 0, text };
}
