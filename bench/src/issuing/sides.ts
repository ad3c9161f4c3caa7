/** The CAs that are compared, each started anew for every round, with a database or ledger that is empty. */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensurePinnedProgram } from '@easycerts/kube-assets';
import { createAuthority, encodePem, privateKeyToPem } from '@easycerts/pki';
import { createTestPki, freePort } from '@easycerts/testing';
import type { CaReport, CaWish } from '../../issuing/ca-report.ts';
import { startPostgres } from './postgres.ts';

export type Endpoint = 'sign' | 'authsign';

export interface RunningSide {
  readonly url: string;
  readonly pids: () => readonly number[];
  /** The body that asks for the certificate of a CSR. */
  readonly bodyOf: (csrDer: Uint8Array) => string;
  stop(): Promise<void>;
}

export interface Side {
  readonly name: string;
  start(): Promise<RunningSide>;
}

const program = join(import.meta.dirname, '../../issuing/our-ca.ts');
const schema = join(import.meta.dirname, '../../issuing/certdb.sql');
const path = '/api/v1/cfssl';

/** Starts our CA in a process of its own. */
export async function forkOurs(wish: CaWish): Promise<{ readonly child: ChildProcess; readonly report: CaReport }> {
  const child = fork(program, [JSON.stringify(wish)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [report] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [CaReport | number];
  if (typeof report !== 'object' || report === null) throw new Error(`our CA ended with ${report}`);
  return { child, report };
}

export function stopOurs(child: ChildProcess): Promise<void> {
  return ended(child, () => child.send('stop'));
}

export function ours(wish: CaWish): Side {
  return {
    name: wish.hasLedger ? 'ours' : 'ours without its ledger',
    async start() {
      const { child, report } = await forkOurs(wish);
      return {
        url: `${wish.isPlain ? 'http' : 'https'}://127.0.0.1:${report.cfsslPort}${path}/${wish.isOpen ? 'sign' : 'authsign'}`,
        pids: () => report.pids,
        bodyOf: bodyMaker(report.key),
        stop: () => stopOurs(child),
      };
    },
  };
}

export interface CfsslWish {
  readonly isPlain: boolean;
  readonly isOpen: boolean;
  readonly hasDatabase: boolean;
}

export interface PreparedCfssl {
  readonly url: string;
  readonly bodyOf: RunningSide['bodyOf'];
  spawn(): ChildProcess;
  /** Removes its files. */
  remove(): void;
}

/** `cfssl serve` of the pinned version, as its documentation says to run it. */
export function cfssl(wish: CfsslWish): Side & { prepare(): Promise<PreparedCfssl> } {
  const { isPlain, hasDatabase } = wish;
  return {
    name: hasDatabase ? 'cfssl with PostgreSQL' : 'cfssl',
    prepare: () => prepareCfssl(mkdtempSync(join(tmpdir(), 'easycerts-bench-cfssl-')), wish, undefined),
    async start() {
      const folder = mkdtempSync(join(tmpdir(), 'easycerts-bench-cfssl-'));
      const database = hasDatabase
        ? await startPostgres(mkdtempSync(join(tmpdir(), 'easycerts-bench-pg-')))
        : undefined;
      database?.query(readFileSync(schema, 'utf8'));
      const prepared = await prepareCfssl(folder, wish, database?.dataSource);
      const server = prepared.spawn();
      await untilAnswers(`${isPlain ? 'http' : 'https'}://${new URL(prepared.url).host}${path}/health`, server);
      return {
        url: prepared.url,
        pids: () => [server.pid ?? 0, ...(database?.pids() ?? [])],
        bodyOf: prepared.bodyOf,
        async stop() {
          await ended(server, () => server.kill('SIGKILL'));
          await database?.stop();
          prepared.remove();
        },
      };
    },
  };
}

async function prepareCfssl(
  folder: string,
  { isPlain, isOpen }: CfsslWish,
  dataSource: string | undefined,
): Promise<PreparedCfssl> {
  const key = isOpen ? '' : '0123456789abcdef0123456789abcdef';
  const files = await writeCfsslFiles(folder, key);
  const options = ['-ca', files.ca, '-ca-key', files.caKey, '-config', files.config, '-loglevel', '4'];
  if (dataSource !== undefined) {
    const file = join(folder, 'db.json');
    writeFileSync(file, JSON.stringify({ driver: 'postgres', data_source: dataSource }));
    options.push('-db-config', file);
  }
  if (!isPlain) options.push('-tls-cert', files.tls.cert, '-tls-key', files.tls.key);
  const port = await freePort();
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  const pinned = await ensurePinnedProgram({ name: 'cfssl', architecture, env: process.env });
  const words = ['serve', '-address', '127.0.0.1', '-port', String(port), ...options];
  return {
    url: `${isPlain ? 'http' : 'https'}://127.0.0.1:${port}${path}/${isOpen ? 'sign' : 'authsign'}`,
    bodyOf: bodyMaker(key),
    spawn: () => spawn(pinned.path, words, { cwd: folder, stdio: 'ignore' }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function writeCfsslFiles(folder: string, key: string) {
  const now = Date.now();
  const { certificate, keyPair } = await createAuthority({
    commonName: 'bench',
    keyAlgorithm: 'ecdsa-p256',
    notBefore: new Date(now - 300_000),
    notAfter: new Date(now + 10 * 365 * 86_400_000),
    serial: '1',
  });
  const [ca, caKey, config] = [join(folder, 'ca.pem'), join(folder, 'ca-key.pem'), join(folder, 'config.json')];
  mkdirSync(folder, { recursive: true });
  writeFileSync(ca, encodePem('CERTIFICATE', certificate.der));
  writeFileSync(caKey, privateKeyToPem(keyPair.privateKey));
  const usual = { usages: ['digital signature', 'server auth'], expiry: '720h' };
  const signing = { default: key === '' ? usual : { ...usual, auth_key: 'bench' } };
  const keys = key === '' ? {} : { auth_keys: { bench: { type: 'standard', key } } };
  writeFileSync(config, JSON.stringify({ signing, ...keys }));
  const set = await (await createTestPki()).writeSet(join(folder, 'tls'), {
    commonName: 'cfssl',
    usages: ['server auth'],
    alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
  });
  return { ca, caKey, config, tls: { cert: `${set}/tls.crt`, key: `${set}/tls.key` } };
}

/** As cfssl's own client writes it (cli/sign, api/client). */
export function bodyMaker(key: string): (csrDer: Uint8Array) => string {
  return (csrDer) => {
    const request = JSON.stringify({ certificate_request: encodePem('CERTIFICATE REQUEST', csrDer) });
    if (key === '') return request;
    const token = createHmac('sha256', Buffer.from(key, 'hex')).update(request).digest('base64');
    return JSON.stringify({ token, request: Buffer.from(request).toString('base64') });
  };
}

export async function untilAnswers(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    if (server.exitCode !== null) throw new Error(`${server.spawnfile} ended with ${server.exitCode}`);
    if (await answers(url)) return;
    await pause(5);
  }
  throw new Error(`no answer from ${url}`);
}

function answers(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const make = url.startsWith('https:') ? httpsRequest : httpRequest;
  make(url, { agent: false, rejectUnauthorized: false }, (response) => {
    response.resume();
    resolve(true);
  })
    .on('error', () => resolve(false))
    .end();
  return promise;
}

async function ended(child: ChildProcess, end: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  end();
  await exit;
}
