/** From the start of the process to the first certificate over HTTPS: the bus runs and the state is there, as on a host that updates. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CfsslKeysService } from '@easycerts/contracts';
import { bundle } from '@easycerts/package';
import { connectGrpcService } from '@easycerts/runtime';
import { freePort } from '@easycerts/testing';
import { node, specOf } from '../../../apps/ca/test/fixture.ts';
import { startSite } from '../../../apps/ca/test/running-ca.ts';
import { manyCsrs } from '../../issuing/many-csrs.ts';
import { type Result, spreadOf } from '../result.ts';
import { bodyMaker, cfssl } from './sides.ts';

const path = '/api/v1/cfssl/authsign';

export async function caStart(rounds: number, say: (line: string) => void): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'easycerts-bench-start-'));
  const site = await startSite();
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    const script = join(folder, 'easycerts.cjs');
    writeFileSync(script, (await bundle()).scripts.ca);
    const { paths, server } = site;
    const ports = { grpcPort: await freePort(), httpsPort: await freePort(), enrolPort: await freePort() };
    const port = await freePort();
    const config = {
      roles: ['master', 'node'],
      masterAddress: 'localhost',
      bus: { port: server.port },
      kubelet: { hostname: 'm1' },
      pki: { ...ports, cfssl: { enable: true, port } },
    };
    mkdirSync(dirname(paths.clusterFile), { recursive: true });
    writeFileSync(paths.clusterFile, JSON.stringify(config));
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const words = [script, 'ca', 'run', '--root', paths.root];
    const start = (): ChildProcess => spawn(process.execPath, words, { env, stdio: 'ignore' });
    const key = await firstStart(start, ports.grpcPort, paths.hostIdentity);
    const bodies = (await manyCsrs(specOf(node, 'kubelet'), rounds)).map(bodyMaker(key));
    for (let round = 1; round <= rounds; round++) {
      ours.push(await untilSigned(start, port, bodies[round - 1] ?? ''));
      theirs.push(await theirStart());
      say(`  round ${round}: ours ${ours.at(-1)?.toFixed(0)} ms, cfssl ${theirs.at(-1)?.toFixed(0)} ms`);
    }
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const [mine, other] = [spreadOf(ours), spreadOf(theirs)];
  return {
    name: 'ca-start-vs-cfssl',
    what: 'start of `ca run` to the first certificate by `authsign` over HTTPS; theirs: `cfssl serve` without database',
    ours: mine,
    theirs: other,
    ratio: mine.median / other.median,
    unit: 'ms',
    goal: 'at most 300 ms longer',
    notes: [`${(mine.median - other.median).toFixed(0)} ms longer (goal: at most 300 ms)`],
  };
}

/** The key of n1, made by a first start; that fills the cache of compiled code, which the package has in its executable. */
async function firstStart(start: () => ChildProcess, grpcPort: number, identityDirectory: string): Promise<string> {
  const child = start();
  const client = connectGrpcService(CfsslKeysService, { endpoint: `localhost:${grpcPort}`, identityDirectory });
  const wanted = { host: node.name, profile: '', registerHost: true, addresses: [...node.addresses] };
  try {
    for (let attempt = 1; ; attempt++) {
      const answer = await client.createCfsslKey(wanted).catch((error: unknown) => {
        if (attempt > 100 || child.exitCode !== null) throw error;
      });
      if (answer !== undefined) return answer.key;
      await pause(100);
    }
  } finally {
    client.close();
    await end(child);
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  if (child.exitCode === null) await ended;
}

async function theirStart(): Promise<number> {
  const [csr] = await manyCsrs(specOf(node, 'kubelet'), 1);
  const side = cfssl({ isPlain: false, isOpen: false, hasDatabase: false });
  const prepared = await side.prepare();
  const body = prepared.bodyOf(csr ?? new Uint8Array());
  try {
    return await untilSigned(() => prepared.spawn(), Number(new URL(prepared.url).port), body);
  } finally {
    prepared.remove();
  }
}

/** Milliseconds; the process is ended then. */
async function untilSigned(start: () => ChildProcess, port: number, body: string): Promise<number> {
  const startedMs = performance.now();
  const child = start();
  try {
    while (!(await isSigned(port, body))) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      if (performance.now() - startedMs > 60_000) throw new Error('no certificate after a minute');
      await pause(2);
    }
    return performance.now() - startedMs;
  } finally {
    await end(child);
  }
}

/** Another connection each time: before it listens there is none. */
function isSigned(port: number, body: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options = { port, host: '127.0.0.1', path, method: 'POST', agent: false, rejectUnauthorized: false };
  request({ ...options, headers: { 'content-type': 'application/json' } }, (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode === 200));
  })
    .on('error', () => resolve(false))
    .end(body);
  return promise;
}
