import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { recordingLogger, silentLogger } from '@easycerts/testing';
import { createSystemdNotifier } from './systemd-notify.ts';

const base = mkdtempSync(join(tmpdir(), 'notify-'));
after(() => rmSync(base, { recursive: true, force: true }));

let directory: string;
let program: string;

beforeEach(() => {
  directory = mkdtempSync(join(base, 'case-'));
  program = join(directory, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${directory}/told\n`, { mode: 0o755 });
});

/** The lines so far. The shell makes the file before it writes a line. */
const told = (): readonly string[] =>
  existsSync(join(directory, 'told'))
    ? readFileSync(join(directory, 'told'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'waited for 10 s');
    await delay(5);
  }
}

const inUnit = { NOTIFY_SOCKET: '/run/systemd/notify', PATH: process.env.PATH };
const watched = { ...inUnit, WATCHDOG_USEC: '40000', WATCHDOG_PID: String(process.pid) };

describe('a notifier', () => {
  it('says that the service has started, on the socket of its unit', async () => {
    const notifier = createSystemdNotifier({ logger: silentLogger(), environment: inUnit, program });
    notifier.ready('waits for a token');
    await until(() => told().length > 0);
    notifier.close();
    assert.deepEqual(told(), ['/run/systemd/notify --ready --status=waits for a token']);
  });

  it('says that it lives again and again, until it is closed', async () => {
    const notifier = createSystemdNotifier({ logger: silentLogger(), environment: watched, program });
    notifier.ready();
    await until(() => told().filter((line) => line.endsWith(' WATCHDOG=1')).length >= 3);
    notifier.close();
  });

  it('says nothing while the event loop stands still, as a service that hangs must not', async () => {
    const notifier = createSystemdNotifier({ logger: silentLogger(), environment: watched, program });
    notifier.ready();
    await until(() => told().some((line) => line.endsWith(' WATCHDOG=1')));
    const before = told().length;
    const end = Date.now() + 200;
    while (Date.now() < end);
    // at most the one that was already on its way
    assert.ok(told().length <= before + 1);
    notifier.close();
  });

  it('leaves the watchdog of another process alone', async () => {
    const environment = { ...watched, WATCHDOG_PID: '1' };
    const notifier = createSystemdNotifier({ logger: silentLogger(), environment, program });
    notifier.ready();
    await until(() => told().length > 0);
    notifier.close();
    assert.ok(told().every((line) => line.includes('--ready')));
  });

  it('does nothing where systemd did not start the service', () => {
    const notifier = createSystemdNotifier({ logger: silentLogger(), environment: {}, program: '/nonexistent' });
    notifier.ready();
    notifier.close();
    assert.deepEqual(told(), []);
  });

  it('warns once when systemd cannot be told, and the service goes on', async () => {
    const { entries, logger } = recordingLogger();
    const environment = { ...watched, WATCHDOG_USEC: '4000' };
    const missing = join(directory, 'missing');
    const notifier = createSystemdNotifier({ logger, environment, program: missing });
    notifier.ready();
    await until(() => entries.length > 0);
    writeFileSync(missing, `#!/bin/sh\necho ok >> ${directory}/told\n`, { mode: 0o755 });
    await until(() => told().length > 0);
    notifier.close();
    assert.equal(entries.length, 1);
  });
});
