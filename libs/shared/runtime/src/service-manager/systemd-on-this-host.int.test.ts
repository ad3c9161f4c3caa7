/** The manager with the systemd that runs this host, on units of its own below /run: skipped where PID 1 is something else. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { unitText } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import type { ServiceManager, UnitSpec, UnitStatus } from './service-manager.ts';
import { createSystemdServiceManager } from './systemd-service-manager.ts';

const whyNot = !existsSync('/run/systemd/system')
  ? 'PID 1 is not systemd'
  : process.geteuid?.() === 0
    ? false
    : 'needs root';
const prefix = `easycerts-test-${randomBytes(4).toString('hex')}`;
const base = mkdtempSync(join(tmpdir(), 'systemd-'));
const units = new Set<string>();
let manager: ServiceManager;

beforeEach(() => {
  manager = createSystemdServiceManager();
});
afterEach(() => manager.close());
after(() => {
  rmSync(base, { recursive: true });
  for (const unit of units) {
    for (const verb of ['stop', 'reset-failed']) spawnSync('systemctl', [verb, '--', `${unit}.service`]);
    rmSync(fileOf(unit), { force: true });
  }
  if (units.size > 0) execFileSync('systemctl', ['daemon-reload']);
});

function fileOf(unit: string): string {
  return `/run/systemd/system/${unit}.service`;
}

/** Writes the unit of a shell script, as a component's is written, and answers its spec. */
function write(name: string, script: string, changes: Partial<UnitSpec & { restartS: number }> = {}): UnitSpec {
  const unit = `${prefix}-${name}`;
  const spec: UnitSpec = {
    unit,
    argv: ['/bin/sh', '-c', script],
    env: {},
    user: 'root',
    group: 'root',
    stopTimeoutMs: 1_000,
    killMode: 'control-group',
    ...changes,
  };
  writeFileSync(
    fileOf(unit),
    unitText({ ...spec, description: unit, after: [], type: 'exec', restartS: 60, systemdOptions: [], ...changes }),
  );
  units.add(unit);
  return spec;
}

const forever = 'while :; do sleep 0.05; done';

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'waited for 10 s');
    await delay(10);
  }
}

async function pidOf(unit: string): Promise<number> {
  const { pid, state } = await manager.status(unit);
  assert.ok(state === 'active' && pid !== undefined);
  return pid;
}

describe('units of the systemd of this host', { skip: whyNot }, () => {
  it('start from a file that systemd has not seen, once', async () => {
    const spec = write('new', `echo hello; ${forever}`);
    const before = Date.now();
    await manager.start(spec);
    const { pid, startedAt, state } = await manager.status(spec.unit);
    assert.equal(state, 'active');
    assert.ok(startedAt !== undefined && Math.abs(startedAt.getTime() - before) < 2_000);
    await manager.start(spec);
    assert.equal(await pidOf(spec.unit), pid);
  });

  it('start from their present file after a stop', async () => {
    const mark = join(base, 'changed');
    const spec = write('changed', forever);
    await manager.start(spec);
    await manager.stop(spec.unit);
    await manager.start(write('changed', `echo new > ${mark}; ${forever}`));
    await until(() => existsSync(mark));
  });

  it('are told when they are killed, and start again at once although systemd would wait', async () => {
    const spec = write('killed', forever);
    await manager.start(spec);
    const pid = await pidOf(spec.unit);
    const ends: [string, UnitStatus][] = [];
    manager.onExit((unit, status) => ends.push([unit, status]));
    process.kill(pid, 'SIGKILL');
    const killedAt = performance.now();
    await until(() => ends.length > 0);
    assert.ok(performance.now() - killedAt < 2_000);
    assert.deepEqual(ends, [[spec.unit, { state: 'failed', lastExit: 'SIGKILL' }]]);
    await manager.start(spec);
    assert.ok(performance.now() - killedAt < 5_000);
    assert.notEqual(await pidOf(spec.unit), pid);
  });

  it('are waited for when systemd starts them again soon', async () => {
    const spec = write('soon', forever, { restartS: 1 });
    await manager.start(spec);
    const pid = await pidOf(spec.unit);
    process.kill(pid, 'SIGKILL');
    await until(async () => (await manager.status(spec.unit)).state === 'failed');
    await manager.start(spec);
    assert.notEqual(await pidOf(spec.unit), pid);
    const shown = execFileSync('systemctl', ['show', '--property=NRestarts', `${spec.unit}.service`], {
      encoding: 'utf8',
    });
    assert.equal(shown.trim(), 'NRestarts=1');
  });

  it('end after their time limit when they do not heed SIGTERM, and count as stopped', async () => {
    const mark = join(base, 'deaf');
    const spec = write('deaf', `trap "" TERM; echo > ${mark}; ${forever}`);
    await manager.start(spec);
    await until(() => existsSync(mark));
    const began = performance.now();
    await manager.stop(spec.unit);
    assert.ok(performance.now() - began >= 900);
    assert.equal((await manager.status(spec.unit)).state, 'inactive');
    await manager.stop(spec.unit);
  });

  it('that end by themselves with success have failed: nobody stopped them', async () => {
    const spec = write('ends', 'exit 0');
    await manager.start(spec);
    await until(async () => (await manager.status(spec.unit)).state === 'failed');
    assert.equal((await manager.status(spec.unit)).lastExit, '0');
    await manager.stop(spec.unit);
    assert.equal((await manager.status(spec.unit)).state, 'inactive');
  });

  it('are reloaded by their signal, and not at all when they have none', async () => {
    const mark = join(base, 'reloaded');
    const up = join(base, 'reload-up');
    const spec = write('reload', `trap "echo > ${mark}" HUP; echo > ${up}; ${forever}`, { reloadSignal: 'SIGHUP' });
    await manager.start(spec);
    await until(() => existsSync(up));
    const pid = await pidOf(spec.unit);
    await manager.reload(spec.unit);
    await until(() => existsSync(mark));
    assert.equal(await pidOf(spec.unit), pid);
    const without = write('no-reload', forever);
    await manager.start(without);
    for (const unit of [without.unit, `${prefix}-unknown`]) {
      await assert.rejects(manager.reload(unit), (error) => isAppError(error, 'FAILED_PRECONDITION'));
    }
  });

  it('say what is wrong: no program, no file, masked', async () => {
    const missing = write('missing', '', { argv: ['/nonexistent/program'] });
    await assert.rejects(manager.start(missing), (error) => isAppError(error, 'NOT_FOUND'));
    assert.equal((await manager.status(missing.unit)).lastExit, '203/EXEC');
    await manager.stop(missing.unit);
    const unknown = { ...missing, unit: `${prefix}-unknown` };
    await assert.rejects(manager.start(unknown), (error) => isAppError(error, 'NOT_FOUND'));
    const masked = write('masked', forever);
    rmSync(fileOf(masked.unit));
    symlinkSync('/dev/null', fileOf(masked.unit));
    await assert.rejects(manager.start(masked), (error) => isAppError(error, 'FAILED_PRECONDITION'));
  });

  it('have their last lines in the journal', async () => {
    const spec = write('talks', `echo one; echo two >&2; ${forever}`);
    await manager.start(spec);
    await until(async () => (await manager.lastLogLines(spec.unit, 10)).includes('two'));
    const lines = await manager.lastLogLines(spec.unit, 10);
    assert.ok(lines.indexOf('one') >= 0 && lines.indexOf('one') < lines.indexOf('two'));
  });

  it('go on without a manager, and are found by the next one', async () => {
    const spec = write('adopted', forever);
    await manager.start(spec);
    const pid = await pidOf(spec.unit);
    await manager.close();
    manager = createSystemdServiceManager();
    assert.equal(await pidOf(spec.unit), pid);
    await manager.start(spec);
    assert.equal(await pidOf(spec.unit), pid);
  });

  it('cost next to nothing while nothing happens', async (t) => {
    const specs = Array.from({ length: 14 }, (_, index) => write(`idle-${index}`, 'exec sleep 1000'));
    await Promise.all(specs.map((spec) => manager.start(spec)));
    await Promise.all(specs.map(({ unit }) => manager.status(unit)));
    const before = process.cpuUsage();
    const began = performance.now();
    await delay(3_000);
    const { system, user } = process.cpuUsage(before);
    const share = (system + user) / 1_000 / (performance.now() - began);
    t.diagnostic(`${(share * 100).toFixed(2)} % of a processor for ${specs.length} units`);
    assert.ok(share < 0.03, `${(share * 100).toFixed(2)} % of a processor`);
  });
});
