/** Several first `npm` calls at the same moment, in a folder with an npm that tells when it works. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

// Works until it may end, and leaves behind what npm leaves behind in the end.
const npm = `#!/bin/sh
echo "begin $$" >> log
rm -rf node_modules; mkdir node_modules
until [ -e may-end ]; do sleep 0.02; done
echo "end $$" >> log
cp package-lock.json node_modules/.package-lock.json
`;
const program = `
  import { ensureInstalled } from ${JSON.stringify(import.meta.resolve('./install.mjs'))};
  await ensureInstalled({ root: process.cwd(), env: process.env, out: process.stdout });`;

test('of two at the same moment one installs, and the other waits for it', async (t) => {
  const workspace = await makeWorkspace(t);
  const both = [workspace.start(), workspace.start()];
  await until(() => both.some((one) => one.text().includes('waiting for it')));
  await workspace.letNpmEnd();
  for (const one of both) assert.equal(await one.exitCode(), 0, one.text());
  assert.match(workspace.log(), /^begin (\d+)\nend \1\n$/);
});

test('whoever comes later installs nothing', async (t) => {
  const workspace = await makeWorkspace(t);
  await workspace.letNpmEnd();
  assert.equal(await workspace.start().exitCode(), 0);
  const later = workspace.start();
  assert.equal(await later.exitCode(), 0);
  assert.equal(later.text(), '');
  assert.match(workspace.log(), /^begin (\d+)\nend \1\n$/);
});

test('kill -9 of the one that installs blocks nobody: the next waits for its npm, and no longer', async (t) => {
  const workspace = await makeWorkspace(t);
  const first = workspace.start();
  await until(() => workspace.log().includes('begin'));
  first.child.kill('SIGKILL');
  await first.exitCode();
  const next = workspace.start();
  await until(() => next.text().includes('waiting for it'));
  assert.match(workspace.log(), /^begin \d+\n$/);
  await workspace.letNpmEnd();
  assert.equal(await next.exitCode(), 0);
  assert.match(workspace.log(), /^begin (\d+)\nend \1\n$/);
});

test('kill -9 of its npm too: the next one installs', async (t) => {
  const workspace = await makeWorkspace(t);
  const first = workspace.start();
  await until(() => workspace.log().includes('begin'));
  const next = workspace.start();
  await until(() => next.text().includes('waiting for it'));
  first.child.kill('SIGKILL');
  process.kill(Number(/begin (\d+)/.exec(workspace.log())?.[1]), 'SIGKILL');
  await workspace.letNpmEnd();
  assert.equal(await next.exitCode(), 0);
  assert.match(workspace.log(), /^begin \d+\nbegin (\d+)\nend \1\n$/);
});

test('where there is no flock it installs without a lock', async (t) => {
  const workspace = await makeWorkspace(t);
  await workspace.letNpmEnd();
  await writeFile(join(workspace.root, 'flock'), '#!/nonexistent\n', { mode: 0o755 });
  assert.equal(await workspace.start().exitCode(), 0);
  assert.match(workspace.log(), /^begin (\d+)\nend \1\n$/);
});

interface Started {
  readonly child: ChildProcess;
  text(): string;
  exitCode(): Promise<number | null>;
}

interface Workspace {
  readonly root: string;
  start(): Started;
  log(): string;
  letNpmEnd(): Promise<void>;
}

async function makeWorkspace(t: TestContext): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-installed-'));
  const started: Started[] = [];
  t.after(async () => {
    await writeFile(join(root, 'may-end'), '');
    for (const one of started) await one.exitCode();
    await rm(root, { recursive: true, force: true });
  });
  await writeFile(join(root, 'package-lock.json'), '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
  await writeFile(join(root, 'npm'), npm);
  await chmod(join(root, 'npm'), 0o755);
  const log = join(root, 'log');
  return {
    root,
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    letNpmEnd: () => writeFile(join(root, 'may-end'), ''),
    start() {
      const env = { PATH: `${root}:/usr/bin:/bin` };
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: root, env });
      const ended = once(child, 'close');
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
      const one: Started = { child, text: () => text, exitCode: async () => (await ended)[0] };
      started.push(one);
      return one;
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadlineMs, 'it does not come to this');
    await delay(10);
  }
}
