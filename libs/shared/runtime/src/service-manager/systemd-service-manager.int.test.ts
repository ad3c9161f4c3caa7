import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@easycerts/core';
import { createFakeSystemd, type FakeSystemd } from '@easycerts/testing';
import type { ServiceManager, UnitSpec, UnitStatus } from './service-manager.ts';
import { createSystemdServiceManager } from './systemd-service-manager.ts';

let systemd: FakeSystemd;
let manager: ServiceManager;

beforeEach(() => {
  systemd = createFakeSystemd();
  manager = createSystemdServiceManager(systemd);
});

afterEach(async () => {
  await manager.close();
  systemd.remove();
});

const spec = (unit: string): UnitSpec => ({
  unit,
  argv: ['/bin/true'],
  env: {},
  user: 'root',
  group: 'root',
  stopTimeoutMs: 1_000,
  killMode: 'control-group',
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'waited for 10 s');
    await delay(5);
  }
}

async function started(unit: string, properties: Readonly<Record<string, string>> = {}): Promise<UnitStatus> {
  systemd.writeUnit(unit, properties);
  await manager.start(spec(unit));
  return manager.status(unit);
}

describe('start', () => {
  it('has systemd read the file of a new unit, and starts it', async () => {
    const { pid, startedAt, state } = await started('etcd');
    assert.deepEqual(systemd.calls(), ['daemon-reload', 'start etcd.service']);
    assert.equal(state, 'active');
    assert.equal(String(pid), systemd.get('etcd').MainPID);
    assert.ok(startedAt !== undefined && Math.abs(Date.now() - startedAt.getTime()) < 5_000);
  });

  it('has systemd read a changed file, once for several units', async () => {
    for (const unit of ['a', 'b', 'c']) await started(unit);
    for (const unit of ['a', 'b', 'c']) {
      await manager.stop(unit);
      systemd.writeUnit(unit);
    }
    const before = systemd.calls().length;
    await Promise.all(['a', 'b', 'c'].map((unit) => manager.start(spec(unit))));
    const reloads = systemd
      .calls()
      .slice(before)
      .filter((call) => call === 'daemon-reload');
    assert.equal(reloads.length, 1);
  });

  it('has systemd read a file that takes the place of a package’s, which systemd itself does not notice', async () => {
    await started('containerd');
    await manager.stop('containerd');
    systemd.set('containerd', { FragmentPath: '/lib/systemd/system/containerd.service', NeedDaemonReload: 'no' });
    const before = systemd.calls().length;
    await manager.start(spec('containerd'));
    assert.deepEqual(systemd.calls().slice(before), ['daemon-reload', 'start containerd.service']);
    assert.equal(systemd.get('containerd').FragmentPath, `${systemd.unitDirectory}/containerd.service`);
  });

  it('has systemd read the new file of a unit that runs while it is stopped, and not again', async () => {
    await started('containerd');
    systemd.writeUnit('containerd');
    const before = systemd.calls().length;
    await manager.stop('containerd');
    await manager.start(spec('containerd'));
    const calls = systemd.calls().slice(before);
    assert.deepEqual(calls.toSorted(), ['daemon-reload', 'start containerd.service', 'stop containerd.service']);
    assert.equal(calls.at(-1), 'start containerd.service');
  });

  it('leaves a unit that only its package brings as it is', async () => {
    await started('easycerts-nats');
    await manager.stop('easycerts-nats');
    systemd.set('easycerts-nats', { FragmentPath: '/lib/systemd/system/easycerts-nats.service' });
    rmSync(join(systemd.unitDirectory, 'easycerts-nats.service'));
    const before = systemd.calls().length;
    await manager.start(spec('easycerts-nats'));
    assert.deepEqual(systemd.calls().slice(before), ['start easycerts-nats.service']);
  });

  it('does nothing when the unit is active, whatever its file says', async () => {
    const { pid } = await started('etcd');
    systemd.writeUnit('etcd');
    const before = systemd.calls().length;
    await manager.start(spec('etcd'));
    assert.deepEqual(systemd.calls().slice(before), []);
    assert.equal((await manager.status('etcd')).pid, pid);
  });

  it('does not wait with systemd for a restart that is far away', async () => {
    await started('etcd', { RestartUSec: '1min' });
    systemd.crash('etcd');
    await manager.start(spec('etcd'));
    assert.equal(systemd.calls().at(-1), 'restart etcd.service');
    assert.equal((await manager.status('etcd')).state, 'active');
  });

  it('forgets an earlier failure, which would count against the unit', async () => {
    await started('etcd');
    systemd.crash('etcd');
    systemd.set('etcd', { ActiveState: 'failed', SubState: 'failed', Result: 'start-limit-hit' });
    await manager.start(spec('etcd'));
    assert.deepEqual(systemd.calls().slice(-2), ['reset-failed etcd.service', 'start etcd.service']);
  });

  it('lets a stop that is under way end first', async () => {
    await started('etcd');
    systemd.set('etcd', { ActiveState: 'deactivating', SubState: 'stop-sigterm' });
    await manager.start(spec('etcd'));
    assert.deepEqual(systemd.calls().slice(-2), ['stop etcd.service', 'start etcd.service']);
  });

  for (const [what, prepare, code, cure] of [
    ['a unit that nobody has written', () => undefined, 'NOT_FOUND', /config-renderer apply/],
    ['a masked unit', () => systemd.writeUnit('etcd', { LoadState: 'masked' }), 'FAILED_PRECONDITION', /unmask/],
    ['a damaged unit', () => systemd.writeUnit('etcd', { LoadState: 'bad-setting' }), 'FAILED_PRECONDITION', /verify/],
    ['a program that is not there', () => systemd.writeUnit('etcd', { Program: 'missing' }), 'NOT_FOUND', /install/],
    ['a host without systemd', () => systemd.become('down'), 'UNAVAILABLE', /booted with systemd/],
  ] as const) {
    it(`says what to do about ${what}`, async () => {
      prepare();
      await assert.rejects(
        manager.start(spec('etcd')),
        (error) => isAppError(error, code) && cure.test(String(error.details.cure)),
      );
    });
  }

  it('says what to do where systemctl is not installed', async () => {
    const other = createSystemdServiceManager({ ...systemd, systemctl: '/nonexistent/systemctl' });
    await assert.rejects(other.status('etcd'), (error) => isAppError(error, 'NOT_FOUND'));
    await other.close();
  });

  it('says what to do when systemd does not answer', async () => {
    const impatient = createSystemdServiceManager({ ...systemd, answerLimitMs: 100 });
    systemd.become('stuck');
    await assert.rejects(
      impatient.start(spec('etcd')),
      (error) => isAppError(error, 'DEADLINE_EXCEEDED') && /list-jobs/.test(String(error.details.cure)),
    );
    await impatient.close();
  });

  it('refuses names that could be options, paths or other units', async () => {
    for (const unit of ['--force', '../x', 'a b', 'a*', '']) {
      await assert.rejects(manager.start({ ...spec('x'), unit }), (error) => isAppError(error, 'INVALID_INPUT'));
      await assert.rejects(manager.stop(unit), (error) => isAppError(error, 'INVALID_INPUT'));
      await assert.rejects(manager.status(unit), (error) => isAppError(error, 'INVALID_INPUT'));
      await assert.rejects(manager.reload(unit), (error) => isAppError(error, 'INVALID_INPUT'));
      await assert.rejects(manager.restartForeign(unit), (error) => isAppError(error, 'INVALID_INPUT'));
      await assert.rejects(manager.lastLogLines(unit, 1), (error) => isAppError(error, 'INVALID_INPUT'));
    }
    assert.deepEqual([systemd.calls(), systemd.shows()], [[], 0]);
  });
});

describe('the restart of a unit that somebody else has set up', () => {
  it('restarts it, and is no end of its own', async () => {
    const { pid } = await started('nginx');
    const ends: unknown[] = [];
    manager.onExit((...end) => ends.push(end));
    await manager.restartForeign('nginx');
    const status = await manager.status('nginx');
    assert.equal(status.state, 'active');
    assert.notEqual(status.pid, pid);
    assert.deepEqual(ends, []);
    assert.deepEqual(systemd.calls().slice(-1), ['try-restart nginx.service']);
  });

  it('starts nothing: neither what was stopped, nor what has failed, nor what is not there', async () => {
    await started('nginx');
    await manager.stop('nginx');
    await started('failed');
    systemd.crash('failed');
    const before = systemd.calls().length;
    for (const unit of ['nginx', 'failed', 'unknown']) {
      await assert.rejects(manager.restartForeign(unit), (error) => isAppError(error, 'FAILED_PRECONDITION'), unit);
    }
    assert.equal(systemd.calls().length, before);
  });
});

describe('stop', () => {
  it('stops, and the unit has been stopped even when it ends with an error', async () => {
    await started('etcd', { FailsOnStop: 'yes' });
    await manager.stop('etcd');
    assert.deepEqual(systemd.calls().slice(-2), ['stop etcd.service', 'reset-failed etcd.service']);
    assert.equal((await manager.status('etcd')).state, 'inactive');
  });

  it('takes back a restart that systemd has planned', async () => {
    await started('etcd');
    systemd.crash('etcd');
    await manager.stop('etcd');
    assert.equal(systemd.calls().at(-1), 'stop etcd.service');
  });

  it('does nothing when the unit is not active, or does not exist', async () => {
    await started('etcd');
    await manager.stop('etcd');
    const before = systemd.calls().length;
    await manager.stop('etcd');
    await manager.stop('unknown');
    assert.equal(systemd.calls().length, before);
  });
});

describe('reload', () => {
  it('has systemd send the signal', async () => {
    await started('etcd', { CanReload: 'yes' });
    await manager.reload('etcd');
    assert.equal(systemd.calls().at(-1), 'reload etcd.service');
  });

  it('refuses a unit that does not run, or has no signal', async () => {
    await started('etcd');
    for (const unit of ['etcd', 'unknown']) {
      await assert.rejects(manager.reload(unit), (error) => isAppError(error, 'FAILED_PRECONDITION'));
    }
  });
});

describe('an end', () => {
  it('is told when the main process is gone, with how it ended', async () => {
    await started('etcd');
    const ends: [string, UnitStatus][] = [];
    manager.onExit((unit, status) => ends.push([unit, status]));
    systemd.crash('etcd');
    await until(() => ends.length > 0);
    assert.deepEqual(ends, [['etcd', { state: 'failed', lastExit: 'SIGKILL' }]]);
  });

  it('is told when systemd has started it again meanwhile', async () => {
    await started('etcd');
    const ends: UnitStatus[] = [];
    manager.onExit((_unit, status) => ends.push(status));
    const other = createSystemdServiceManager(systemd);
    systemd.crash('etcd');
    await other.start(spec('etcd'));
    await until(() => ends.length > 0);
    await other.close();
  });

  it('that we brought about is not told, nor one after nobody listens', async () => {
    const told: string[] = [];
    const stop = manager.onExit((unit) => told.push(unit));
    await started('a');
    await started('b');
    await started('c');
    await manager.stop('a');
    systemd.crash('b');
    await until(() => told.length > 0);
    stop();
    systemd.crash('c');
    await until(async () => (await manager.status('c')).state === 'failed');
    assert.deepEqual(told, ['b']);
  });
});

describe('what it costs', () => {
  it('asks about all units at once, again at most when one of them had not ended yet', async () => {
    const units = ['a', 'b', 'c', 'd'];
    for (const unit of units) await started(unit);
    for (const unit of units) systemd.crash(unit);
    const before = systemd.shows();
    const states = await Promise.all(units.map((unit) => manager.status(unit)));
    assert.ok(states.every(({ state }) => state === 'failed'));
    assert.ok(systemd.shows() - before <= 2);
  });

  it('does not ask about a unit whose main process lives', async () => {
    await started('etcd');
    const before = systemd.shows();
    for (let i = 0; i < 100; i += 1) await manager.status('etcd');
    assert.equal(systemd.shows(), before);
  });
});

describe('the last lines of a log', () => {
  it('come from the journal, oldest first', async () => {
    writeFileSync(join(systemd.bootedMark, '..', 'journal'), 'one\n\ntwo\n');
    assert.deepEqual(await manager.lastLogLines('etcd', 2), ['one', 'two']);
    assert.deepEqual(await manager.lastLogLines('etcd', 0), []);
  });
});
