/** A certificate of the user's own, the whole way: cluster.yaml, a real CA, certmgr, a real PostgreSQL that serves it. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { filesOfSet, type Paths, pathsUnder, resolveCertificates } from '@easycerts/cluster';
import { parseCertificate } from '@easycerts/pki';
import { loadClusterConfig, publicKeysOf, readBusKeys, readSet } from '@easycerts/runtime';
import { freePort, startNatsServer, temporaryDirectory } from '@easycerts/testing';
import { asIfWithoutRoot, startProgram, until } from './processes.ts';

const run = promisify(execFile);
const programs = await postgresPrograms();
const isRoot = process.geteuid?.() === 0;
/** PostgreSQL refuses to run as root. */
const owner = isRoot ? 'postgres' : userInfo().username;
const endings: (() => unknown)[] = [];
const later = { after: (ending: () => unknown) => void endings.unshift(ending) };
let paths: Paths;
let directory: string;
let port: number;

async function succeed(app: string, ...args: readonly string[]): Promise<void> {
  const execArgv = app === 'ca' ? asIfWithoutRoot : [];
  const program = startProgram(later, app, { args: [...args, '--root', paths.root], execArgv });
  assert.equal(await program.ended, 0, program.output());
}

/** The newest PostgreSQL of this machine, where Debian puts it. */
async function postgresPrograms(): Promise<string | undefined> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const [newest] = versions.sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? undefined : `/usr/lib/postgresql/${newest}/bin`;
}

before(async () => {
  if (programs === undefined) return;
  const folder = await temporaryDirectory();
  later.after(() => folder.remove());
  await chmod(folder.path, 0o755);
  paths = pathsUnder(folder.path);
  directory = `${paths.ownCertificates}/postgresql`;
  port = await freePort();
  const text = `roles: [master]
masterAddress: localhost
kubelet: {hostname: m1, nodeIp: 127.0.0.1}
pki: {grpcPort: ${await freePort()}, httpsPort: ${await freePort()}, enrolPort: ${await freePort()}}
certificates:
  postgresql:
    names: [db.example.org, localhost]
    hosts: [m1]
    owner: ${owner}
    group: ${isRoot ? 'postgres' : 'root'}
    unit: postgresql
`;
  await mkdir(dirname(paths.clusterFile), { recursive: true });
  await writeFile(paths.clusterFile, text);
  await succeed('ca', 'init');
  await mkdir(dirname(paths.natsLog), { recursive: true });
  await writeFile(paths.natsLog, '');
  const keys = publicKeysOf(await readBusKeys(`${paths.ca}/bus`));
  const nats = await startNatsServer({ config: { keys, tlsDirectory: paths.natsIdentity } });
  later.after(() => nats.close());
  await writeFile(paths.clusterFile, `${text}bus: {port: ${nats.port}}\n`);
  const ca = startProgram(later, 'ca', { args: ['run', '--root', paths.root], execArgv: asIfWithoutRoot });
  await until(() => ca.output().includes('the CA is ready'), ca.output);
  const config = await loadClusterConfig(paths.clusterFile);
  const host = { name: 'm1', roles: ['master'] as const, addresses: ['127.0.0.1'] };
  const spec = resolveCertificates(config, host, paths).find(({ name }) => name === 'postgresql');
  await mkdir(paths.certificateSpecs, { recursive: true });
  const content = JSON.stringify({ apiVersion: 'easycerts/v1', ...spec });
  await writeFile(`${paths.certificateSpecs}/postgresql.json`, content);
});

after(async () => {
  for (const ending of endings) await ending();
});

/** Starts the server with the paths that the documentation names. */
async function startPostgres(): Promise<() => Promise<void>> {
  const data = `${paths.root}/postgres`;
  const ids = isRoot ? await idsOfPostgres() : undefined;
  await mkdir(data, { mode: 0o700 });
  if (ids !== undefined) await chown(data, ids.uid, ids.gid);
  await run(`${programs}/initdb`, ['--pgdata', data, '--auth', 'trust', '--no-sync'], { ...ids, cwd: '/' });
  const { ca, cert, key } = filesOfSet(directory);
  const settings = { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key, ssl_ca_file: ca, port: String(port) };
  const more = { listen_addresses: '127.0.0.1', unix_socket_directories: data, fsync: 'off' };
  const options = Object.entries({ ...settings, ...more }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(`${programs}/postgres`, ['-D', data, ...options], { ...ids, cwd: '/', stdio: 'pipe' });
  let log = '';
  server.stderr.on('data', (chunk: Buffer) => (log += chunk));
  later.after(async () => {
    server.kill('SIGQUIT');
    if (server.exitCode === null) await once(server, 'close');
  });
  await until(
    () => log.includes('ready to accept connections'),
    () => log,
  );
  // As `systemctl reload postgresql` does; the server says when it has read its files.
  return async () => {
    const before = log.length;
    server.kill('SIGHUP');
    await until(
      () => log.slice(before).includes('reloading configuration files'),
      () => log,
    );
  };
}

async function idsOfPostgres(): Promise<{ readonly uid: number; readonly gid: number }> {
  const idOf = async (which: string): Promise<number> => Number((await run('id', [which, 'postgres'])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

/** Serial number of what a client is shown that trusts the CA of the set and asks for `name` (SSLRequest: PostgreSQL's protocol, 55.2.10). */
async function servedTo(name: string): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.equal(answer.toString(), 'S');
  const tls = connectTls({ socket, ca: await readFile(filesOfSet(directory).ca), servername: name });
  try {
    await once(tls, 'secureConnect');
    // As ours are written: without leading zeros.
    return BigInt(`0x${tls.getPeerCertificate().serialNumber}`).toString(16);
  } finally {
    tls.destroy();
  }
}

describe('PostgreSQL with a certificate of its own', { skip: programs === undefined && 'no PostgreSQL here' }, () => {
  let reload: () => Promise<void>;

  test('certmgr gets it from the CA, with the owner and mode that PostgreSQL asks for', async () => {
    await succeed('certmgr', 'ensure');
    const { cert, serial } = await readSet(directory);
    assert.ok(serial !== undefined);
    const { alternativeNames, issuerText } = parseCertificate(cert.toString());
    assert.deepEqual(alternativeNames, { dns: ['db.example.org', 'localhost'], ip: [] });
    assert.equal(issuerText, 'CN=easycerts services CA');
    const { mode, uid } = await stat(filesOfSet(directory).key);
    assert.equal(mode & 0o777, 0o600);
    assert.equal(uid, isRoot ? (await idsOfPostgres()).uid : process.geteuid?.());
  });

  test('PostgreSQL serves it, and clients know it by each of its names and by no other', async () => {
    reload = await startPostgres();
    const expected = (await readSet(directory)).serial;
    for (const name of ['db.example.org', 'localhost']) {
      assert.equal(await servedTo(name), expected);
    }
    await assert.rejects(servedTo('kubernetes'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('renewed and reloaded, it serves the new one at the same path', async () => {
    const { serial: before } = await readSet(directory);
    await succeed('certmgr', 'ensure', '--force', 'postgresql');
    const { serial: now } = await readSet(directory);
    assert.notEqual(now, before);
    await reload();
    await until(
      async () => (await servedTo('localhost')) === now,
      () => 'the old certificate is still served',
    );
  });

  test('a spec that somebody widened gets nothing, and one that left cluster.yaml neither; what lies on disk goes on', async () => {
    const { serial } = await readSet(directory);
    const specFile = `${paths.certificateSpecs}/postgresql.json`;
    const widened = (await readFile(specFile, 'utf8')).replace('"localhost"', '"localhost","m1"');
    await writeFile(specFile, widened);
    assert.match(await refusal(), /not in the list: m1/);
    const text = await readFile(paths.clusterFile, 'utf8');
    await writeFile(paths.clusterFile, text.replace(/certificates:\n( .*\n)+/, ''));
    let said = '';
    await until(
      async () => {
        said = await refusal();
        return said.includes('the certificate list has no such certificate for host m1');
      },
      () => said,
    );
    assert.equal((await readSet(directory)).serial, serial);
    assert.equal(await servedTo('localhost'), serial);
  });
});

/** What certmgr says, that gets nothing. */
async function refusal(): Promise<string> {
  const asking = startProgram(later, 'certmgr', { args: ['ensure', '--force', 'postgresql', '--root', paths.root] });
  assert.notEqual(await asking.ended, 0, asking.output());
  return asking.output();
}
