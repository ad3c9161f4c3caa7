import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@easycerts/core';
import { awaitAcceptedConfig } from './await-config.ts';

const base = mkdtempSync(join(tmpdir(), 'await-config-'));
after(() => rmSync(base, { recursive: true, force: true }));

const config = 'roles: [master, node]\nmasterAddress: 192.0.2.1\n';
const { PATH: path } = process.env;
let directory: string;
let configFile: string;
let stop: AbortController;

beforeEach(() => {
  directory = mkdtempSync(join(base, 'case-'));
  configFile = join(directory, 'cluster.yaml');
  stop = new AbortController();
  writeFileSync(join(directory, 'systemd-notify'), `#!/bin/sh\necho "$*" >> ${directory}/told\n`, { mode: 0o755 });
  process.env.PATH = `${directory}:${path ?? ''}`;
  process.env.NOTIFY_SOCKET = '/nowhere';
});

afterEach(() => {
  process.env.PATH = path;
  delete process.env.NOTIFY_SOCKET;
});

const load = (problems: unknown[] = [], meanwhile?: () => Promise<boolean>) =>
  awaitAcceptedConfig(
    { configFile, logLevel: 'silent', signal: stop.signal },
    {
      service: 'test',
      onProblem: (error) => problems.push(error),
      ...(meanwhile === undefined ? {} : { meanwhile }),
    },
  );

async function toldWaiting(): Promise<string> {
  const deadline = Date.now() + 10_000;
  while (!existsSync(join(directory, 'told'))) {
    assert.ok(Date.now() < deadline, 'waited for 10 s');
    await delay(5);
  }
  return readFileSync(join(directory, 'told'), 'utf8');
}

describe('a daemon without a configuration', () => {
  it('counts as started under systemd, tells what it waits for, and goes on when it comes', async () => {
    const loading = load();
    assert.equal(await toldWaiting(), `--ready --status=waits for ${configFile}\n`);
    writeFileSync(configFile, config);
    assert.deepEqual((await loading)?.roles, ['master', 'node']);
  });

  it('ends when it is stopped', async () => {
    const loading = load();
    await toldWaiting();
    stop.abort(new Error('stopped'));
    assert.equal(await loading, undefined);
  });

  it('sees at once what a master has sent: the folder that it comes to may not be there yet', async () => {
    const loading = load();
    await toldWaiting();
    const started = performance.now();
    mkdirSync(join(directory, 'received'));
    writeFileSync(join(directory, 'received', 'cluster.yaml'), config.replace('master, ', ''));
    assert.deepEqual((await loading)?.roles, ['node']);
    assert.ok(performance.now() - started < 900, 'before the next interval');
  });

  it('does meanwhile what it is told, and looks again as soon as that has brought a configuration', async () => {
    let looks = 0;
    const meanwhile = async (): Promise<boolean> => {
      looks += 1;
      if (looks === 2) writeFileSync(configFile, config);
      return true;
    };
    delete process.env.NOTIFY_SOCKET;
    assert.deepEqual((await load([], meanwhile))?.roles, ['master', 'node']);
    assert.equal(looks, 2);
    assert.ok(!existsSync(join(directory, 'told')), 'without systemd nobody is told');
  });

  it('does not wait where there is nothing to wait for', async () => {
    delete process.env.NOTIFY_SOCKET;
    await assert.rejects(
      load([], async () => false),
      (error) => isAppError(error, 'INVALID_CONFIG'),
    );
  });

  it('does not wait where a person started it', async () => {
    delete process.env.NOTIFY_SOCKET;
    await assert.rejects(load(), (error) => isAppError(error, 'INVALID_CONFIG'));
  });

  it('does not wait for a mistake to mend itself', async () => {
    writeFileSync(configFile, 'roles: [queen]\n');
    await assert.rejects(load(), (error) => isAppError(error, 'INVALID_CONFIG'));
    assert.ok(!existsSync(join(directory, 'told')));
  });

  it('does not wait for one that is there', async () => {
    writeFileSync(configFile, config);
    assert.equal((await load())?.masterAddress, '192.0.2.1');
    assert.ok(!existsSync(join(directory, 'told')));
  });
});
