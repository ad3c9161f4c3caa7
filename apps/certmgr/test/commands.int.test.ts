/** The commands as people call them: output, exit codes, locks between processes. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { createRealHost, type RealHost } from './real-ca.ts';

const main = new URL('../src/main.ts', import.meta.url).pathname;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const certmgr = (host: RealHost, ...args: readonly string[]): Promise<Ran> => run(host, args);
const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;

async function asNobody(host: RealHost, ...args: readonly string[]): Promise<Ran> {
  await chmod(host.paths.root, 0o755);
  return run(host, args, { uid: nobody, gid: nobody });
}

function run(host: RealHost, args: readonly string[], account: { uid?: number; gid?: number } = {}): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  execFile(process.execPath, [main, ...args, '--root', host.paths.root], account, (error, stdout, stderr) =>
    resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
  );
  return promise;
}

async function hostWith(t: TestContext, ...names: readonly string[]): Promise<RealHost> {
  const host = await createRealHost(t);
  await host.startCa();
  await host.writeSpecs(...names.map((name) => host.spec(name)));
  return host;
}

describe('certmgr check', () => {
  test('tells what would be done, does nothing, and exits 1', async (t) => {
    const host = await hostWith(t, 'kubelet');
    const { code, stdout, stderr } = await certmgr(host, 'check');
    assert.equal(code, 1, stderr);
    const [headers, row, ...more] = stdout.trimEnd().split('\n');
    assert.match(headers ?? '', /^NAME +STATE +REASON +NOT-AFTER +RENEW-AT +SERIAL +PATH$/);
    assert.match(row ?? '', /^kubelet +reissue +missing +- +- +- +\/.*\/kubelet$/);
    assert.deepEqual([more, host.ca.requests.length], [[], 0]);
  });

  test('exits 0 when all is well, and says it to programs too', async (t) => {
    const host = await hostWith(t, 'kubelet');
    await host.pass(host.assemble());
    const { code, stdout } = await certmgr(host, 'check', '--json');
    assert.equal(code, 0);
    const { ok, certificates, problems } = JSON.parse(stdout);
    assert.deepEqual([ok, certificates.length, problems], [true, 1, []]);
    assert.deepEqual(
      [certificates[0].state, certificates[0].reason, certificates[0].serial],
      ['ok', null, await host.serialOf('kubelet')],
    );
    assert.match(certificates[0].notAfter, /^\d{4}-.*Z$/);
  });

  test('exits 2 for damaged specs, names each file, and shows the others', async (t) => {
    const host = await hostWith(t, 'kubelet');
    await host.writeSpecFile('one', '{');
    await host.writeSpecFile(
      'two',
      JSON.stringify({ apiVersion: 'easycerts/v1', ...host.spec('two', { keyMode: 0o777 }), more: 1 }),
    );
    const { code, stdout, stderr } = await certmgr(host, 'check');
    assert.equal(code, 2);
    assert.match(stdout, /kubelet/);
    for (const text of ['one.json: not JSON', 'two.json: keyMode', 'two.json: Unrecognized key', 'do: ']) {
      assert.ok(stderr.includes(text), `${text} in ${stderr}`);
    }
  });

  test('says where it looked when there are no specs', async (t) => {
    const host = await hostWith(t);
    const { code, stdout } = await certmgr(host, 'check');
    assert.deepEqual([code, stdout], [0, `no certificate specs in ${host.paths.certificateSpecs}\n`]);
  });
});

describe('certmgr ensure', () => {
  test('delivers with progress, and the second time finds nothing to do', async (t) => {
    const host = await hostWith(t, 'kubelet', 'proxy');
    const first = await certmgr(host, 'ensure');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /kubelet: requesting \(missing: .*\)\n/);
    assert.match(first.stdout, /proxy: delivered [0-9a-f]+, valid until /);
    assert.match(first.stdout, /2 certificates, 2 changed, 0 failed\n$/);
    const second = await certmgr(host, 'ensure', '--json');
    assert.equal(second.code, 0, second.stderr);
    const { ok, changes, failures } = JSON.parse(second.stdout);
    assert.deepEqual([ok, changes, failures], [true, [], []]);
  });

  test('forces what it is told to', async (t) => {
    const host = await hostWith(t, 'kubelet', 'proxy');
    await host.pass(host.assemble());
    const { code, stdout } = await certmgr(host, 'ensure', '--force', 'kubelet', '--json');
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout).changes, [{ name: 'kubelet', change: 'renewed', reason: 'forced' }]);
    const all = await certmgr(host, 'ensure', '--force-all', '--json');
    assert.equal(JSON.parse(all.stdout).changes.length, 2);
  });

  test('exits 2 for a name that this host does not have, and does nothing', async (t) => {
    const host = await hostWith(t, 'kubelet');
    const { code, stderr } = await certmgr(host, 'ensure', '--force', 'kubelt');
    assert.equal(code, 2);
    assert.match(stderr, /no certificate kubelt\n +do: choose from kubelet/);
    assert.equal(host.ca.requests.length, 0);
  });

  test('exits 2 for a damaged spec before it does anything', async (t) => {
    const host = await hostWith(t, 'kubelet');
    const file = await host.writeSpecFile('broken', 'x');
    const { code, stderr } = await certmgr(host, 'ensure');
    assert.deepEqual([code, host.ca.requests.length], [2, 0]);
    assert.ok(stderr.includes(file));
  });

  test('exits 1 when the CA is away or refuses, with the cure, and leaves what is there', async (t) => {
    const host = await hostWith(t, 'kubelet', 'proxy');
    host.ca.break('refused', 'proxy');
    const refused = await certmgr(host, 'ensure');
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /proxy: failed: PERMISSION_DENIED/);
    assert.match(refused.stdout, /2 certificates, 1 changed, 1 failed/);
    await host.stopCa();
    const away = await certmgr(host, 'ensure', '--force', 'kubelet');
    assert.equal(away.code, 1);
    assert.match(away.stdout, /kubelet: failed: UNAVAILABLE .*\n {2}do: .*\n2 certificates, 0 changed, 2 failed\n$/s);
    assert.ok(await host.serialOf('kubelet'));
  });

  test('exits 1 when the state cannot be written, and says why', async (t) => {
    const host = await hostWith(t, 'kubelet');
    await rm(host.paths.certmgrState, { recursive: true });
    await writeFile(host.paths.certmgrState, '');
    const { code, stderr } = await certmgr(host, 'ensure');
    assert.equal(code, 1);
    assert.ok(stderr.includes(host.paths.certmgrState), stderr);
  });

  test('says which key of cluster.yaml is wrong', async (t) => {
    const host = await hostWith(t, 'kubelet');
    await writeFile(host.paths.clusterFile, 'roles: [master]\nmasterAdress: x\n');
    const { code, stderr } = await certmgr(host, 'ensure');
    assert.equal(code, 2);
    assert.match(stderr, /masterAdress/);
  });
});

describe('certmgr status', () => {
  test('tells people when what expires', async (t) => {
    const host = await hostWith(t, 'kubelet', 'proxy');
    host.ca.break('refused', 'proxy');
    await host.pass(host.assemble());
    const { code, stdout } = await certmgr(host, 'status');
    assert.equal(code, 0);
    assert.match(stdout, /kubelet +ok +in (29d 23h|30d) +in (18|19|20)d/);
    assert.match(stdout, /proxy +reissue +- +- +missing: /);
    assert.match(stdout, /certmgr run: not running/);
  });
});

describe('looking at certificates as somebody who may not', {
  skip: isRoot ? false : 'needs root to become nobody',
}, () => {
  for (const command of ['status', 'check']) {
    test(`certmgr ${command} shows what it can, says what to do, and exits 1`, async (t) => {
      const host = await hostWith(t, 'kubelet');
      await host.pass(host.assemble());
      await chmod(host.paths.secrets, 0o700);
      const { code, stdout, stderr } = await asNobody(host, command);
      assert.equal(code, 1, stderr);
      assert.match(stdout, /kubelet +error /);
      assert.doesNotMatch(stdout, /not running/);
      assert.match(stderr, /look at the certificates: not possible\n +do: run it as root/);
      assert.equal((await certmgr(host, command)).code, 0);
    });
  }

  test('a program gets the plans all the same', async (t) => {
    const host = await hostWith(t, 'kubelet');
    await host.pass(host.assemble());
    await chmod(host.paths.secrets, 0o700);
    const { code, stdout } = await asNobody(host, 'status', '--json');
    assert.deepEqual([code, JSON.parse(stdout).certificates[0].state], [1, 'error']);
  });
});

describe('certmgr run', () => {
  async function start(t: TestContext, host: RealHost): Promise<ChildProcess & { readonly lines: string[] }> {
    const child = spawn(process.execPath, [main, 'run', '--root', host.paths.root], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const lines: string[] = [];
    child.stderr.on('data', (data) => lines.push(...String(data).split('\n')));
    return Object.assign(child, { lines });
  }

  /** Waits for a log line of the daemon. */
  async function line(child: ChildProcess & { readonly lines: string[] }, text: string): Promise<void> {
    while (!child.lines.some((found) => found.includes(text))) {
      assert.equal(child.exitCode, null, child.lines.join('\n'));
      assert.ok(child.stderr);
      await once(child.stderr, 'data');
    }
  }

  test('delivers, looks again at SIGHUP, shares the work with ensure, and ends at SIGTERM', async (t) => {
    const host = await hostWith(t, 'kubelet');
    const child = await start(t, host);
    await line(child, 'delivered certificate');
    const status = await certmgr(host, 'status');
    assert.match(status.stdout, new RegExp(`certmgr run: process ${child.pid}, up .*: 1 delivered, 0 renewed`));
    await writeFile(`${host.paths.secrets}/kubelet/tls.key`, 'garbage');
    child.lines.length = 0;
    child.kill('SIGHUP');
    await line(child, 'delivered certificate');
    const ensured = await certmgr(host, 'ensure', '--force', 'kubelet');
    assert.equal(ensured.code, 0, ensured.stdout);
    assert.equal(host.ca.issued.size, 3);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, child.lines.join('\n'));
  });

  test('killed -9 leaves no lock behind, and the next one goes on', async (t) => {
    const host = await hostWith(t, 'kubelet');
    const first = await start(t, host);
    await line(first, 'delivered certificate');
    first.kill('SIGKILL');
    await once(first, 'exit');
    const ensured = await certmgr(host, 'ensure', '--force', 'kubelet');
    assert.equal(ensured.code, 0, ensured.stdout + ensured.stderr);
    assert.match(await readFile(`${host.paths.secrets}/kubelet/tls.crt`, 'utf8'), /CERTIFICATE/);
  });
});
