/** The commands as processes: what they print, what they end with, and that they leave a host alone that cannot join. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import { createTestPki, type TemporaryDirectory, temporaryDirectory } from '@easycerts/testing';
import { joinPhases } from '../src/phases/join-phases.ts';
import { tokenLine } from './fake-host.ts';

const main = join(import.meta.dirname, '../src/main.ts');
let folder: TemporaryDirectory;

beforeEach(async () => {
  folder = await temporaryDirectory();
});
afterEach(() => folder.remove());

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], input = ''): Promise<Outcome> {
  const env = { ...process.env, EASYCERTS_ROOT: folder.path };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const texts = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    texts.out += data;
  });
  child.stderr.on('data', (data) => {
    texts.err += data;
  });
  child.on('close', (code) => resolve({ code, ...texts }));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return promise;
}

const linesOf = (text: string): readonly Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('--ignore-preflight', () => {
  for (const command of ['join', 'init', 'preflight']) {
    it(`takes no check that there is not: ${command}`, async () => {
      const { code, err } = await run([command, '--ignore-preflight', 'swap', 'prots'], tokenLine());
      assert.equal(code, 2);
      assert.match(err, /prots.*ports/s);
      assert.ok(!existsSync(pathsUnder(folder.path).joinToken));
    });
  }
});

describe('joiner phases', () => {
  it('lists the phases of a command for programs', async () => {
    const { code, out } = await run(['phases', 'join', '--json']);
    assert.equal(code, 0);
    assert.deepEqual(
      (JSON.parse(out) as { name: string }[]).map(({ name }) => name),
      joinPhases.map(({ name }) => name),
    );
    assert.match((await run(['phases', 'leave'])).out, /^PHASE .*\ncheck /);
    assert.equal((await run(['phases', 'nonsense'])).code, 2);
  });
});

describe('joiner join', () => {
  it('without a token says how to get one, and changes nothing', async () => {
    const { code, err } = await run(['join', '--json']);
    assert.equal(code, 2);
    assert.match(err, /"code":"INVALID_INPUT"/);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('tells each phase as a line of JSON, and all findings of preflight with it', async () => {
    const { code, out } = await run(
      ['join', '--json', '--timeout', '1m'],
      `${tokenLine({ endpoints: ['127.0.0.1:9'] })}\n`,
    );
    assert.equal(code, 1);
    const lines = linesOf(out);
    assert.deepEqual(
      lines.map(({ phase, state }) => `${phase} ${state}`),
      ['read-token started', 'read-token done', 'preflight started', 'preflight failed'],
    );
    const findings = lines.at(-1)?.findings as { check: string; cure: string }[];
    assert.ok(findings.some(({ check }) => check === 'master'));
    assert.ok(findings.every(({ cure }) => cure !== ''));
    assert.ok(!existsSync(pathsUnder(folder.path).joinToken), 'nothing is installed before preflight is passed');
  });

  it('refuses a token of another cluster on a host that has joined', async () => {
    const paths = pathsUnder(folder.path);
    await (await createTestPki()).writeHostIdentity(paths.hostIdentity, 'n1', 'node');
    const { code, err } = await run(['join'], tokenLine());
    assert.equal(code, 1);
    assert.match(err, /another cluster.*\n {2}do: .*joiner leave/);
  });

  it('takes the token for cut before anything is sent', async () => {
    const { code, err } = await run(['join'], tokenLine().slice(0, -1));
    assert.equal(code, 2);
    assert.match(err, /cut or mistyped/);
  });

  it('wants a duration for --timeout', async () => {
    assert.equal((await run(['join', '--timeout', 'soon'])).code, 2);
  });
});

describe('joiner init', () => {
  it('needs a cluster.yaml', async () => {
    const { code, err } = await run(['init']);
    assert.equal(code, 2);
    assert.match(err, /cluster\.yaml does not exist/);
  });
});

describe('joiner leave', () => {
  it('has nothing to do on a host of no cluster', async () => {
    const { code, out } = await run(['leave']);
    assert.equal(code, 0);
    assert.match(out, /part of no cluster: there is nothing to leave\.\n {2}do: .*`joiner join < token`/);
  });

  it('is refused on a master, and while the master is away', async () => {
    const paths = pathsUnder(folder.path);
    await mkdir(dirname(paths.receivedConfig), { recursive: true });
    await writeFile(paths.receivedConfig, 'roles: [node]\nmasterAddress: 127.0.0.1\npki: {grpcPort: 9}\n');
    await (await createTestPki()).writeHostIdentity(paths.hostIdentity, 'n1', 'node');
    const away = await run(['leave']);
    assert.equal(away.code, 1);
    assert.match(away.err, /cannot leave now: its master cannot be reached at 127\.0\.0\.1:9.*\n {2}do: .*--force/);
    await (await createTestPki()).writeHostIdentity(paths.hostIdentity, 'm1', 'master');
    const master = await run(['leave', '--force']);
    assert.equal(master.code, 1);
    assert.match(master.err, /is a master/);
    assert.ok(existsSync(paths.hostIdentity));
  });
});

describe('joiner doctor and joiner preflight', () => {
  it('end with 1 when there are errors, and tell each with its cure', async () => {
    for (const command of ['doctor', 'preflight']) {
      const { code, out } = await run([command, '--json']);
      const { findings } = JSON.parse(out) as { findings: { severity: string; cure: string }[] };
      assert.equal(code, findings.some(({ severity }) => severity === 'error') ? 1 : 0);
      assert.ok(findings.every(({ cure }) => cure !== ''));
      if (command === 'doctor') assert.match(out, /this host is part of no cluster/);
    }
  });
});

describe('nixos-kubernetes-node-join', () => {
  const name = 'nixos-kubernetes-node-join';

  for (const word of ['x', '--help', '-h', '--version', '--nonsense']) {
    it(`answers ${word} with its usage and 1, on standard error`, async () => {
      const { code, err, out } = await run([name, word]);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /^Usage: nixos-kubernetes-node-join\n\nNo args\. /);
    });
  }

  it('ends with 1 without a token, or with a wrong one, and says everything on standard error', {
    skip: process.geteuid?.() !== 0,
  }, async () => {
    for (const input of ['', 'short\n', tokenLine().slice(0, -1)]) {
      const { code, err, out } = await run([name], input);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /error: .*token/);
    }
  });
});
