import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { CertificateUse, OnChange } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { readHold, readSet } from '@easycerts/runtime';
import { parseJoinerStatus } from '../src/core/joiner-status.ts';
import { controlSocketOf, statusFileOf } from '../src/start-joiner.ts';
import { statusOf, TestHost, until } from './host.ts';

let host: TestHost;
beforeEach(() => {
  host = new TestHost();
});
afterEach(() => host.remove(['a', 'b', 'c', 'd', 'easycerts-nats']));

function use(name: string, onLeafChange: OnChange, onBundleChange: OnChange = onLeafChange): CertificateUse {
  return { name, directory: host.directoryOf(name), onLeafChange, onBundleChange };
}

describe('starting', () => {
  it('brings everything up in order, tells of it, and says once that the host is ready', async () => {
    const check = (unit: string): string => `[ -s $DIR/${unit}.ok ] || echo "too early" >> $DIR/trace`;
    host.component('a', { before: 'sleep 0.1' });
    host.component('b', { startAfter: ['a'], before: check('a') });
    host.component('c', { startAfter: ['a', 'b'], before: check('b') });
    host.component('d');
    await host.ready(await host.start());
    const trace = host.trace();
    assert.ok(!trace.includes('too early'));
    assert.ok(trace.indexOf('start b') < trace.indexOf('start c'));
    assert.deepEqual(
      host.events
        .ofType('component.started')
        .map(({ subject }) => subject)
        .sort(),
      ['a', 'b', 'c', 'd'],
    );
    const [ready, ...more] = host.events.ofType('host.ready');
    assert.deepEqual([ready?.data.components, more.length], [['a', 'b', 'c', 'd'], 0]);
    assert.equal(host.events.ofType('component.failed').length, 0);
  });

  it('waits for certificates and files by name, and starts as soon as they are there', async () => {
    host.component('a', {
      certificates: [use('kubelet-client', 'restart')],
      files: [{ path: host.file('config/a.yaml'), onChange: 'restart' }],
    });
    const joiner = await host.start();
    await until(
      () =>
        statusOf(joiner, 'a')?.detail === `waiting for certificate kubelet-client, file ${host.file('config/a.yaml')}`,
    );
    assert.equal(statusOf(joiner, 'a')?.state, 'waiting');
    await host.deliver('kubelet-client');
    await until(() => statusOf(joiner, 'a')?.detail === `waiting for file ${host.file('config/a.yaml')}`);
    mkdirSync(host.file('config'));
    writeFileSync(host.file('config/a.yaml'), 'x');
    await host.ready(joiner);
    assert.equal(host.count('start a'), 1);
  });

  it('waits for what a component must find, and starts it as soon as it is so', async () => {
    const gate = host.file('gate');
    host.component('a', { startWhen: { kind: 'file', path: gate } });
    const joiner = await host.start();
    await until(() => statusOf(joiner, 'a')?.detail?.includes(gate) === true);
    assert.equal(host.count('start a'), 0);
    writeFileSync(gate, 'open');
    await host.ready(joiner);
    assert.equal(host.events.ofType('component.failed').length, 0);
  });

  it('makes the folders of a component first', async () => {
    const path = host.file('data/etcd');
    host.component('a', {
      directories: [{ path, owner: 'root', group: 'root', mode: 0o700 }],
      before: `echo x > ${path}/made`,
    });
    await host.ready(await host.start());
    assert.equal(statSync(path).mode & 0o7777, 0o700);
    assert.ok(existsSync(`${path}/made`));
  });

  it('leaves components in a circle waiting, and others not', async () => {
    host.component('a', { startAfter: ['b'] });
    host.component('b', { startAfter: ['a'] });
    host.component('c');
    const joiner = await host.start();
    await until(() => statusOf(joiner, 'c')?.state === 'healthy');
    assert.match(statusOf(joiner, 'a')?.detail ?? '', /circle of a, b/);
    assert.equal(joiner.status().isReady, false);
  });
});

describe('a component that ends', () => {
  it('by kill -9 is back at once', async () => {
    host.component('a');
    const joiner = await host.start();
    await host.ready(joiner);
    const pid = statusOf(joiner, 'a')?.pid;
    assert.ok(pid !== undefined);
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    await until(() => host.count('start a') === 2);
    assert.ok(Date.now() - killedAt < 2_000);
    await until(() => host.events.ofType('component.started').length === 2);
    const [failed] = host.events.ofType('component.failed');
    assert.deepEqual([failed?.data.message, failed?.data.retryInMs], ['ended by itself (SIGKILL)', 0]);
    await host.ready(joiner);
    assert.equal(host.events.ofType('host.ready').length, 1, 'a component that comes back at once is no news');
  });

  it('again and again is tried again and again, with its last lines told, until it comes up', async () => {
    const broken = host.component('a', { before: 'echo "cannot bind port"; exit 3' });
    host.component('b', { startAfter: ['a'] });
    const joiner = await host.start();
    await until(() => host.events.ofType('component.failed').length >= 4);
    const failures = host.events.ofType('component.failed').map(({ data }) => data);
    assert.deepEqual(failures.map(({ attempts }) => attempts).slice(0, 4), [1, 2, 3, 4]);
    assert.ok(failures[0]?.retryInMs === 0 && (failures[3]?.retryInMs ?? 0) >= 500);
    assert.deepEqual(
      [failures[0]?.message, failures[0]?.lastLines],
      ['ended by itself (exit code 3)', ['cannot bind port']],
    );
    const { detail, lastLines, state } = statusOf(joiner, 'a') ?? {};
    assert.ok(state === 'failed' || state === 'starting');
    assert.deepEqual([detail, lastLines?.at(-1)], ['ended by itself (exit code 3)', 'cannot bind port']);
    assert.equal(host.count('start b'), 0);
    host.component('a', { ...broken, argv: host.component('a').argv });
    await host.ready(joiner);
    assert.equal(statusOf(joiner, 'a')?.failures, 0);
  });

  it('because its program is missing is told with that', async () => {
    host.component('a', { argv: ['/nonexistent/etcd'] });
    await host.start();
    await until(() => host.events.ofType('component.failed').length > 0);
    assert.match(
      host.events.ofType('component.failed')[0]?.data.message ?? '',
      /program \/nonexistent\/etcd does not exist/,
    );
  });

  it('or never becomes healthy is restarted after its time limit', async () => {
    host.component('a', { before: 'sleep 60', startTimeoutMs: 200 });
    await host.start();
    await until(() => host.count('start a') >= 2);
    assert.match(host.events.ofType('component.failed')[0]?.data.message ?? '', /^not healthy after 0\.[23]s: .*a\.ok/);
  });
});

describe('a change', () => {
  it('of a unit or of a file that is read at the start restarts', async () => {
    writeFileSync(host.file('a.yaml'), 'one');
    const spec = host.component('a', { files: [{ path: host.file('a.yaml'), onChange: 'restart' }] });
    const joiner = await host.start();
    await host.ready(joiner);
    writeFileSync(host.file('a.yaml'), 'two');
    await until(() => host.events.ofType('component.restarted').length === 1);
    host.write({ ...spec, env: { ...spec.env, MORE: '1' } });
    await until(() => host.events.ofType('component.restarted').length === 2);
    const told = host.events.ofType('component.restarted').map(({ data }) => [data.reason, data.changed]);
    assert.deepEqual(told, [
      ['config-changed', [host.file('a.yaml')]],
      ['unit-changed', ['unit']],
    ]);
    assert.deepEqual(host.trace(), ['start a', 'stop a', 'start a', 'stop a', 'start a']);
  });

  it('that means the same bytes does nothing', async () => {
    writeFileSync(host.file('a.yaml'), 'one');
    const spec = host.component('a', { files: [{ path: host.file('a.yaml'), onChange: 'restart' }] });
    host.component('b');
    const joiner = await host.start();
    await host.ready(joiner);
    writeFileSync(host.file('a.yaml'), 'one');
    host.write({ ...spec, description: 'other words', health: { kind: 'running' } });
    await joiner.restart('b');
    assert.equal(host.count('start a'), 1);
  });

  it('of a certificate reloads what reads it on its signal', async () => {
    await host.deliver('serving');
    host.component('a', { certificates: [use('serving', 'reload')], reloadSignal: 'SIGHUP' });
    const joiner = await host.start();
    await host.ready(joiner);
    await host.deliver('serving');
    await until(() => host.events.ofType('component.reloaded').length === 1);
    await until(() => host.count('reload a') === 1);
    const { data } = host.events.ofType('component.reloaded')[0] ?? {};
    assert.deepEqual([data?.reason, data?.changed], ['certificate-changed', ['certificate serving']]);
    assert.equal(host.count('start a'), 1);
  });

  it('of several certificates costs one restart, and what reads them by itself none', async () => {
    for (const set of ['one', 'two']) await host.deliver(set);
    host.component('a', { certificates: [use('one', 'restart'), use('two', 'restart')] });
    host.component('b', { certificates: [use('one', 'none'), use('two', 'none')] });
    const joiner = await host.start();
    await host.ready(joiner);
    for (const set of ['one', 'two']) await host.deliver(set);
    await until(() => host.events.ofType('component.restarted').length === 1);
    assert.deepEqual(host.events.ofType('component.restarted')[0]?.data.changed, [
      'certificate one',
      'certificate two',
    ]);
    await joiner.restart('b');
    assert.deepEqual([host.count('start a'), host.count('start b')], [2, 2]);
  });

  it('of two components that need each other is made one after the other, the needed one first', async () => {
    for (const unit of ['a', 'b']) writeFileSync(host.file(`${unit}.yaml`), 'one');
    const files = (unit: string) => [{ path: host.file(`${unit}.yaml`), onChange: 'restart' as const }];
    host.component('a', { files: files('a'), before: 'sleep 0.2' });
    host.component('b', {
      files: files('b'),
      startAfter: ['a'],
      loop: '[ -s $DIR/a.ok ] || echo "alone" >> $DIR/trace',
    });
    const joiner = await host.start();
    await host.ready(joiner);
    for (const unit of ['b', 'a']) writeFileSync(host.file(`${unit}.yaml`), 'two');
    await until(() => host.events.ofType('component.restarted').length === 2);
    const trace = host.trace().filter((line) => line !== 'alone');
    assert.deepEqual(trace, ['start a', 'start b', 'stop a', 'start a', 'stop b', 'start b']);
  });

  it('of the wanted components stops what is no longer wanted', async () => {
    host.component('a');
    host.component('b');
    const joiner = await host.start();
    await host.ready(joiner);
    rmSync(host.specFile('a'));
    await until(() => host.events.ofType('component.stopped').length === 1);
    assert.deepEqual([host.count('stop a'), host.count('stop b')], [1, 0]);
    await until(() => joiner.status().components.length === 1);
  });

  it('that loses the whole folder of specs stops nothing', async () => {
    host.component('a');
    const joiner = await host.start();
    await host.ready(joiner);
    rmSync(host.paths.componentSpecs, { recursive: true });
    await until(() => joiner.status().problems.length === 1);
    assert.deepEqual([host.count('stop a'), joiner.status().isReady], [0, false]);
    assert.equal(statusOf(joiner, 'a')?.state, 'healthy');
  });

  it('that damages a spec is told once; the component goes on, others too', async () => {
    host.component('a');
    const joiner = await host.start();
    await host.ready(joiner);
    writeFileSync(host.specFile('a'), '{');
    writeFileSync(host.specFile('b'), '{"unit":"b"}');
    host.component('c');
    await until(() => statusOf(joiner, 'c')?.state === 'healthy');
    assert.deepEqual([statusOf(joiner, 'a')?.state, host.count('stop a')], ['healthy', 0]);
    const told = host.events.ofType('component.failed').map(({ data }) => data.message);
    assert.equal(told.filter((message) => message === `spec ${host.specFile('a')}: not JSON`).length, 1);
    assert.equal(told.filter((message) => message.startsWith(`spec ${host.specFile('b')}: component:`)).length, 1);
    assert.deepEqual(
      joiner.status().problems.map(({ path }) => path),
      [host.specFile('a'), host.specFile('b')],
    );
  });
});

describe('rolling back', () => {
  const refuseBad = (set: string): string =>
    `if grep -q BAD ${host.directoryOf(set)}/tls.crt; then echo "refused a bad certificate"; exit 1; fi`;

  it('puts the previous certificates back when a component does not come up with the new ones, and holds', async () => {
    await host.deliver('serving');
    const good = (await readSet(host.directoryOf('serving'))).serial;
    host.component('a', { certificates: [use('serving', 'restart')], before: refuseBad('serving') });
    const joiner = await host.start();
    await host.ready(joiner);
    await host.deliver('serving', 'BAD\n');
    const bad = (await readSet(host.directoryOf('serving'))).serial;
    await until(() => host.events.ofType('component.restarted').length === 1);
    const [rolledBack] = host.events.ofType('certificate.rolled-back');
    assert.deepEqual(
      [
        rolledBack?.data.certificate,
        rolledBack?.data.component,
        rolledBack?.data.serial,
        rolledBack?.data.previousSerial,
      ],
      ['serving', 'a', good, bad],
    );
    assert.equal(host.events.ofType('component.restarted')[0]?.data.reason, 'rolled-back');
    assert.equal((await readSet(host.directoryOf('serving'))).serial, good);
    const hold = await readHold(host.directoryOf('serving'));
    assert.equal(hold?.serial, bad);
    assert.ok((hold?.untilMs ?? 0) > Date.now());
    assert.match(hold?.reason ?? '', /^a: ended by itself \(exit code 1\)/);
    await host.ready(joiner);
    assert.equal(host.count('start a'), 3);
  });

  it('also when the component reads certificates by itself and is no longer well', async () => {
    await host.deliver('serving');
    const loop = `if grep -q BAD ${host.directoryOf('serving')}/tls.crt; then rm -f $DIR/a.ok; fi`;
    host.component('a', { certificates: [use('serving', 'none')], loop });
    const joiner = await host.start();
    await host.ready(joiner);
    await host.deliver('serving', 'BAD\n');
    await until(() => host.events.ofType('certificate.rolled-back').length === 1);
    assert.match(
      host.events.ofType('certificate.rolled-back')[0]?.data.message ?? '',
      /^not healthy with its new certificates/,
    );
    await host.ready(joiner);
    assert.equal((await readSet(host.directoryOf('serving'))).cert.includes('BAD'), false);
  });

  it('does not happen to a component that was not well before', async () => {
    await host.deliver('serving');
    host.component('a', { certificates: [use('serving', 'restart')], before: 'echo always broken; exit 1' });
    await host.start();
    await until(() => host.events.ofType('component.failed').length >= 2);
    await host.deliver('serving');
    const before = host.count('start a');
    await until(() => host.count('start a') > before + 1);
    assert.equal(host.events.ofType('certificate.rolled-back').length, 0);
  });

  it('is remembered across kill -9 of joiner in the middle of the trial', async () => {
    await host.deliver('serving');
    const before = `if grep -q BAD ${host.directoryOf('serving')}/tls.crt; then touch $DIR/on-trial; sleep 1; exit 1; fi`;
    host.component('a', { certificates: [use('serving', 'restart')], before });
    const first = await startProcess();
    await until(() => existsSync(host.file('a.ok')));
    await until(() => parseJoinerStatus(readFileSync(statusFileOf(host.paths), 'utf8'))?.isReady === true);
    await host.deliver('serving', 'BAD\n');
    await until(() => existsSync(host.file('on-trial')));
    await kill(first);
    const joiner = await host.start();
    await until(() => host.events.ofType('certificate.rolled-back').length === 1);
    await host.ready(joiner);
  });
});

describe('joiner itself', () => {
  it('killed with -9 leaves the components running, and takes them over without a restart', async () => {
    await host.deliver('serving');
    host.component('a', { certificates: [use('serving', 'restart')] });
    host.component('b', { startAfter: ['a'] });
    const first = await startProcess();
    await until(() => existsSync(statusFileOf(host.paths)) && readStatus()?.isReady === true);
    const pids = readStatus()?.components.map(({ pid }) => pid);
    await kill(first);
    const joiner = await host.start();
    await host.ready(joiner);
    assert.deepEqual(
      joiner.status().components.map(({ pid }) => pid),
      pids,
    );
    assert.deepEqual(host.trace(), ['start a', 'start b']);
    assert.deepEqual(host.events.events, [], 'nothing happened, so nothing is told');
  });

  it('restarts what changed while it was away, and starts what ended', async () => {
    writeFileSync(host.file('a.yaml'), 'one');
    host.component('a', { files: [{ path: host.file('a.yaml'), onChange: 'restart' }] });
    host.component('b');
    const first = await host.start();
    await host.ready(first);
    const pid = statusOf(first, 'b')?.pid;
    await first.close();
    writeFileSync(host.file('a.yaml'), 'two');
    process.kill(pid ?? 0, 'SIGKILL');
    // Found dead at its start, which is news; one that dies later and is back at once is none.
    await until(() => !existsSync(`/proc/${pid}`));
    const second = await host.start();
    await until(() => host.count('start a') === 2 && host.count('start b') === 2);
    await host.ready(second);
    assert.equal(host.events.ofType('host.ready').length, 2);
  });

  it('stops what is no longer wanted since it was away', async () => {
    host.component('a');
    host.component('b');
    const first = await host.start();
    await host.ready(first);
    await first.close();
    rmSync(host.specFile('a'));
    await host.start();
    await until(() => host.count('stop a') === 1);
  });

  it('restarts a component once when its records are damaged', async () => {
    host.component('a');
    const first = await host.start();
    await host.ready(first);
    await first.close();
    writeFileSync(join(host.paths.joinerState, 'components.json'), '{"units":{"a":{}}}');
    const second = await host.start();
    await until(() => host.count('start a') === 2);
    await host.ready(second);
  });

  it('leaves components running when it ends', async () => {
    host.component('a');
    const joiner = await host.start();
    await host.ready(joiner);
    await joiner.close();
    assert.deepEqual(host.trace(), ['start a']);
    assert.ok(!existsSync(controlSocketOf(host.paths)));
  });

  it('stops components in reverse order when asked to, the bus last', async () => {
    host.component('easycerts-nats');
    host.component('a');
    host.component('b', { startAfter: ['a'] });
    host.component('c', { startAfter: ['b'] });
    const joiner = await host.start({ stopComponentsOnExit: true });
    await host.ready(joiner);
    await joiner.close();
    const stops = host.trace().filter((line) => line.startsWith('stop'));
    assert.deepEqual(stops, ['stop c', 'stop b', 'stop a', 'stop easycerts-nats']);
    assert.equal(host.events.ofType('component.stopped').length, 4);
  });

  it('runs once only', async () => {
    await host.start();
    await assert.rejects(host.start(), (error) => isAppError(error, 'ALREADY_EXISTS'));
  });

  it('starts over the socket that a killed one left', async () => {
    const first = await startProcess();
    await kill(first);
    assert.ok(existsSync(controlSocketOf(host.paths)));
    await host.start();
  });
});

function readStatus() {
  return parseJoinerStatus(readFileSync(statusFileOf(host.paths), 'utf8'));
}

async function startProcess(): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-joiner.ts'), host.root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  child.stdout.once('data', () => resolve());
  child.once('exit', () => resolve());
  await promise;
  return child;
}

async function kill(child: ReturnType<typeof spawn>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.kill('SIGKILL');
  await promise;
}
