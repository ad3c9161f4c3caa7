import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parseJoinerStatus } from '../src/core/joiner-status.ts';
import { TestHost, until } from './host.ts';

const main = join(import.meta.dirname, '../src/main.ts');
const running = new Set<ChildProcess>();
let host: TestHost;

beforeEach(() => {
  host = new TestHost();
  mkdirSync(dirname(host.paths.clusterFile), { recursive: true });
  writeFileSync(host.paths.clusterFile, 'masterAddress: localhost\neasyCerts: false\n');
});

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await host.remove(['a']);
});

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(...args: readonly string[]): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [main, ...args, '--root', host.root], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const texts = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    texts.out += data;
  });
  child.stderr.on('data', (data) => {
    texts.err += data;
  });
  child.on('close', (code) => {
    running.delete(child);
    resolve({ code, ...texts });
  });
  return { child, outcome: promise };
}

async function run(...args: readonly string[]): Promise<Outcome> {
  return start(...args).outcome;
}

describe('joiner run', () => {
  it('runs the components, answers status and restart, and leaves them running', async () => {
    host.component('a');
    const daemon = start('run');
    await until(async () => (await run('status')).code === 0);
    const { code, out } = await run('status');
    assert.equal(code, 0);
    assert.match(out, /^UNIT {2}STATE {4}SINCE .*\na {5}healthy {2}\d/);
    const status = parseJoinerStatus((await run('status', '--json')).out);
    assert.deepEqual([status?.isReady, status?.components[0]?.unit], [true, 'a']);
    assert.deepEqual(await run('restart', 'a'), { code: 0, out: 'a was restarted and is healthy\n', err: '' });
    const unknown = await run('restart', 'b');
    assert.deepEqual(
      [unknown.code, unknown.err],
      [1, 'error: there is no component b on this host\n  do: choose one of a\n'],
    );
    const second = await run('run');
    assert.deepEqual(
      [second.code, second.err.split('\n')[0]],
      [1, `error: another joiner runs already and listens on ${host.root}/run/easycerts/joiner.sock`],
    );
    daemon.child.kill('SIGTERM');
    assert.equal((await daemon.outcome).code, 0);
    assert.deepEqual(host.trace(), ['start a', 'stop a', 'start a']);
  });

  it('stops the components with --stop-components-on-exit', async () => {
    host.component('a');
    const daemon = start('run', '--stop-components-on-exit');
    await until(() => host.count('start a') === 1);
    daemon.child.kill('SIGTERM');
    assert.equal((await daemon.outcome).code, 0);
    assert.deepEqual(host.trace(), ['start a', 'stop a']);
  });

  it('needs its configuration', async () => {
    writeFileSync(host.paths.clusterFile, 'masterAdress: localhost\n');
    const { code, err } = await run('run');
    assert.equal(code, 2);
    assert.match(err, /masterAdress/);
  });
});

describe('joiner status', () => {
  it('says that joiner does not run, and how to start it', async () => {
    const { code, err, out } = await run('status');
    assert.deepEqual([code, out], [1, '']);
    assert.match(
      err,
      /^error: joiner does not run: .*\n {2}do: start it: `systemctl start easycerts-agent` \(on a master easycerts-joiner\), .*\n$/,
    );
  });

  it('ends with 1 while not everything is healthy', async () => {
    host.component('a', { before: 'echo broken; exit 1' });
    const daemon = start('run');
    await until(() => host.count('start a') > 2);
    const { code, out } = await run('status');
    assert.equal(code, 1);
    assert.match(
      out,
      /\na {5}(failed|starting) .*ended by itself \(exit code 1\)\n\nlast lines of a:\n( {2}broken\n)+$/,
    );
    daemon.child.kill('SIGTERM');
    await daemon.outcome;
  });
});
