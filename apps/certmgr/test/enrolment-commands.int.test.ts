/** `certmgr run` and `certmgr enrol` on a machine that nobody has configured. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import { encodeJoinToken } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { nodeNameOf, readSet } from '@easycerts/runtime';
import { freePort } from '@easycerts/testing';
import { StatusFile } from '../src/edge/status-file.ts';
import { createEnrolmentHost, type EnrolmentHost } from './enrolment-host.ts';
import { type Program, startProgram, until } from './processes.ts';

/** This machine, not joined yet: a program names the host after it. */
const createMachine = async (t: TestContext): Promise<EnrolmentHost> =>
  createEnrolmentHost(t, {
    name: nodeNameOf(hostname()),
    cluster: [`pki: {grpcPort: ${await freePort()}}`, `bus: {port: ${await freePort()}}`],
  });

const start = (
  t: TestContext,
  host: EnrolmentHost,
  args: readonly string[],
  more: { input?: string; env?: Record<string, string> } = {},
): Program => startProgram(t, 'certmgr', { args: [...args, '--root', host.paths.root], ...more });

const statusOf = ({ paths }: EnrolmentHost) => new StatusFile(paths).read();
const underSystemd = { NOTIFY_SOCKET: '/nowhere' };

describe('certmgr run on a machine without a configuration', () => {
  test('waits under systemd, enrols when a token comes, and goes on in the same process', async (t) => {
    const host = await createMachine(t);
    const { paths } = host;
    const running = start(t, host, ['run'], { env: underSystemd });
    await until(() => running.output().includes('not part of a cluster yet'), running.output);
    assert.match(running.output(), /joiner join/);

    await host.writeToken();
    await until(() => statusOf(host)?.enrolment?.state === 'waiting', running.output);
    assert.equal(statusOf(host)?.enrolment?.code, 'UNAVAILABLE');
    await host.startEnrolment();
    await until(() => statusOf(host)?.enrolment?.state === 'done' && !existsSync(paths.joinToken), running.output);
    const { serial } = await readSet(paths.hostIdentity);
    assert.ok(host.issued.has(serial ?? ''));
    assert.equal(host.issued.size, 1);

    // It has its configuration, so it looks at specs: the CA that it names is not there, which it says
    await host.writeSpecs(host.spec('kubelet'));
    await until(() => (statusOf(host)?.failures.length ?? 0) > 0, running.output);
    assert.equal(statusOf(host)?.pid, running.child.pid);
    assert.equal(statusOf(host)?.enrolment?.state, 'done', 'what was is still told');
    running.child.kill('SIGTERM');
    assert.equal(await running.ended, 0, running.output());
    assert.ok(!running.output().includes('ect1.'));
  });

  test('says why a token was refused, and takes the next one', async (t) => {
    const host = await createMachine(t);
    await host.startEnrolment();
    host.wrong = {
      error: new AppError('PERMISSION_DENIED', 'no', { details: { reason: 'token-used', cure: 'make one' } }),
    };
    await host.writeToken();
    const running = start(t, host, ['run'], { env: underSystemd });
    await until(
      () => statusOf(host)?.enrolment?.state === 'refused' && !existsSync(host.paths.joinToken),
      running.output,
    );
    const { state, reason, cure } = statusOf(host)?.enrolment ?? {};
    assert.deepEqual([state, reason, cure], ['refused', 'token-used', 'make one']);
    host.wrong = {};
    const next = await host.writeToken();
    await until(() => statusOf(host)?.enrolment?.state === 'done', running.output);
    assert.equal(statusOf(host)?.enrolment?.tokenId, next.id);
  });

  test('without systemd it enrols too, and without a token it says what to do', async (t) => {
    const host = await createMachine(t);
    const idle = start(t, host, ['run']);
    assert.equal(await idle.ended, 2);
    assert.match(idle.output(), /joiner join/);
    await host.startEnrolment();
    await host.writeToken();
    const running = start(t, host, ['run']);
    await until(() => statusOf(host)?.enrolment?.state === 'done', running.output);
    running.child.kill('SIGTERM');
    assert.equal(await running.ended, 0, running.output());
  });

  test('is stopped while it waits, and SIGHUP does not end it', async (t) => {
    const host = await createMachine(t);
    const running = start(t, host, ['run'], { env: underSystemd });
    await until(() => running.output().includes('not part of a cluster yet'), running.output);
    running.child.kill('SIGHUP');
    await host.writeToken();
    await until(() => statusOf(host)?.enrolment?.state === 'waiting', running.output);
    running.child.kill('SIGTERM');
    assert.notEqual(await running.ended, null, 'it ended by itself');
    assert.ok(existsSync(host.paths.joinToken), 'the token waits for the next start');
  });
});

describe('certmgr enrol', () => {
  test('takes the token from standard input, once', async (t) => {
    const host = await createMachine(t);
    await host.startEnrolment();
    const input = `${encodeJoinToken(host.token())}\n`;
    const first = start(t, host, ['enrol', '--json'], { input });
    assert.equal(await first.ended, 0, first.output());
    const { serial } = await readSet(host.paths.hostIdentity);
    assert.deepEqual([JSON.parse(first.output()).ok, JSON.parse(first.output()).serial], [true, serial]);
    const second = start(t, host, ['enrol'], { input });
    assert.equal(await second.ended, 1);
    assert.match(second.output(), /has its identity already/);
    assert.equal(host.requests.length, 1);
  });

  test('takes it from a file, and removes that', async (t) => {
    const host = await createMachine(t);
    await host.startEnrolment();
    const file = `${host.paths.root}/token`;
    await writeFile(file, encodeJoinToken(host.token()), { mode: 0o600 });
    const enrolling = start(t, host, ['enrol', '--token-file', file]);
    assert.equal(await enrolling.ended, 0, enrolling.output());
    assert.match(enrolling.output(), /this host has its identity, [0-9a-f]+, valid until 20/);
    assert.equal(existsSync(file), false);
  });

  type Row = readonly [name: string, code: number, says: RegExp, prepare: (host: EnrolmentHost) => Promise<string>];
  const rows: readonly Row[] = [
    ['nothing', 2, /it is empty/, async () => ''],
    ['a cut token', 2, /cut or mistyped/, async (host) => encodeJoinToken(host.token()).slice(0, -2)],
    ['more than any token', 2, /too long|more than one/, async (host) => encodeJoinToken(host.token()).repeat(200)],
    ['a token whose CA is away', 1, /UNAVAILABLE|reach the CA/, async (host) => encodeJoinToken(host.token())],
    [
      'a token of another cluster',
      1,
      /somebody may be in between/,
      async (host) => {
        await host.startEnrolment();
        return encodeJoinToken(host.token({ pin: 'ab'.repeat(32) }));
      },
    ],
    [
      'a token that was used',
      1,
      /nobody|no more/,
      async (host) => {
        await host.startEnrolment();
        host.wrong = {
          error: new AppError('PERMISSION_DENIED', 'no more', { details: { reason: 'token-used', cure: 'x' } }),
        };
        return encodeJoinToken(host.token());
      },
    ],
  ];
  for (const [name, code, says, prepare] of rows) {
    test(`with ${name} exits ${code}, says so, and leaves nothing`, async (t) => {
      const host = await createMachine(t);
      const input = await prepare(host);
      const enrolling = start(t, host, ['enrol'], { input });
      assert.equal(await enrolling.ended, code, enrolling.output());
      assert.match(enrolling.output(), says);
      assert.match(enrolling.output(), /do: /);
      assert.ok(!enrolling.output().includes(input.slice(5, 60) || 'ect1.'));
      assert.equal(existsSync(host.paths.hostIdentity), false);
    });
  }

  test('with a file of the wrong mode does not use it', async (t) => {
    const host = await createMachine(t);
    const file = `${host.paths.root}/token`;
    await writeFile(file, encodeJoinToken(host.token()), { mode: 0o644 });
    const enrolling = start(t, host, ['enrol', '--token-file', file]);
    assert.equal(await enrolling.ended, 1);
    assert.match(enrolling.output(), /can be read or written by others/);
    assert.ok((await readFile(file, 'utf8')).startsWith('ect1.'));
  });
});
