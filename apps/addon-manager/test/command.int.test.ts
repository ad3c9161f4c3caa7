/** `addon-manager apply` on the command line. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pathsUnder } from '@easycerts/cluster';
import type { KubeApiServer, TemporaryDirectory } from '@easycerts/testing';
import { missingKubeBinaries, startKubeApiServer, temporaryDirectory } from '@easycerts/testing';

const mine = `apiVersion: v1
kind: ConfigMap
metadata: {name: mine, namespace: default, labels: {addonmanager.kubernetes.io/mode: Reconcile}}
data: {value: written}
`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('addon-manager apply', { skip: missingKubeBinaries }, () => {
  let folder: TemporaryDirectory;
  let server: KubeApiServer;
  let addons: string;

  before(async () => {
    folder = await temporaryDirectory();
    server = await startKubeApiServer(folder.path);
    const paths = pathsUnder(join(folder.path, 'root'));
    addons = paths.addons;
    await mkdir(addons, { recursive: true });
    await mkdir(paths.bootstrapAddons);
    await copyFile(join(folder.path, 'super-admin.kubeconfig'), join(paths.kubernetes, 'super-admin.kubeconfig'));
    await copyFile(
      await server.writeKubeconfig('addon-manager', 'nobody', ['system:masters']),
      join(paths.kubernetes, 'addon-manager.kubeconfig'),
    );
    await writeFile(join(addons, 'mine.yaml'), mine);
  });
  after(async () => {
    await server.stop();
    await folder.remove();
  });

  const apply = async (...args: readonly string[]): Promise<Ended> => {
    const script = fileURLToPath(new URL('command-line.ts', import.meta.url));
    const child = spawn(process.execPath, [
      script,
      'addon-manager',
      'apply',
      '--root',
      join(folder.path, 'root'),
      ...args,
    ]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    await once(child, 'close');
    return { code: child.exitCode, stdout, stderr };
  };

  test('tells what it would do, does it, and finds it done', async () => {
    const wanted = {
      set: 'addons',
      addon: 'mine',
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'default',
      name: 'mine',
      mode: 'Reconcile',
    };
    for (const [args, outcome] of [
      [['--dry-run'], 'created'],
      [[], 'created'],
      [[], 'unchanged'],
    ] as const) {
      const { code, stdout, stderr } = await apply('--json', ...args);
      assert.deepEqual(
        { code, stderr, ...JSON.parse(stdout) },
        { code: 0, stderr: '', results: [{ ...wanted, outcome, detail: '' }], problems: [] },
      );
    }
  });

  test('prunes at once', async () => {
    await writeFile(join(addons, 'other.yaml'), mine.replaceAll('mine', 'other'));
    await apply();
    await rm(join(addons, 'other.yaml'));
    const { code, stdout } = await apply();
    assert.equal(code, 0);
    assert.match(stdout, /addons +other +ConfigMap default\/other +Reconcile +pruned/);
  });

  test('ends with 1, the fault and the cure when something is wrong', async () => {
    await writeFile(join(addons, 'bad.yaml'), mine.replace('default', 'nowhere'));
    const { code, stdout } = await apply();
    await rm(join(addons, 'bad.yaml'));
    assert.equal(code, 1);
    assert.match(stdout, /ConfigMap nowhere\/mine.*failed/);
    assert.match(stdout, /"nowhere" not found\n {2}→ add the namespace/);
  });

  test('waits for what others make, when told to', async () => {
    await writeFile(join(addons, 'early.yaml'), mine.replace('default', 'soon'));
    const ended = apply('--wait', '30s', '--json');
    await server.kubectl(['create', 'namespace', 'soon']);
    const { code, stdout } = await ended;
    await rm(join(addons, 'early.yaml'));
    assert.equal(code, 0);
    assert.ok(
      (JSON.parse(stdout) as { results: { namespace: string; outcome: string }[] }).results.some(
        ({ namespace, outcome }) => namespace === 'soon' && outcome === 'created',
      ),
    );
  });

  for (const [args, message] of [
    [['--wait', 'long'], /not a duration/],
    [['--set', 'other'], /--set/],
  ] as const) {
    test(`${args.join(' ')} is wrong input`, async () => {
      const { code, stderr } = await apply(...args);
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }

  test('a missing kubeconfig is named', async () => {
    const { code, stderr } = await apply('--root', join(folder.path, 'empty'));
    assert.equal(code, 1);
    assert.match(stderr, /empty\/etc\/kubernetes/);
  });
});
