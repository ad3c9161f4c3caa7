/** kill -9 at every step of an enrolment: the next process ends it, nothing is issued twice, no key and no token is left. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readReceivedDigest, readTlsIdentity } from '@easycerts/runtime';
import { enrolmentSteps } from '../src/edge/enrol-host.ts';
import { enrolmentStates } from '../src/edge/status-file.ts';
import { createEnrolmentHost, type EnrolmentHost } from './enrolment-host.ts';

const moduleOf = (path: string): string => JSON.stringify(import.meta.resolve(path));

/** One look in a process of its own, which kills itself at the moment that it is told. */
const childScript = `
  import { pathsUnder } from '@easycerts/cluster';
  import { createLogger, systemClock } from '@easycerts/runtime';
  import { Enroller } from ${moduleOf('../src/edge/enroller.ts')};
  import { enrolHostParts } from ${moduleOf('../src/edge/make-enroller.ts')};
  const [root, moment] = process.argv.slice(1);
  const die = (now) => { if (now === moment) process.kill(process.pid, 'SIGKILL'); };
  const context = {
    clock: systemClock, random: Math.random, logger: createLogger({ service: 't', level: 'silent' }),
    events: { publish: () => die('event'), flush: async () => undefined },
  };
  const options = { host: 'n1', paths: pathsUnder(root), users: { idsOf: () => undefined }, signal: new AbortController().signal };
  const parts = enrolHostParts(context, options);
  const onStatus = async ({ state }) => die('state ' + state);
  process.stdout.write('.');
  await new Enroller({ ...parts, context, onStatus, onStep: die }).look();
  die('end');`;

async function runAndDie(host: EnrolmentHost, moment: string): Promise<void> {
  const args = ['--input-type=module', '-e', childScript, host.paths.root, moment];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname });
  if (moment === 'any') {
    await once(child.stdout, 'data');
    await delay(Math.random() * 120);
    child.kill('SIGKILL');
  }
  const [code, signal] = await once(child, 'exit');
  if (moment === 'any') assert.ok(code === 0 || signal === 'SIGKILL', `${code} ${signal}`);
  else assert.equal(signal, 'SIGKILL', `it got to ${moment}`);
}

/** What a crash may leave: each thing whole or not there, and never an identity without its configuration. */
async function assertWhole({ paths }: EnrolmentHost): Promise<void> {
  if (!existsSync(paths.hostIdentity)) return;
  await readTlsIdentity(paths.hostIdentity);
  assert.notEqual(await readReceivedDigest(paths), undefined, 'the configuration came before the identity');
}

async function assertEnded(host: EnrolmentHost): Promise<void> {
  const { paths } = host;
  const { cert } = await readTlsIdentity(paths.hostIdentity);
  assert.ok(cert.length > 0);
  assert.notEqual(await readReceivedDigest(paths), undefined);
  assert.equal(existsSync(paths.joinToken), false, 'no token is left');
  assert.deepEqual(await readdir(`${paths.certmgrState}/pending`), [], 'no key is left');
  assert.equal(host.issued.size, 1, 'nothing is issued twice');
  assert.ok(host.issued.has((await readSerial(host)) ?? ''));
}

async function readSerial({ paths }: EnrolmentHost): Promise<string | undefined> {
  const { readSet } = await import('@easycerts/runtime');
  return (await readSet(paths.hostIdentity)).serial;
}

describe('kill -9 while enrolling', () => {
  const states = enrolmentStates.filter((state) => state === 'enrolling' || state === 'done');
  const moments = [...states.map((state) => `state ${state}`), ...enrolmentSteps, 'event', 'end'];
  for (const moment of moments) {
    test(`at ${moment}: the next process ends it`, async (t) => {
      const host = await createEnrolmentHost(t);
      await host.startEnrolment();
      await host.writeToken();
      await runAndDie(host, moment);
      await assertWhole(host);
      const callsBefore = host.requests.length;
      await host.enroller().look();
      await assertEnded(host);
      const hasIdentity = ['delivered', 'event', 'told', 'state done', 'end'].includes(moment);
      assert.equal(host.requests.length - callsBefore, hasIdentity ? 0 : 1, 'asked again only without an identity');
      assert.equal(new Set(host.requests.map(({ requestId }) => requestId)).size, 1, 'with the same request');
    });
  }

  test('while the CA refuses: at every step the token is gone in the end, and no key is left', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    const { AppError } = await import('@easycerts/core');
    host.wrong = { error: new AppError('PERMISSION_DENIED', 'no', { details: { reason: 'token-used' } }) };
    for (const moment of ['state enrolling', 'requested', 'state refused']) {
      await host.writeToken();
      await runAndDie(host, moment);
      const enroller = host.enroller();
      await enroller.look();
      assert.equal(enroller.status?.state, 'refused', moment);
      assert.equal(existsSync(host.paths.joinToken), false);
      assert.deepEqual(await readdir(`${host.paths.certmgrState}/pending`), []);
      assert.equal(existsSync(host.paths.hostIdentity), false);
    }
  });

  test('at any moment, again and again: it ends well', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    await host.writeToken();
    for (let round = 0; round < 8 && existsSync(host.paths.joinToken); round += 1) {
      await runAndDie(host, 'any');
      await assertWhole(host);
    }
    await host.enroller().look();
    await assertEnded(host);
  });
});
