/** Commands inside a running sandbox, and its end with the process that started it. Needs root. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRunning, waitUntil } from '@easycerts/runtime';
import { insidePaths } from '../src/core/programs-plan.ts';
import { chooseCable } from '../src/edge/choose-cable.ts';
import { dataDirectoryAt, makeDataDirectory } from '../src/edge/data-directory.ts';
import { removeCluster } from '../src/edge/remove-cluster.ts';
import { type StartedSandbox, startSandbox } from '../src/edge/start-sandbox.ts';
import { whyNoSandbox } from './why-no-sandbox.ts';

const app = resolve(dirname(fileURLToPath(import.meta.url)), '..');

describe('exec in a sandbox', { skip: whyNoSandbox() }, () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'easycerts-exec-')));
  const data = dataDirectoryAt(join(folder, 'data'));
  let started: StartedSandbox | undefined;

  before(async () => {
    makeDataDirectory(data);
    started = await startSandbox({
      data,
      cable: await chooseCable(data, []),
      programs: {
        nodeExecutable: realpathSync(process.execPath),
        repository: app,
        dataDirectory: data.path,
        binDirectory: realpathSync('/usr/bin'),
        cniDirectory: realpathSync('/usr/lib'),
        images: [],
      },
      command: [insidePaths.node, '-e', 'process.stdin.on("end", () => process.exit(0)).resume()'],
      env: { PATH: '/usr/bin:/bin' },
      isAttached: true,
      modules: [],
    });
  });
  after(async () => {
    await removeCluster(data);
    rmSync(folder, { recursive: true, force: true });
  });

  const exec = (...words: readonly string[]) =>
    spawnSync(process.execPath, [join(app, 'src/main.ts'), 'exec', '--data-dir', data.path, '--', ...words], {
      encoding: 'utf8',
      input: 'from outside\n',
    });

  test('output, input and exit code pass through', () => {
    const { status, stdout } = exec('sh', '-c', 'cat; echo "$0"; exit 7', 'word with $spaces');
    assert.equal(stdout, 'from outside\nword with $spaces\n');
    assert.equal(status, 7);
  });

  test('it runs in the sandbox, with its environment and nothing of ours', () => {
    process.env.SECRET_OF_THE_USER = 'x';
    const { stdout } = exec(
      'sh',
      '-c',
      'hostname; pwd; echo "[$SECRET_OF_THE_USER] $KUBECONFIG"; cat /proc/self/cgroup',
    );
    const [hostName, directory, environment, ...groups] = stdout.trim().split('\n');
    assert.equal(hostName, 'easycerts');
    assert.equal(directory, '/');
    assert.equal(environment, '[] /etc/kubernetes/cluster-admin.kubeconfig');
    assert.ok(
      groups.every((line) => /:\/(init)?$/.test(line)),
      'it belongs to the sandbox’s control groups',
    );
  });

  test('a signal that ends the command is its exit code', () => {
    assert.equal(exec('sh', '-c', 'kill -9 $$').status, 137);
  });

  test('our own commands are there by their names', () => {
    const { stdout } = exec('sh', '-c', 'for name in certmgr joiner easycerts; do command -v $name; done');
    assert.equal(stdout.trim().split('\n').length, 3);
  });

  test('the machine reaches the sandbox at its address, and the sandbox only the machine’s end of the cable', () => {
    const address = started?.live.cable?.sandboxAddress ?? '';
    execFileSync('ip', ['route', 'get', address]);
    const { stdout } = exec('ip', '-json', 'route');
    const routes = JSON.parse(stdout) as readonly { readonly dst: string }[];
    assert.deepEqual(routes.map(({ dst }) => dst).toSorted(), [started?.live.cable?.cidr, 'default'].toSorted());
  });

  test('when whoever started it is gone, so is it', async () => {
    assert.ok(started);
    const { live } = started;
    started.lifeline?.end();
    assert.ok(await waitUntil(() => !isRunning(live.init), { timeoutMs: 10_000 }));
    await removeCluster(data);
    assert.ok(!existsSync(`/sys/class/net/${data.instance.interfaceName}`));
  });
});
