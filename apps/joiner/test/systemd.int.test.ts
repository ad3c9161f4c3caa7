/** joiner on a host with systemd: a fake with behaviour stands for PID 1, everything else is real. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ComponentSpec } from '@easycerts/cluster';
import { createSystemdServiceManager, loadUsers, systemClock } from '@easycerts/runtime';
import { createFakeSystemd, type FakeSystemd, silentLogger } from '@easycerts/testing';
import { type RunningJoiner, startJoiner } from '../src/start-joiner.ts';
import { TestHost, until } from './host.ts';
import { specOf } from './specs.ts';

let host: TestHost;
let systemd: FakeSystemd;
let joiners: RunningJoiner[];

beforeEach(() => {
  host = new TestHost();
  systemd = createFakeSystemd();
  joiners = [];
  writeFileSync(`${systemd.bootedMark}/../journal`, 'said last\n');
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

/** A component with its unit, as config-renderer writes both. */
function component(unit: string, changes: Partial<ComponentSpec> = {}): void {
  systemd.writeUnit(unit, changes.reloadSignal === undefined ? {} : { CanReload: 'yes' });
  host.write(specOf(unit, changes));
}

/** What was done to units, reading their files apart. */
const done = (): readonly string[] => systemd.calls().filter((call) => call !== 'daemon-reload');
const pidOf = (unit: string): string | undefined => systemd.get(unit).MainPID;

describe('joiner under systemd', () => {
  it('starts components as units, each after what it needs', async () => {
    component('etcd');
    component('kube-apiserver', { startAfter: ['etcd'] });
    await host.ready(await start());
    assert.deepEqual(done(), ['start etcd.service', 'start kube-apiserver.service']);
  });

  it('starts a component that was killed before systemd would, and tells how it ended and what it said', async () => {
    component('etcd');
    const joiner = await start();
    await host.ready(joiner);
    systemd.crash('etcd');
    await until(() => done().length > 1);
    await host.ready(joiner);
    assert.deepEqual(done(), ['start etcd.service', 'restart etcd.service']);
    const failed = host.events.ofType('component.failed');
    assert.equal(failed.length, 1);
    assert.match(JSON.stringify(failed[0]?.data), /SIGKILL.*said last/);
  });

  it('leaves everything running when it ends, and finds it again', async () => {
    component('etcd');
    const first = await start();
    await host.ready(first);
    const pid = pidOf('etcd');
    await first.close();
    await host.ready(await start());
    assert.equal(pidOf('etcd'), pid);
    assert.deepEqual(done(), ['start etcd.service']);
  });

  it('takes a packaged unit as it is when it was started after its files last changed', async () => {
    writeFileSync(host.file('nats.conf'), 'x');
    const files = [{ path: host.file('nats.conf'), onChange: 'reload' }] as const;
    await delay(20);
    component('easycerts-nats', { isPackaged: true, files, reloadSignal: 'SIGHUP' });
    const boot = createSystemdServiceManager(systemd);
    await boot.start(specOf('easycerts-nats'));
    await boot.close();
    const joiner = await start();
    await host.ready(joiner);
    assert.deepEqual(done(), ['start easycerts-nats.service']);
    writeFileSync(host.file('nats.conf'), 'y');
    await until(() => done().length > 1);
    assert.deepEqual(done(), ['start easycerts-nats.service', 'reload easycerts-nats.service']);
  });

  it('restarts a component that somebody else had started before, as nobody knows with what', async () => {
    component('containerd');
    const boot = createSystemdServiceManager(systemd);
    await boot.start(specOf('containerd'));
    await boot.close();
    await host.ready(await start());
    assert.deepEqual(done(), ['start containerd.service', 'stop containerd.service', 'start containerd.service']);
  });

  it('tells of a component that systemd may not start, and leaves the others alone', async () => {
    component('etcd');
    systemd.writeUnit('kubelet', { LoadState: 'masked' });
    host.write(specOf('kubelet'));
    const joiner = await start();
    const statusOf = (unit: string) => joiner.status().components.find((shown) => shown.unit === unit);
    await until(() => statusOf('etcd')?.isHealthy === true && (statusOf('kubelet')?.failures ?? 0) > 0);
    assert.match(statusOf('kubelet')?.detail ?? '', /masked/);
    assert.deepEqual(done(), ['start etcd.service']);
  });
});
