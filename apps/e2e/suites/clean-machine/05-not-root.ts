/** Not root: the control plane only, said clearly, in one's own home. */

import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, existsSync, linkSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cluster } from '../../src/cluster.ts';
import { processesOf } from '../../src/machine-snapshot.ts';
import { programFolder, runFolder } from '../../src/place.ts';
import type { Ended } from '../../src/run-command.ts';
import { describe, runCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { assertRefused } from './cluster.ts';

const nobody = 65_534;
const plain = cluster('not-root/data');
const home = join(runFolder(), 'not-root');
const needed = [
  'etcd',
  'etcdctl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'nats-server',
  'nats',
];

/** Runs something as nobody, in a home of his own. */
function asNobody(words: readonly string[]): Promise<Ended> {
  const env = {
    ...plain.env,
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    EASYCERTS_BIN_DIR: join(home, 'bin'),
    npm_config_cache: join(home, 'npm'),
  };
  return runCommand(['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...words], { env });
}

step('not root', plain, () => {
  before(() => {
    mkdirSync(join(home, 'bin'), { recursive: true });
    // The folder of the run is only for its owner; what is secret in it has modes of its own.
    chmodSync(runFolder(), 0o755);
    for (const name of needed) placeProgram(join(programFolder(), name), join(home, 'bin', name));
    chownSync(home, nobody, nobody);
  });
  after(async () => void (await asNobody(['npm', 'run', '--silent', 'reset'])));

  test('a port in use is named, with who uses it, and nothing is started', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(6443, '127.0.0.1', resolve));
    const ended = await asNobody(['npm', 'start', '--silent', '--', '--detach']);
    await new Promise((resolve) => taken.close(resolve));
    assertRefused(ended, { code: 1, says: ['6443', 'apiserver.securePort', /stop|choose/] });
    assert.deepEqual(processesOf(plain.data), []);
  });

  test('the control plane runs, and that it is no more is said', async () => {
    const ended = await asNobody(['npm', 'start', '--silent', '--', '--detach']);
    assert.equal(ended.code, 0, describe(ended));
    assert.match(ended.stdout, /not root/);
    assert.equal(await plain.mustKubectl(['get', '--raw', '/readyz']), 'ok');
    await plain.mustKubectl(['create', 'namespace', 'works']);
  });

  test('nothing of it belongs to root or can be read by others', async () => {
    const { stdout } = await runCommand(['find', plain.data, '-user', '0', '-o', '-name', '*.key', '-perm', '/077']);
    assert.equal(stdout, '');
  });

  test('npm stop and npm run reset leave nothing', async () => {
    assert.equal((await asNobody(['npm', 'stop', '--silent'])).code, 0);
    assert.deepEqual(processesOf(plain.data), []);
    assert.equal((await asNobody(['npm', 'run', '--silent', 'reset'])).code, 0);
    assert.equal(existsSync(plain.data), false);
  });
});

function placeProgram(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
    chmodSync(to, 0o755);
  }
}
