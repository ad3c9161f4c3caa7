/** Not root: the control plane only, said clearly, in one's own home. */

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '@easycerts/testing';
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
const configFile = join(home, 'cluster.yaml');

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
  let port = 0;
  const start = ['npm', 'start', '--silent', '--', '--detach', '--config', configFile];

  before(async () => {
    mkdirSync(join(home, 'bin'), { recursive: true });
    // The folder of the run is only for its owner; what is secret in it has modes of its own.
    chmodSync(runFolder(), 0o755);
    for (const name of readdirSync(programFolder())) placeProgram(join(programFolder(), name), join(home, 'bin', name));
    chownSync(home, nobody, nobody);
    port = await freePort();
    writeFileSync(configFile, await configOf(port));
  });
  after(async () => void (await asNobody(['npm', 'run', '--silent', 'reset'])));

  test('a port in use is named, with who uses it, and nothing is started', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(port, '127.0.0.1', resolve));
    const ended = await asNobody(start);
    await new Promise((resolve) => taken.close(resolve));
    assertRefused(ended, { code: 1, says: [String(port), 'apiserver.securePort', /stop|choose/] });
    assert.deepEqual(processesOf(plain.data), []);
  });

  test('the control plane runs, and that it is no more is said', async () => {
    const ended = await asNobody(start);
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

/** Ports of its own: without a sandbox they are those of the machine, where somebody else's cluster may run. */
async function configOf(securePort: number): Promise<string> {
  const [clientPort, peerPort, busPort, grpcPort, httpsPort, managerPort, schedulerPort] = await Promise.all(
    Array.from({ length: 7 }, freePort),
  );
  return JSON.stringify({
    roles: ['master', 'node'],
    masterAddress: 'localhost',
    apiserver: { securePort },
    etcd: { clientPort, peerPort },
    bus: { port: busPort },
    pki: { grpcPort, httpsPort },
    controllerManager: { securePort: managerPort },
    scheduler: { port: schedulerPort },
  });
}

function placeProgram(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
    chmodSync(to, 0o755);
  }
}
