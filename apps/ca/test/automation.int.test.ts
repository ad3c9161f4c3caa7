/** Automation as its users have it: made with the command, run as the examples of docs/automation.md, cut when revoked. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { filesOfSet } from '@easycerts/cluster';
import { CertificateAuthorityService } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import { parseCertificate } from '@easycerts/pki';
import { type Bus, connectBus, systemClock } from '@easycerts/runtime';
import { findNatsServer, silentLogger } from '@easycerts/testing';
import { node } from './fixture.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';

let site: CaSite;
let ca: StartedCa;
let n1: Bus;
before(async () => {
  site = await startSite();
  ca = await site.start();
  await ca.register(node);
  n1 = await connectBus({
    servers: site.server.servers,
    identityDirectory: await site.identity('n1', 'node'),
    origin: { host: 'n1', service: 'certmgr' },
    clock: systemClock,
    logger: silentLogger(),
  });
  await n1.whenConnected(15_000);
  const cluster = `${site.paths.root}/etc/easycerts/cluster.yaml`;
  await mkdir(dirname(cluster), { recursive: true });
  await writeFile(cluster, 'roles: [master, node]\nmasterAddress: localhost\n');
});
after(async () => {
  await n1?.close();
  await site?.close();
});

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ca …`. */
function run(...args: readonly string[]): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const line = [`${import.meta.dirname}/../src/main.ts`, ...args, '--root', site.paths.root, '--endpoint', ca.endpoint];
  const child = execFile(process.execPath, line, { env: { PATH: process.env.PATH ?? '' } }, (_, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

/** Makes an automation that reads joins and renewals, and points it at the port of the test's bus. */
async function make(name: string): Promise<string> {
  const folder = join(site.paths.root, 'automations', name);
  const read = ['--read', 'host.joined', 'certificate.renewed'];
  const { code, stderr } = await run('automation', 'create', '--name', name, ...read, '--out', folder);
  assert.equal(code, 0, stderr);
  const file = `${folder}/connection.json`;
  const connection = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(connection, {
    servers: ['tls://localhost:4222'],
    stream: 'EVENTS',
    consumer: `auto_${name}`,
    inboxPrefix: `_INBOX_auto_${name}`,
    apiPrefix: 'EC.API',
  });
  await writeFile(file, JSON.stringify({ ...connection, servers: [`tls://localhost:${site.server.port}`] }));
  return folder;
}

let joins = 0;
/** The id of the event. */
function publishJoin(host: string): string {
  joins += 1;
  const data = { host, role: 'node' as const, addresses: ['192.0.2.9'], tokenId: 'a', serial: 'ab', peer: '192.0.2.9' };
  ca.bus.events.publish({ type: 'host.joined', subject: host, key: `${joins}`, data });
  return `host.joined:${host}:${joins}`;
}

function publishRenewal(certificate: string, host = 'n1'): void {
  const fields = { host, certificate, authority: 'kubernetes', serial: 'ab', fingerprint: 'cd', previousSerial: 'ef' };
  const notAfter = '2030-01-01T00:00:00.000Z';
  n1.events.publish({
    type: 'certificate.renewed',
    subject: `${host}/${certificate}`,
    key: certificate,
    data: { ...fields, notAfter, reason: 'near-expiry', path: '/x' },
  });
}

class Watcher {
  readonly lines: string[] = [];
  readonly child: ChildProcess;
  #errors = '';
  #rest = '';

  constructor(command: readonly string[], folder: string) {
    const [program = '', ...words] = command;
    // A process group of its own: the shell's `nats` would outlive it, and take an event that nobody handles.
    this.child = spawn(program, [...words, folder], {
      detached: true,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data) => {
      const parts = `${this.#rest}${data}`.split('\n');
      this.#rest = parts.pop() ?? '';
      this.lines.push(...parts);
    });
    this.child.stderr?.on('data', (data) => {
      this.#errors += data;
    });
  }

  async until(line: string): Promise<void> {
    const end = performance.now() + 45_000;
    while (!this.lines.includes(line)) {
      assert.ok(performance.now() < end && this.child.exitCode === null, `${line} did not come: ${this.#errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    assert.ok(this.child.pid);
    process.kill(-this.child.pid, 'SIGKILL');
    await ended;
  }
}

const examples = `${import.meta.dirname}/../../../docs/examples/automation`;
const binaries = dirname(await findNatsServer());
const python = process.env.EASYCERTS_TEST_PYTHON ?? 'python3';

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${binaries}:${process.env.PATH ?? ''}` };
}

function isThere(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words, { env: environment(), stdio: 'ignore' }).status === 0;
}

const skipShell = isThere('nats', '--version') && isThere('jq', '--version') ? false : 'nats and jq are not both here';
const skipPython = isThere(python, '-c', 'import nats') ? false : `${python} has no nats-py`;
const languages: readonly (readonly [string, string, readonly string[], string | false])[] = [
  ['Node', 'in-node', [process.execPath, `${examples}/watch.mjs`], false],
  ['shell', 'in-shell', ['sh', `${examples}/watch.sh`], skipShell],
  ['Python', 'in-python', [python, `${examples}/watch.py`], skipPython],
];
describe('the examples of docs/automation.md', { concurrency: true }, () => {
  for (const [language, name, command, skip] of languages) {
    test(`the one in ${language} reacts to each event once, in order, across a kill, and to no forged one`, {
      skip,
    }, async () => {
      const folder = await make(name);
      const first = new Watcher(command, folder);
      const watchers = [first];
      try {
        publishJoin(`${name}-1`);
        await first.until(`joined: ${name}-1 at 192.0.2.9`);
        publishRenewal(`${name}-kubelet`);
        await first.until(`renewed: ${name}-kubelet of n1 until 2030-01-01T00:00:00.000Z`);
        await first.kill();
        // As if it had been killed between handling and acknowledging the next.
        const unacknowledged = publishJoin(`${name}-2`);
        await ca.bus.events.flush(5_000);
        await appendFile(`${folder}/handled`, `easycerts.v1.cluster.host.joined ${unacknowledged}\n`);
        await forgeRenewal(name);
        publishJoin(`${name}-3`);
        const second = new Watcher(command, folder);
        watchers.push(second);
        await second.until(`joined: ${name}-3 at 192.0.2.9`);
      } finally {
        for (const watcher of watchers) await watcher.kill();
      }
      const ours = watchers.flatMap(({ lines }) => lines).filter((line) => line.includes(`${name}-`));
      assert.deepEqual(ours, [
        `joined: ${name}-1 at 192.0.2.9`,
        `renewed: ${name}-kubelet of n1 until 2030-01-01T00:00:00.000Z`,
        `joined: ${name}-3 at 192.0.2.9`,
      ]);
    });
  }
});

/** n1 publishes, where it may, an event that says to be of n2: with the command line of NATS, where it is here. */
async function forgeRenewal(name: string): Promise<void> {
  if (!isThere('nats', '--version')) return;
  const { cert, key, ca: trusted } = filesOfSet(await site.identity('n1', 'node'));
  const event = {
    specversion: '1.0',
    id: `certificate.renewed:n2/${name}:forged`,
    source: '/hosts/n2/certmgr',
    type: 'easycerts.certificate.renewed',
    data: { host: 'n2', certificate: `${name}-forged`, notAfter: '2030-01-01T00:00:00.000Z' },
  };
  const server = ['--no-context', '--server', `tls://localhost:${site.server.port}`, '--tlsfirst'];
  const tls = ['--tlscert', cert, '--tlskey', key, '--tlsca', trusted, '--inbox-prefix', '_INBOX_n1'];
  const subject = 'easycerts.v1.host.n1.certificate.renewed';
  const words = [...server, ...tls, 'request', '--raw', subject, JSON.stringify(event)];
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile('nats', words, { env: environment() }, (_, stdout) => resolve(stdout));
  assert.match(await promise, /"stream": ?"EVENTS"/);
}

test('what the command writes: a key for its user only, a certificate of the key, nothing left over', async () => {
  const folder = await make('written');
  assert.deepEqual((await readdir(folder)).sort(), ['ca.crt', 'connection.json', 'tls.crt', 'tls.key']);
  assert.equal((await stat(filesOfSet(folder).key)).mode & 0o777, 0o600);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  const certificate = parseCertificate(await readFile(filesOfSet(folder).cert, 'utf8'));
  assert.equal(certificate.subjectText, 'CN=written,O=easycerts:automation');
  const again = await run('automation', 'create', '--name', 'other', '--read', '*', '--out', folder);
  assert.equal(again.code !== 0 && again.stderr.includes('--out'), true);
});

test('interrupted after the CA has answered, the command goes on with the same key and certificate', async () => {
  const folder = join(site.paths.root, 'automations', 'interrupted');
  const { begin } = await import('../src/commands/automation/automation-folder.ts');
  const { csrDer, requestId } = await begin(folder, { name: 'interrupted', keyAlgorithm: 'ecdsa-p256' });
  const { AutomationsService } = await import('@easycerts/contracts');
  const client = ca.clientOf(AutomationsService, site.paths.hostIdentity);
  const request = { name: 'interrupted', read: ['*'], csrDer, requestId, requestedAtMs: Date.now(), ttlS: 0 };
  const { serial } = await client.createAutomation(request);
  const key = await readFile(filesOfSet(folder).key, 'utf8');
  const args = ['--name', 'interrupted', '--read', '*', '--out', folder, '--json'];
  const { code, stdout } = await run('automation', 'create', ...args);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).serial, serial);
  assert.equal(await readFile(filesOfSet(folder).key, 'utf8'), key);
  await rm(folder, { recursive: true });
});

test('list and revoke: the connection is cut, the certificate opens nothing any more, and it is no caller of the CA', async () => {
  const folder = await make('cut');
  const client = ca.clientOf(CertificateAuthorityService, folder);
  await assert.rejects(client.getTrustBundle({ authorities: [] }), (error) => isAppError(error, 'UNAUTHENTICATED'));
  const watcher = new Watcher([process.execPath, `${examples}/watch.mjs`], folder);
  try {
    publishJoin('before');
    await watcher.until('joined: before at 192.0.2.9');
    const listed = JSON.parse((await run('automation', 'list', '--json')).stdout) as { name: string; read: string[] }[];
    assert.deepEqual(listed.find(({ name }) => name === 'cut')?.read, ['host.joined', 'certificate.renewed']);
    assert.match((await run('automation', 'list')).stdout, /^cut +in .*host\.joined certificate\.renewed$/m);
    assert.equal(await isRefusedOnBus('cut'), false);
    assert.equal((await run('automation', 'revoke', 'cut')).stdout, 'revoked automation cut\n');
    // It was connected: that it comes again, and is refused, says that it was cut.
    const end = performance.now() + 30_000;
    while (!(await isRefusedOnBus('cut'))) assert.ok(performance.now() < end, 'it was not cut');
    publishJoin('after');
  } finally {
    await watcher.kill();
  }
  assert.deepEqual(watcher.lines, ['joined: before at 192.0.2.9']);
  const gone = await run('automation', 'revoke', 'cut');
  assert.equal(gone.code !== 0 && gone.stderr.includes('ca automation list'), true);
});

async function isRefusedOnBus(name: string): Promise<boolean> {
  await ca.bus.events.flush(5_000);
  const audit = { subjects: ['easycerts.v1.audit.bus.refused'], from: 'all', follow: false } as const;
  for await (const { data } of ca.bus.readEvents(audit)) {
    if ('user' in data && data.user === `O=easycerts:automation, CN=${name}`) return true;
  }
  return false;
}

test('n1 that publishes in the name of n2 is refused, and on the audit trail; what is of n2 it cannot read', async () => {
  await ca.register({ ...node, name: 'n2' });
  await (await ca.bus.bucket('hosts')).put('n2.config', Buffer.from('for n2'));
  await assert.rejects((await n1.bucket('hosts')).get('n2.config'));
  const asN2 = await connectBus({
    servers: site.server.servers,
    identityDirectory: await site.identity('n1', 'node'),
    origin: { host: 'n2', service: 'certmgr' },
    clock: systemClock,
    logger: silentLogger(),
  });
  await asN2.whenConnected(15_000);
  const data = { host: 'n2', components: [], durationMs: 1 };
  asN2.events.publish({ type: 'host.ready', subject: 'n2', key: 'forged', data });
  const end = performance.now() + 20_000;
  for (let isTold = false; !isTold; ) {
    assert.ok(performance.now() < end, 'not on the audit trail');
    await ca.bus.events.flush(5_000);
    for await (const event of ca.bus.readEvents({ from: 'all', follow: false })) {
      assert.notEqual(event.id, 'host.ready:n2:forged');
      const fields = event.data as { subject?: string; user?: string };
      isTold ||= fields.subject === 'easycerts.v1.host.n2.host.ready' && fields.user === 'O=easycerts:nodes, CN=n1';
    }
  }
  await asN2.close();
});

test('types that do not exist or are on the audit trail are refused with what to do', async () => {
  for (const type of ['certificate.refused', 'nothing.here']) {
    const folder = join(site.paths.root, 'automations', 'refused');
    const { code, stderr } = await run('automation', 'create', '--name', 'refused', '--read', type, '--out', folder);
    assert.notEqual(code, 0);
    assert.match(stderr, type === 'nothing.here' ? /events\.md/ : /audit/);
  }
});

test('ca host list and ca host remove', async () => {
  await ca.register({ ...node, name: 'n7', addresses: ['192.0.2.17'] });
  assert.match((await run('host', 'list')).stdout, /^n7 +node +member +- +- +192\.0\.2\.17$/m);
  const removed = await run('host', 'remove', 'n7', '--note', 'broken', '--json');
  assert.deepEqual(JSON.parse(removed.stdout), { name: 'n7', revoked: 0 });
  const hosts = JSON.parse((await run('host', 'list', '--json')).stdout) as { name: string }[];
  assert.ok(!hosts.some(({ name }) => name === 'n7'));
  const gone = await run('host', 'remove', 'n7');
  assert.equal(gone.code !== 0 && gone.stderr.includes('ca host list'), true);
  const master = await run('host', 'remove', 'm1');
  assert.match(master.stderr, /is a master/);
});
