import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { createNodesV2, targetsOf } from './plugin.mjs';

const workspace = join(import.meta.dirname, '../..');

test('every package gets the targets of its folder', () => {
  const [, makeNodes] = createNodesV2;
  assert.ok(typeof makeNodes === 'function');
  assert.deepEqual(makeNodes(['apps/ca/package.json']), [
    ['apps/ca/package.json', { projects: { 'apps/ca': { targets: targetsOf('apps/ca') } } }],
  ]);
});

test('nx itself sees every workspace package with both targets, and connects nowhere', async () => {
  const nx = join(workspace, 'node_modules/.bin/nx');
  const env = { ...process.env, NX_DAEMON: 'false' };
  const show = async (target: string): Promise<readonly string[]> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [nx, 'show', 'projects', '--with-target', target, '--json'],
      {
        cwd: workspace,
        env,
      },
    );
    return JSON.parse(stdout) as readonly string[];
  };
  const withTests = await show('test');
  for (const name of ['core', 'contracts', 'ca', 'certmgr', 'joiner', 'easycerts', 'kube-assets', 'check']) {
    assert.ok(withTests.includes(`@easycerts/${name}`), name);
  }
  assert.deepEqual(await show('typecheck'), withTests);
  const config: unknown = JSON.parse(await readFile(join(workspace, 'nx.json'), 'utf8'));
  assert.ok(
    typeof config === 'object' &&
      config !== null &&
      'neverConnectToCloud' in config &&
      config.neverConnectToCloud === true,
  );
  assert.ok(!('nxCloudId' in config) && !('nxCloudAccessToken' in config));
});
