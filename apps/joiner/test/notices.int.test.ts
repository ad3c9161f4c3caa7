/** Services that are none of our components, told of their certificates: joiner and files are real, PID 1 is a fake with behaviour. */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createSystemdServiceManager, loadUsers, systemClock } from '@easycerts/runtime';
import { createFakeSystemd, type FakeSystemd, silentLogger } from '@easycerts/testing';
import { type RunningJoiner, startJoiner } from '../src/start-joiner.ts';
import { TestHost, until } from './host.ts';

let host: TestHost;
let systemd: FakeSystemd;
let joiners: RunningJoiner[];

beforeEach(() => {
  host = new TestHost();
  systemd = createFakeSystemd();
  joiners = [];
  for (const folder of [host.paths.certificateSpecs, host.paths.secrets]) mkdirSync(folder, { recursive: true });
  writeFileSync(`${systemd.bootedMark}/../journal`, 'cannot load key\n');
});

afterEach(async () => {
  await Promise.all(joiners.map((joiner) => joiner.close()));
  await host.remove([]);
  systemd.remove();
});

async function start(): Promise<RunningJoiner> {
  const joiner = await startJoiner(
    { clock: systemClock, logger: silentLogger(), random: Math.random, events: host.events },
    { paths: host.paths, host: 'n1', users: loadUsers(), manager: createSystemdServiceManager(systemd) },
  );
  joiners.push(joiner);
  return joiner;
}

/** The spec of a certificate, as config-renderer writes it. */
function specOf(name: string, notify?: unknown): void {
  const spec = { name, directory: host.directoryOf(name), ...(notify === undefined ? {} : { notify }) };
  writeFileSync(join(host.paths.certificateSpecs, `${name}.json`), JSON.stringify(spec));
}

/** A unit that its own package brought, running or not. */
async function service(unit: string, properties: Readonly<Record<string, string>> = {}, isRunning = true) {
  systemd.writeUnit(unit, { CanReload: 'yes', ...properties });
  const { promise, resolve } = Promise.withResolvers<void>();
  const { execFile } = await import('node:child_process');
  execFile(systemd.systemctl, ['daemon-reload'], () =>
    isRunning ? execFile(systemd.systemctl, ['start', `${unit}.service`], () => resolve()) : resolve(),
  );
  await promise;
}

const told = (): readonly string[] =>
  systemd.calls().filter((call) => /^(reload|try-restart|restart|start|stop) /.test(call));
/** Beyond what the test itself did. */
const toldSince = (count: number): readonly string[] => told().slice(count);
const stateOf = (joiner: RunningJoiner, unit: string) => joiner.status().services?.find((shown) => shown.unit === unit);

describe('a service with a certificate of ours', () => {
  it('is reloaded when it is delivered and when it is renewed, and told once it still runs', async () => {
    await service('nginx');
    specOf('www', { unit: 'nginx', action: 'reload' });
    const joiner = await start();
    await host.deliver('www');
    await until(() => host.events.ofType('component.reloaded').length === 1);
    assert.deepEqual(toldSince(1), ['reload nginx.service']);
    const [event] = host.events.ofType('component.reloaded');
    assert.match(
      JSON.stringify(event?.data),
      /"component":"nginx","reason":"certificate-changed","changed":\["certificate www"\]/,
    );
    await host.deliver('www');
    await until(() => host.events.ofType('component.reloaded').length === 2);
    assert.deepEqual(toldSince(2), ['reload nginx.service']);
    assert.deepEqual(stateOf(joiner, 'nginx'), { unit: 'nginx', state: 'running', certificates: ['www'] });
  });

  it('is restarted where that is what it needs, once for several certificates', async () => {
    await service('registry', { CanReload: 'no' });
    for (const name of ['a', 'b']) specOf(name, { unit: 'registry', action: 'restart' });
    for (const name of ['a', 'b']) await host.deliver(name);
    await start();
    await until(() => host.events.ofType('component.restarted').length === 1);
    assert.deepEqual(toldSince(1), ['try-restart registry.service']);
  });

  it('is never started: who stopped it meant it', async () => {
    await service('nginx', {}, false);
    specOf('www', { unit: 'nginx', action: 'restart' });
    await host.deliver('www');
    const joiner = await start();
    await until(() => stateOf(joiner, 'nginx')?.state === 'not-running');
    await host.deliver('www');
    specOf('later', { unit: 'other', action: 'restart' });
    await until(() => stateOf(joiner, 'other') !== undefined);
    assert.deepEqual(told(), []);
  });

  it('is not told again by a joiner that is started again', async () => {
    await service('nginx');
    specOf('www', { unit: 'nginx', action: 'reload' });
    await host.deliver('www');
    const first = await start();
    await until(() => host.events.ofType('component.reloaded').length === 1);
    await first.close();
    joiners = [];
    const second = await start();
    await until(() => stateOf(second, 'nginx')?.state === 'running');
    await host.deliver('www');
    await until(() => host.events.ofType('component.reloaded').length === 2);
    assert.equal(toldSince(1).length, 2);
  });

  it('is told by the next joiner of what changed while there was none', async () => {
    await service('nginx');
    specOf('www', { unit: 'nginx', action: 'reload' });
    await host.deliver('www');
    const first = await start();
    await until(() => host.events.ofType('component.reloaded').length === 1);
    await first.close();
    joiners = [];
    await host.deliver('www');
    await start();
    await until(() => host.events.ofType('component.reloaded').length === 2);
  });

  it('is left alone by certificates that name none, and by specs that make no sense', async () => {
    await service('nginx');
    specOf('quiet');
    for (const [name, notify] of [
      ['path', { unit: '../nginx', action: 'reload' }],
      ['option', { unit: '--all', action: 'reload' }],
      ['action', { unit: 'nginx', action: 'stop' }],
    ] as const) {
      specOf(name, notify);
      await host.deliver(name);
    }
    writeFileSync(join(host.paths.certificateSpecs, 'half.json'), '{"name": "ha');
    await host.deliver('quiet');
    specOf('www', { unit: 'nginx', action: 'reload' });
    await host.deliver('www');
    await start();
    await until(() => host.events.ofType('component.reloaded').length === 1);
    assert.deepEqual(toldSince(1), ['reload nginx.service']);
  });

  it('is forgotten when it is no longer named', async () => {
    await service('nginx');
    specOf('www', { unit: 'nginx', action: 'reload' });
    await host.deliver('www');
    const joiner = await start();
    await until(() => host.events.ofType('component.reloaded').length === 1);
    rmSync(join(host.paths.certificateSpecs, 'www.json'));
    await until(() => stateOf(joiner, 'nginx') === undefined);
    await host.deliver('www');
    assert.equal(toldSince(1).length, 1);
  });
});

describe('a service that does not take its certificate', () => {
  it('is said to, once, with what it logged, and told again until it does', async () => {
    await service('nginx', { FailsOnReload: 'yes' });
    specOf('www', { unit: 'nginx', action: 'reload' });
    await host.deliver('www');
    const joiner = await start();
    await until(() => toldSince(1).length >= 3);
    const failed = host.events.ofType('component.failed');
    assert.equal(failed.length, 1);
    assert.match(JSON.stringify(failed[0]?.data), /"component":"nginx".*cannot load key/);
    assert.equal(stateOf(joiner, 'nginx')?.state, 'failed');
    systemd.set('nginx', { FailsOnReload: 'no' });
    await until(() => host.events.ofType('component.reloaded').length === 1);
    assert.equal(stateOf(joiner, 'nginx')?.state, 'running');
  });

  it('for it has no reload is said to, with the word that mends it', async () => {
    await service('registry', { CanReload: 'no' });
    specOf('r', { unit: 'registry', action: 'reload' });
    await host.deliver('r');
    const joiner = await start();
    await until(() => stateOf(joiner, 'registry')?.state === 'failed');
    assert.match(stateOf(joiner, 'registry')?.detail ?? '', /has no reload.*action: restart/);
    assert.deepEqual(toldSince(1), []);
  });

  it('and ends by its restart is said to, and left alone', async () => {
    await service('registry');
    systemd.set('registry', { Program: 'missing' });
    specOf('r', { unit: 'registry', action: 'restart' });
    await host.deliver('r');
    const joiner = await start();
    await until(() => host.events.ofType('component.failed').length === 1);
    specOf('later', { unit: 'other', action: 'restart' });
    await until(() => stateOf(joiner, 'other') !== undefined);
    assert.deepEqual(toldSince(1), ['try-restart registry.service']);
    assert.equal(stateOf(joiner, 'registry')?.state, 'failed');
  });

  it('and ends a moment after its reload is said to', async () => {
    await service('nginx');
    specOf('www', { unit: 'nginx', action: 'reload' });
    await host.deliver('www');
    await start();
    await until(() => toldSince(1).length === 1);
    systemd.crash('nginx');
    await until(() => host.events.ofType('component.failed').length === 1);
    assert.match(JSON.stringify(host.events.ofType('component.failed')[0]?.data), /it ended after its reload/);
    assert.equal(host.events.ofType('component.reloaded').length, 0);
  });
});
