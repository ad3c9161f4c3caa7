/** step-ca with its default database: renewing a certificate over mutual TLS, which is the cheapest way to have it sign. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBenchAssets } from '@easycerts/kube-assets';
import { createAuthority, encodePem, generateKeyPair, issueCertificate, privateKeyToPem, spkiOf } from '@easycerts/pki';
import { freePort } from '@easycerts/testing';
import { node, specOf } from '../../../apps/ca/test/fixture.ts';
import { manyCsrs } from '../../issuing/many-csrs.ts';
import { type RawLoad, runRawLoad } from '../../issuing/raw-load.ts';
import { cpuSecondsOf, memoryOf } from '../master-memory.ts';
import { type Result, spreadOf } from '../result.ts';
import { ours, untilAnswers } from './sides.ts';

const connections = 64;
const seconds = 3;
const warmUpSeconds = 2;
const dayMs = 86_400_000;

interface Round {
  readonly perSecond: number;
  readonly pssMiB: number;
  readonly cpuMicroseconds: number;
}

export async function stepCa(rounds: number, say: (line: string) => void): Promise<Result> {
  const mine: Round[] = [];
  const theirs: Round[] = [];
  const csrs = await manyCsrs(specOf(node, 'kubelet'), 80_000);
  for (let round = 1; round <= rounds; round++) {
    mine.push(await oursOnce(csrs));
    theirs.push(await theirsOnce());
    say(
      `  round ${round}: ours ${mine.at(-1)?.perSecond.toFixed(0)}/s, step-ca ${theirs.at(-1)?.perSecond.toFixed(0)}/s`,
    );
  }
  const of = (side: readonly Round[], field: keyof Round) => spreadOf(side.map((one) => one[field]));
  const [one, other] = [of(mine, 'perSecond'), of(theirs, 'perSecond')];
  const both = (field: keyof Round): string =>
    `${of(mine, field).median.toFixed(0)} against ${of(theirs, field).median.toFixed(0)}`;
  return {
    name: 'http-sign-vs-step-ca',
    what: `certificates by \`sign\` over HTTP, ${connections} connections; theirs: step-ca 0.30.2, badger, \`renew\` over mutual TLS`,
    ours: one,
    theirs: other,
    ratio: one.median / other.median,
    unit: '/s',
    goal: '≥ 3; less memory',
    notes: [`${both('pssMiB')} MiB PSS of all processes, ${both('cpuMicroseconds')} µs of processor a certificate`],
  };
}

/** The rate, and what the processes used meanwhile. */
async function measure(pids: readonly number[], load: Omit<RawLoad, 'connections' | 'seconds'>): Promise<Round> {
  await runRawLoad({ ...load, connections, seconds: warmUpSeconds });
  const before = cpuSecondsOf(pids);
  const { requests, perSecond } = await runRawLoad({ ...load, connections, seconds });
  const cpuMicroseconds = ((cpuSecondsOf(pids) - before) * 1e6) / requests;
  return { perSecond, cpuMicroseconds, pssMiB: memoryOf(pids).pssMiB };
}

async function oursOnce(csrs: readonly Uint8Array[]): Promise<Round> {
  const running = await ours({ isPlain: true, isOpen: true, hasLedger: true }).start();
  const { pathname, port } = new URL(running.url);
  let at = 0;
  const next = (): string | undefined => {
    const csr = csrs[at++];
    if (csr === undefined) return undefined;
    const body = running.bodyOf(csr);
    return `POST ${pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
  try {
    return await measure(running.pids(), { port: Number(port), tls: undefined, next });
  } finally {
    await running.stop();
  }
}

async function theirsOnce(): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'easycerts-bench-step-'));
  const port = await freePort();
  const { config, client } = await writeStepFiles(folder, port);
  const assets = await ensureBenchAssets(process.env);
  const server = spawn(assets.path('step-ca'), [config], {
    cwd: folder,
    env: { ...process.env, STEPPATH: folder },
    stdio: 'ignore',
  });
  try {
    await untilAnswers(`https://127.0.0.1:${port}/health`, server);
    const request = 'POST /1.0/renew HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n';
    return await measure([server.pid ?? 0], { port, tls: client, next: () => request });
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `step ca init` writes, without the passphrases: a root that signs leaves, and the database that it proposes. */
async function writeStepFiles(folder: string, port: number) {
  const now = Date.now();
  const authority = await createAuthority({
    commonName: 'bench',
    keyAlgorithm: 'ecdsa-p256',
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + 3_650 * dayMs),
    serial: '1',
  });
  const ca = encodePem('CERTIFICATE', authority.certificate.der);
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('ca.crt'), ca);
  writeFileSync(at('ca.key'), privateKeyToPem(authority.keyPair.privateKey), { mode: 0o600 });
  writeFileSync(
    at('ca.json'),
    JSON.stringify({
      root: at('ca.crt'),
      crt: at('ca.crt'),
      key: at('ca.key'),
      address: `127.0.0.1:${port}`,
      dnsNames: ['localhost', '127.0.0.1'],
      logger: { format: 'text' },
      db: { type: 'badgerv2', dataSource: at('db') },
      authority: { provisioners: [{ type: 'X5C', name: 'bench', roots: Buffer.from(ca).toString('base64') }] },
    }),
  );
  const keyPair = await generateKeyPair('ecdsa-p256');
  const der = issueCertificate({
    authority,
    template: {
      serial: randomBytes(8).toString('hex').replace(/^0+/, ''),
      subject: { commonName: 'n1', organizations: [] },
      alternativeNames: { dns: ['n1'], ip: ['192.0.2.11'] },
      usages: ['client auth', 'server auth'],
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + dayMs),
      spkiDer: spkiOf(keyPair.publicKey),
    },
  });
  const client = { cert: encodePem('CERTIFICATE', der), key: privateKeyToPem(keyPair.privateKey), ca };
  return { config: at('ca.json'), client: { ...client, servername: 'localhost' } };
}
