import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@easycerts/core';
import { loadUsers } from '../users.ts';
import { readProcess } from './process-info.ts';
import { createProcessServiceManager } from './process-service-manager.ts';
import type { ServiceManager, UnitSpec, UnitStatus } from './service-manager.ts';

const base = mkdtempSync(join(tmpdir(), 'process-manager-'));
const isRoot = process.geteuid?.() === 0;
after(() => rmSync(base, { recursive: true, force: true }));

let directory: string;
let managers: ServiceManager[];
let units: Set<string>;

beforeEach(() => {
  directory = mkdtempSync(join(base, 'case-'));
  managers = [];
  units = new Set();
});

afterEach(async () => {
  const last = makeManager();
  for (const unit of units) await last.stop(unit);
  await Promise.all(managers.map((manager) => manager.close()));
});

function makeManager(): ServiceManager {
  const manager = createProcessServiceManager({
    stateDirectory: join(directory, 'state'),
    logDirectory: join(directory, 'log'),
    users: loadUsers(),
  });
  managers.push(manager);
  return manager;
}

function shell(unit: string, script: string, changes: Partial<UnitSpec> = {}): UnitSpec {
  units.add(unit);
  const identity = { user: 'root', group: 'root' };
  return {
    unit,
    argv: ['/bin/sh', '-c', script],
    env: {},
    ...identity,
    stopTimeoutMs: 300,
    killMode: 'control-group',
    ...changes,
  };
}

/** Says on a file that it is ready, then waits for ever. */
function ready(file: string, before = ''): string {
  return `${before} echo $$ > ${join(directory, file)}.new; mv ${join(directory, file)}.new ${join(directory, file)}; while :; do sleep 0.05; done`;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'waited for 10 s');
    await delay(5);
  }
}

async function startReady(manager: ServiceManager, spec: UnitSpec, file: string): Promise<number> {
  await manager.start(spec);
  await until(() => existsSync(join(directory, file)));
  const { pid } = await manager.status(spec.unit);
  assert.ok(pid !== undefined);
  return pid;
}

function isRunning(pid: number): boolean {
  const info = readProcess(pid);
  return info !== undefined && !info.isZombie;
}

function nextExit(manager: ServiceManager): Promise<[string, UnitStatus]> {
  const { promise, resolve } = Promise.withResolvers<[string, UnitStatus]>();
  const keepAlive = setInterval(() => undefined, 1_000);
  const stop = manager.onExit((unit, status) => {
    stop();
    clearInterval(keepAlive);
    resolve([unit, status]);
  });
  return promise;
}

describe('start', () => {
  it('runs the program in a session of its own with only its environment, its log and its folder', async () => {
    const manager = makeManager();
    const script = ready('up', 'echo "to stdout $NAME $HOME."; echo to stderr >&2; pwd;');
    const pid = await startReady(manager, shell('a', script, { env: { NAME: 'value' } }), 'up');
    assert.equal(readProcess(pid)?.session, pid);
    assert.deepEqual(await manager.lastLogLines('a', 10), ['to stdout value .', 'to stderr', '/']);
    const { state, startedAt } = await manager.status('a');
    assert.equal(state, 'active');
    assert.ok(startedAt instanceof Date);
  });

  it('does nothing when the unit is active', async () => {
    const manager = makeManager();
    const pid = await startReady(manager, shell('a', ready('up')), 'up');
    await manager.start(shell('a', 'exit 1'));
    assert.equal((await manager.status('a')).pid, pid);
  });

  it('names a program that does not exist', async () => {
    const manager = makeManager();
    const spec = { ...shell('a', ''), argv: ['/nonexistent/program'] };
    await assert.rejects(
      manager.start(spec),
      (error) =>
        isAppError(error, 'NOT_FOUND') &&
        error.message.includes('/nonexistent/program') &&
        error.details.cure !== undefined,
    );
    assert.equal((await manager.status('a')).state, 'failed');
  });

  it('names a program that may not be executed', async () => {
    const manager = makeManager();
    writeFileSync(join(directory, 'text'), 'x', { mode: 0o644 });
    await assert.rejects(manager.start({ ...shell('a', ''), argv: [join(directory, 'text')] }), (error) =>
      isAppError(error, 'PERMISSION_DENIED'),
    );
  });

  it('refuses a unit name that would leave its folder', async () => {
    const manager = makeManager();
    for (const unit of ['../x', 'a/b', '', '.hidden', 'a\0b']) {
      await assert.rejects(manager.start({ ...shell('a', ''), unit }), (error) => isAppError(error, 'INVALID_INPUT'));
    }
  });

  it('drops to its user and group', { skip: isRoot ? false : 'needs root' }, async () => {
    const manager = makeManager();
    const exit = nextExit(manager);
    await manager.start(shell('a', 'id -u; id -g; id -G', { user: '1234', group: '4321' }));
    await exit;
    assert.deepEqual(await manager.lastLogLines('a', 3), ['1234', '4321', '4321']);
  });

  it('removes what a crashed unit left running', async () => {
    const manager = makeManager();
    const pid = await startReady(
      manager,
      shell(
        'a',
        ready('up', '(while :; do sleep 0.05; done) & echo $! > child;').replace('> child', `> ${directory}/child`),
      ),
      'up',
    );
    const child = Number(readFileSync(join(directory, 'child'), 'utf8'));
    const exit = nextExit(manager);
    process.kill(pid, 'SIGKILL');
    await exit;
    assert.ok(isRunning(child));
    rmSync(join(directory, 'up'));
    await startReady(manager, shell('a', ready('up')), 'up');
    assert.ok(!isRunning(child));
  });
});

describe('an end', () => {
  for (const [what, script, lastExit] of [
    ['an exit code', 'exit 3', '3'],
    ['a signal', 'kill -KILL $$', 'SIGKILL'],
    ['success, which nobody asked for', 'exit 0', '0'],
  ] as const) {
    it(`is told with ${what}`, async () => {
      const manager = makeManager();
      const exit = nextExit(manager);
      await manager.start(shell('a', script));
      assert.deepEqual(await exit, ['a', { state: 'failed', lastExit }]);
      assert.deepEqual(await manager.status('a'), { state: 'failed', lastExit });
    });
  }

  it('that was asked for is not told', async () => {
    const manager = makeManager();
    const told: string[] = [];
    manager.onExit((unit) => told.push(unit));
    await startReady(manager, shell('a', ready('up')), 'up');
    await manager.stop('a');
    assert.equal((await manager.status('a')).state, 'inactive');
    const exit = nextExit(manager);
    await manager.start(shell('b', 'exit 1'));
    await exit;
    assert.deepEqual(told, ['b']);
  });
});

describe('stop', () => {
  it('lets the program finish on SIGTERM', async () => {
    const manager = makeManager();
    await startReady(
      manager,
      shell('a', ready('up', 'trap "echo bye; exit 0" TERM;'), { stopTimeoutMs: 10_000 }),
      'up',
    );
    await manager.stop('a');
    assert.deepEqual(await manager.lastLogLines('a', 1), ['bye']);
  });

  it('kills what ignores SIGTERM, with all of its processes', async () => {
    const manager = makeManager();
    const script = ready('up', `trap "" TERM; (while :; do sleep 0.05; done) & echo $! > ${directory}/child;`);
    const pid = await startReady(manager, shell('a', script, { stopTimeoutMs: 50 }), 'up');
    const child = Number(readFileSync(join(directory, 'child'), 'utf8'));
    await manager.stop('a');
    assert.deepEqual([isRunning(pid), isRunning(child)], [false, false]);
  });

  it('leaves the children of a unit with kill mode process', async () => {
    const manager = makeManager();
    const script = ready('up', `(while :; do sleep 0.05; done) & echo $! > ${directory}/child;`);
    const pid = await startReady(manager, shell('a', script, { killMode: 'process' }), 'up');
    const child = Number(readFileSync(join(directory, 'child'), 'utf8'));
    await manager.stop('a');
    assert.deepEqual([isRunning(pid), isRunning(child)], [false, true]);
    rmSync(join(directory, 'up'));
    await startReady(manager, shell('a', ready('up'), { killMode: 'process' }), 'up');
    assert.ok(isRunning(child));
    process.kill(child, 'SIGKILL');
  });

  it('does nothing for a unit that never ran', async () => {
    await makeManager().stop('unknown');
  });
});

describe('reload', () => {
  it('sends the reload signal', async () => {
    const manager = makeManager();
    await startReady(
      manager,
      shell('a', ready('up', `trap "echo > ${directory}/reloaded" HUP;`), { reloadSignal: 'SIGHUP' }),
      'up',
    );
    await manager.reload('a');
    await until(() => existsSync(join(directory, 'reloaded')));
    assert.equal((await manager.status('a')).state, 'active');
  });

  it('refuses a unit that has no reload signal, so it is not killed by it', async () => {
    const manager = makeManager();
    await startReady(manager, shell('a', ready('up')), 'up');
    await assert.rejects(manager.reload('a'), (error) => isAppError(error, 'FAILED_PRECONDITION'));
    await assert.rejects(manager.reload('unknown'), (error) => isAppError(error, 'FAILED_PRECONDITION'));
  });
});

describe('adoption', () => {
  it('takes over what another manager left running, and sees it end', async () => {
    const first = makeManager();
    const pid = await startReady(first, shell('a', ready('up'), { reloadSignal: 'SIGHUP' }), 'up');
    await first.close();
    const second = makeManager();
    assert.deepEqual([(await second.status('a')).pid, (await second.status('a')).state], [pid, 'active']);
    const exit = nextExit(second);
    process.kill(pid, 'SIGKILL');
    const [unit, status] = await exit;
    assert.deepEqual([unit, status.state], ['a', 'failed']);
  });

  it('stops what it took over', async () => {
    const first = makeManager();
    const pid = await startReady(first, shell('a', ready('up')), 'up');
    await first.close();
    await makeManager().stop('a');
    assert.ok(!isRunning(pid));
  });

  it('survives kill -9 of the manager, and the units do too', async () => {
    const pid = Number(await runAndKillManager(ready('up')));
    await until(() => existsSync(join(directory, 'up')));
    units.add('a');
    const manager = makeManager();
    assert.ok(isRunning(pid));
    assert.equal((await manager.status('a')).pid, pid);
    assert.deepEqual(await manager.lastLogLines('a', 5), []);
  });

  it('finds a process whose start was cut off before its pid was written', async () => {
    const first = makeManager();
    const pid = await startReady(first, shell('a', ready('up')), 'up');
    await first.close();
    const { pid: _, startTime: __, startedAt: ___, ...record } = readRecord();
    writeRecord({ ...record, phase: 'starting' });
    const second = makeManager();
    assert.equal((await second.status('a')).pid, pid);
  });

  it('does not take a stranger with the same pid for its unit', async () => {
    const first = makeManager();
    const pid = await startReady(first, shell('a', ready('up')), 'up');
    await first.close();
    const record = readRecord();
    writeRecord({ ...record, pid: process.pid, startTime: 1 });
    const second = makeManager();
    assert.equal((await second.status('a')).state, 'failed');
    await second.stop('a');
    assert.ok(isRunning(pid), 'only what is ours is stopped');
    writeRecord(record);
  });

  it('takes nothing over from before a reboot', async () => {
    const first = makeManager();
    await startReady(first, shell('a', ready('up')), 'up');
    await first.close();
    const record = readRecord();
    writeRecord({ ...record, bootId: 'another boot' });
    assert.deepEqual(await makeManager().status('a'), { state: 'failed', lastExit: 'machine restarted' });
    writeRecord(record);
  });

  it('goes on when a record is damaged', async () => {
    const first = makeManager();
    mkdirSync(join(directory, 'state'), { recursive: true });
    for (const [unit, text] of [
      ['b', '{'],
      ['c', '{"unit":"c"}'],
      ['d', '{"unit":"a","phase":"running"}'],
      ['e', 'null'],
    ] as const) {
      writeFileSync(join(directory, 'state', `${unit}.unit.json`), text);
    }
    await first.close();
    const second = makeManager();
    for (const unit of ['b', 'c', 'd', 'e']) assert.equal((await second.status(unit)).state, 'inactive');
    await startReady(second, shell('b', ready('up')), 'up');
  });
});

describe('logs', () => {
  it('are read from their end only, and appended to by the next start', async () => {
    const manager = makeManager();
    for (const word of ['first', 'second']) {
      const exit = nextExit(manager);
      await manager.start(shell('a', `echo ${word}`));
      await exit;
    }
    assert.deepEqual(await manager.lastLogLines('a', 9), ['first', 'second']);
    assert.deepEqual(await manager.lastLogLines('a', 1), ['second']);
    assert.deepEqual(await manager.lastLogLines('a', 0), []);
    assert.deepEqual(await manager.lastLogLines('unknown', 5), []);
  });

  it('of more than 10 MB are moved away at the next start', async () => {
    const manager = makeManager();
    mkdirSync(join(directory, 'log'));
    writeFileSync(join(directory, 'log/a.log'), 'x'.repeat(10 * 1024 * 1024 + 1));
    const exit = nextExit(manager);
    await manager.start(shell('a', 'echo new'));
    await exit;
    assert.equal(readFileSync(join(directory, 'log/a.log'), 'utf8'), 'new\n');
    assert.ok(statSync(join(directory, 'log/a.log.1')).size > 10 * 1024 * 1024);
    assert.equal(statSync(join(directory, 'log/a.log')).mode & 0o007, 0);
  });

  it('show a bounded part of an endless line', async () => {
    mkdirSync(join(directory, 'log'));
    writeFileSync(join(directory, 'log/a.log'), `${'y'.repeat(200_000)}\nend\n`);
    assert.deepEqual(await makeManager().lastLogLines('a', 5), ['end']);
  });
});

function recordPath(): string {
  const [name] = readdirSync(join(directory, 'state')).filter((entry) => entry === 'a.unit.json');
  assert.ok(name !== undefined);
  return join(directory, 'state', name);
}

function readRecord(): Record<string, unknown> {
  return JSON.parse(readFileSync(recordPath(), 'utf8'));
}

function writeRecord(record: Record<string, unknown>): void {
  writeFileSync(recordPath(), JSON.stringify(record));
}

/** Starts unit `a` from another node process, kills that one, and gives the unit's pid. */
async function runAndKillManager(script: string): Promise<string> {
  const program = `
    import { createProcessServiceManager } from ${JSON.stringify(join(import.meta.dirname, 'process-service-manager.ts'))};
    import { loadUsers } from ${JSON.stringify(join(import.meta.dirname, '../users.ts'))};
    const manager = createProcessServiceManager({ stateDirectory: '${directory}/state', logDirectory: '${directory}/log', users: loadUsers() });
    await manager.start(${JSON.stringify(shell('a', script))});
    process.stdout.write(String((await manager.status('a')).pid));
    setInterval(() => undefined, 1000);`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  child.stdout?.once('data', (data: Buffer) => resolve(data.toString()));
  const pid = await promise;
  const exited = Promise.withResolvers<void>();
  child.once('exit', () => exited.resolve());
  child.kill('SIGKILL');
  await exited.promise;
  return pid;
}
