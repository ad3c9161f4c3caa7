/** `easycerts events` as a process, against a real bus. */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import type { TemporaryDirectory, TestBus } from '@easycerts/testing';
import { startTestBus, temporaryDirectory } from '@easycerts/testing';

let testBus: TestBus;
let folder: TemporaryDirectory;
const main = join(import.meta.dirname, '..', 'main.ts');

before(async () => {
  folder = await temporaryDirectory();
  testBus = await startTestBus();
  await writeHost('master', await testBus.identity('m1', 'master'));
  await writeHost('node', await testBus.identity('n1', 'node'));
  const bus = await testBus.connect('m1', 'master', 'ca');
  bus.events.publish({ type: 'ca.started', subject: 'm1', key: '1', data: { version: '1.0', certificates: 3 } });
  await bus.events.flush(5_000);
  bus.events.publish({
    type: 'bus.refused',
    subject: 'n1',
    key: '2',
    data: { kind: 'publish', user: 'CN=n1', subject: 'a', detail: 'not permitted', peer: '10.0.0.5' },
  });
  await bus.events.flush(5_000);
});
after(async () => {
  await testBus?.close();
  await folder?.remove();
});

async function writeHost(
  name: string,
  identity: string,
  config = `roles: [master]\nbus: {port: ${testBus.server.port}}`,
): Promise<void> {
  const paths = pathsUnder(join(folder.path, name));
  await mkdir(join(paths.clusterFile, '..'), { recursive: true });
  await writeFile(paths.clusterFile, `masterAddress: localhost\n${config}\n`);
  await cp(identity, paths.hostIdentity, { recursive: true });
}

function start(host: string, ...words: readonly string[]): ChildProcess {
  const root = join(folder.path, host);
  return spawn(process.execPath, [main, 'events', '--root', root, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

test('elsewhere than on a terminal it prints everything stored and ends', async () => {
  const { code, stdout, stderr } = await outcomeOf(start('master'));
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\S+ \S+Z {2}m1 +ca\.started +m1 {2}version=1\.0 certificates=3$/m);
  assert.match(stdout, /bus\.refused/);
  assert.equal(stderr, '');
});

test('one JSON document a line, chosen by type or audit', async () => {
  const audit = await outcomeOf(start('master', '--json', '--audit'));
  assert.deepEqual(
    audit.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type),
    ['easycerts.bus.refused'],
  );
  const typed = await outcomeOf(start('master', '--json', '--type', 'ca.*', '--since', '1h'));
  assert.deepEqual(
    typed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id),
    ['ca.started:m1:1'],
  );
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`it follows what comes, and ${signal} ends it with 0`, async () => {
    const child = start('master', '--follow', '--all', '--type', 'ca.started');
    const outcome = outcomeOf(child);
    await Promise.race([once(child.stdout ?? child, 'data'), outcome]);
    const bus = await testBus.connect('m1', 'master', 'ca');
    bus.events.publish({ type: 'ca.started', subject: signal, key: signal, data: { version: '2.0', certificates: 3 } });
    await Promise.race([once(child.stdout ?? child, 'data'), outcome]);
    child.kill(signal);
    const { code, stdout, stderr } = await outcome;
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`ca\\.started +${signal} {2}version=2\\.0`));
  });
}

const failures: Readonly<
  Record<string, readonly [host: string, words: readonly string[], code: number, says: RegExp]>
> = {
  'a type that does not exist': ['master', ['--type', 'x'], 2, /no such event/],
  'a duration that is none': ['master', ['--since', 'x'], 2, /not a duration/],
  'two beginnings': ['master', ['--since', '1h', '--all'], 2, /cannot be used with/],
  'a host without cluster.yaml': ['absent', [], 2, /cluster\.yaml|not there|no such file/i],
  'a node': ['node', [], 1, /is a node.*master/s],
};
for (const [name, [host, words, code, says]] of Object.entries(failures)) {
  test(`says what is wrong and exits with ${code}: ${name}`, async () => {
    const outcome = await outcomeOf(start(host, ...words));
    assert.match(outcome.stderr, says);
    assert.equal(outcome.code, code);
    assert.equal(outcome.stdout, '');
  });
}

test('a host without identity, and a cluster without bus', async () => {
  const identity = await testBus.identity('m1', 'master');
  await writeHost('other', identity, 'easyCerts: false');
  assert.match((await outcomeOf(start('other'))).stderr, /no bus/);
  const paths = pathsUnder(join(folder.path, 'bare'));
  await mkdir(join(paths.clusterFile, '..'), { recursive: true });
  await writeFile(paths.clusterFile, 'roles: [master]\nmasterAddress: localhost\n');
  const { code, stderr } = await outcomeOf(start('bare'));
  assert.equal(code, 1);
  assert.match(stderr, /certificate set .* not there/);
});
