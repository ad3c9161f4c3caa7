import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { install } from './install.mjs';
import { Problem } from './problem.mjs';

test('npm ci runs in the workspace without scripts, between two lines', async (t) => {
  const { root, env } = await fakeNpm(t, 'echo "$PWD $*" > "$PWD/called"');
  const out = collector(false);
  await install({ root, why: 'the dependencies are not installed yet', env, out });
  assert.equal(
    await readFile(join(root, 'called'), 'utf8'),
    `${root} ci --ignore-scripts --no-audit --no-fund --loglevel=error\n`,
  );
  assert.match(out.text(), /^the dependencies are not installed yet: npm ci …\n.*: npm ci: done in \d+s\n$/);
});

test('a failure shows the last words of npm', async (t) => {
  const { root, env } = await fakeNpm(t, 'echo "npm error code E503" >&2; exit 1');
  await assert.rejects(
    install({ root, why: 'x', env, out: collector(false) }),
    (error) =>
      error instanceof Problem &&
      /exit code 1\)\nnpm error code E503$/.test(error.message) &&
      /registry/.test(error.cure),
  );
});

test('a machine without npm is told which package to install', async (t) => {
  const { root } = await fakeNpm(t, '');
  await assert.rejects(
    install({ root, why: 'x', env: { PATH: '/nonexistent' }, out: collector(false) }),
    (error) => error instanceof Problem && /apt-get install npm/.test(error.cure),
  );
});

async function fakeNpm(
  t: TestContext,
  script: string,
): Promise<{ readonly root: string; readonly env: NodeJS.ProcessEnv }> {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-install-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, 'npm'), `#!/bin/sh\n${script}\n`);
  await chmod(join(root, 'npm'), 0o755);
  return { root, env: { PATH: `${root}:/usr/bin:/bin` } };
}

function collector(isTTY: boolean): { isTTY: boolean; write(text: string): void; text(): string } {
  let all = '';
  return {
    isTTY,
    write(text) {
      all += text;
    },
    text: () => all,
  };
}
