/** `ca run` as a process: ready, killed -9 and there again, stopped in order. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { authorityNames } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { connectCertificateAuthority } from '@easycerts/runtime';
import { freePort } from '@easycerts/testing';
import { authorityFiles } from '../src/edge/authority-files.ts';
import { master } from './fixture.ts';
import { type CaSite, startSite } from './running-ca.ts';

let site: CaSite;
let grpcPort: number;
const children = new Set<ChildProcess>();

before(async () => {
  site = await startSite();
  grpcPort = await freePort();
  await mkdir(dirname(site.paths.clusterFile), { recursive: true });
  const [nodeIp] = master.addresses;
  const text = [
    'roles: [master, node]',
    'masterAddress: localhost',
    `kubelet: {hostname: ${master.name}, nodeIp: ${nodeIp}}`,
    `pki: {grpcPort: ${grpcPort}, httpsPort: ${await freePort()}}`,
    `bus: {port: ${site.server.port}}`,
  ];
  await writeFile(site.paths.clusterFile, `${text.join('\n')}\n`);
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await site?.close();
});

interface Daemon {
  readonly child: ChildProcess;
  readonly log: () => string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts `ca run` and waits until it is ready. */
async function run(): Promise<Daemon> {
  const program = `${import.meta.dirname}/../src/main.ts`;
  const args = [program, 'run', '--root', site.paths.root, '--log-level', 'debug'];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  children.add(child);
  let log = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk;
    if (log.includes('the CA is ready')) resolve();
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  void ended.then(() => reject(new Error(`ca run ended: ${log}`)));
  await ready;
  return { child, log: () => log, ended };
}

const everything = { pageSize: 0, pageToken: '', host: '', name: '', authority: '', onlyValid: false };

async function serials(): Promise<readonly string[]> {
  const client = connectCertificateAuthority({
    endpoint: `localhost:${grpcPort}`,
    identityDirectory: site.paths.hostIdentity,
  });
  try {
    return (await client.listCertificates(everything)).certificates.map(({ serial }) => serial);
  } finally {
    client.close();
  }
}

/** As a client that calls again: the certificates are in the stream, until the bus is there again nobody sees them. */
async function serialsOnceAvailable(): Promise<readonly string[]> {
  for (;;) {
    try {
      return await serials();
    } catch (error) {
      if (!isAppError(error, 'UNAVAILABLE')) throw error;
    }
    await setTimeout(50);
  }
}

test('it starts, is killed -9, starts again with nothing lost, and stops in order on SIGTERM', async () => {
  const first = await run();
  const before = await serials();
  assert.equal(before.length, 3);
  first.child.kill('SIGKILL');
  await first.ended;
  await assert.rejects(serials(), (error) => isAppError(error, 'UNAVAILABLE'));
  const second = await run();
  assert.deepEqual(await serials(), before);
  second.child.kill('SIGTERM');
  assert.equal(await second.ended, 0);

  for (const name of authorityNames) {
    const secret = (await readFile(authorityFiles(site.paths.ca, name).key, 'utf8')).split('\n')[1] ?? '';
    assert.ok(secret.length > 30 && !first.log().includes(secret) && !second.log().includes(secret));
  }
  for (const seed of Object.values(site.server.keys)) assert.ok(!second.log().includes(seed.seed));
});

test('nats-server is killed -9 while it runs: it is ready again by itself', { timeout: 60_000 }, async () => {
  const daemon = await run();
  const before = await serials();
  await site.server.kill();
  await site.server.start();
  assert.deepEqual(await serialsOnceAvailable(), before);
  daemon.child.kill('SIGTERM');
  assert.equal(await daemon.ended, 0);
});
