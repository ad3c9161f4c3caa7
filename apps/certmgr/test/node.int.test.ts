/** A node of a real CA and a real bus: it joins, is heard, renews its own identity, and gets nothing that is not its own. */

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { type CertificateSpec, type Paths, parseJoinToken, pathsUnder, resolveCertificates } from '@easycerts/cluster';
import { TokensService } from '@easycerts/contracts';
import { parseCertificate } from '@easycerts/pki';
import {
  type Bus,
  connectBus,
  connectGrpcService,
  loadClusterConfig,
  nodeNameOf,
  publicKeysOf,
  readBusKeys,
  readReceivedHost,
  readSet,
  systemClock,
} from '@easycerts/runtime';
import { freePort, silentLogger, startNatsServer, type TestNatsServer, temporaryDirectory } from '@easycerts/testing';
import { StatusFile } from '../src/edge/status-file.ts';
import { asIfWithoutRoot, type Program, startProgram, until } from './processes.ts';

const machine = nodeNameOf(hostname());
const endings: (() => unknown)[] = [];
const later = { after: (ending: () => unknown) => void endings.unshift(ending) };
let master: Paths;
let node: Paths;
let nats: TestNatsServer;
let bus: Bus;
let grpcPort: number;

const program = (app: string, root: Paths, ...args: readonly string[]): Program =>
  startProgram(later, app, { args: [...args, '--root', root.root], execArgv: app === 'ca' ? asIfWithoutRoot : [] });

async function succeed(running: Program): Promise<string> {
  assert.equal(await running.ended, 0, running.output());
  return running.output();
}

before(async () => {
  const folder = await temporaryDirectory();
  later.after(() => folder.remove());
  master = pathsUnder(`${folder.path}/master`);
  node = pathsUnder(`${folder.path}/node`);
  grpcPort = await freePort();
  const text = [
    'roles: [master]',
    'masterAddress: localhost',
    'kubelet: {hostname: m1, nodeIp: 127.0.0.1}',
    `pki: {grpcPort: ${grpcPort}, httpsPort: ${await freePort()}, enrolPort: ${await freePort()}}`,
  ];
  await mkdir(dirname(master.clusterFile), { recursive: true });
  await writeFile(master.clusterFile, text.join('\n'));
  await succeed(program('ca', master, 'init'));
  await mkdir(dirname(master.natsLog), { recursive: true });
  await writeFile(master.natsLog, '');
  const keys = publicKeysOf(await readBusKeys(`${master.ca}/bus`));
  nats = await startNatsServer({ config: { keys, tlsDirectory: master.natsIdentity } });
  later.after(() => nats.close());
  await writeFile(master.clusterFile, [...text, `bus: {port: ${nats.port}}`].join('\n'));
  const ca = program('ca', master, 'run');
  await until(() => ca.output().includes('the CA is ready'), ca.output);
  bus = await connectBus({
    servers: [`tls://127.0.0.1:${nats.port}`],
    identityDirectory: master.hostIdentity,
    origin: { host: 'm1', service: 'test' },
    clock: systemClock,
    logger: silentLogger(),
  });
  later.after(() => bus.close());
  await bus.whenConnected(20_000);
});

after(async () => {
  for (const ending of endings) await ending();
});

async function makeToken(): Promise<string> {
  const endpoint = `localhost:${grpcPort}`;
  const tokens = connectGrpcService(TokensService, { endpoint, identityDirectory: master.hostIdentity });
  try {
    const request = { role: 'node', host: '', ttlS: 0, uses: 0, note: '', addresses: [] };
    return (await tokens.createToken(request)).token;
  } finally {
    tokens.close();
  }
}

async function eventsOf(type: string): Promise<readonly Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for await (const event of bus.readEvents({ from: 'all', follow: false })) {
    if (event.type === `easycerts.${type}`) found.push(event.data as Record<string, unknown>);
  }
  return found;
}

async function nodeSpecs(): Promise<readonly CertificateSpec[]> {
  const host = await readReceivedHost(node);
  assert.ok(host !== undefined);
  const config = await loadClusterConfig(node.clusterFile, { mustResolve: false });
  return resolveCertificates(config, host, node).map((spec) => ({ ...spec, owner: 'root', group: 'root' }));
}

async function writeSpec(spec: CertificateSpec): Promise<void> {
  await mkdir(node.certificateSpecs, { recursive: true });
  await writeFile(
    `${node.certificateSpecs}/${spec.name}.json`,
    JSON.stringify({ apiVersion: 'easycerts/v1', ...spec }),
  );
}

test('a machine with a token becomes a node, and what it tells arrives on the bus', async () => {
  const line = await makeToken();
  await mkdir(dirname(node.joinToken), { recursive: true });
  await writeFile(node.joinToken, line, { mode: 0o600 });
  const running = program('certmgr', node, 'run');
  await until(() => new StatusFile(node).read()?.enrolment?.state === 'done', running.output);
  const { cert, serial } = await readSet(node.hostIdentity);
  assert.equal(parseCertificate(cert.toString()).subjectText, `CN=${machine},O=easycerts:nodes`);
  assert.deepEqual((await readReceivedHost(node))?.roles, ['node']);

  for (const spec of await nodeSpecs()) await writeSpec(spec);
  const names = (await nodeSpecs()).map(({ name }) => name);
  assert.ok(names.includes('host') && names.length > 2, names.join());
  const delivered = async () => (await eventsOf('certificate.delivered')).filter(({ host }) => host === machine);
  await until(async () => (await delivered()).length === names.length, running.output);
  const told = await delivered();
  assert.deepEqual(told.map(({ certificate }) => certificate).sort(), [...names].sort());
  assert.equal(told[0]?.certificate, 'host', 'told before the bus was there, and first');
  assert.equal(told[0]?.serial, serial);
  const secret = Buffer.from(parseJoinToken(line).secret);
  assert.ok(!running.output().includes(secret.toString('base64url')) && !running.output().includes(line));
  running.child.kill('SIGTERM');
  await succeed(running);
});

test('its identity renews itself, with the one before, and goes on renewing', async () => {
  for (let round = 0; round < 2; round += 1) {
    const before = await readSet(node.hostIdentity);
    await succeed(program('certmgr', node, 'ensure', '--force', 'host'));
    const now = await readSet(node.hostIdentity);
    assert.notEqual(now.serial, before.serial);
    assert.equal(parseCertificate(now.cert.toString()).subjectText, `CN=${machine},O=easycerts:nodes`);
  }
  await until(
    async () => (await eventsOf('certificate.renewed')).length === 2,
    () => 'no events',
  );
});

test('it gets no certificate that is not its own, whatever its specs say', async () => {
  const [own] = await nodeSpecs();
  assert.ok(own !== undefined);
  const wishes: readonly Partial<CertificateSpec>[] = [
    { name: 'etcd-server', authority: 'etcd', subject: { commonName: 'etcd-server', organizations: [] } },
    {
      name: 'super-admin',
      authority: 'kubernetes',
      subject: { commonName: 'admin', organizations: ['system:masters'] },
    },
    {
      name: 'ca-server',
      authority: 'easycerts',
      subject: { commonName: machine, organizations: ['easycerts:masters'] },
    },
  ];
  for (const wish of wishes) {
    await writeSpec({
      ...own,
      usages: ['server auth', 'client auth'],
      ...wish,
      directory: `${node.secrets}/${wish.name}`,
    } as CertificateSpec);
  }
  const ensuring = program('certmgr', node, 'ensure', '--json');
  assert.equal(await ensuring.ended, 1, ensuring.output());
  const { failures } = JSON.parse(ensuring.output());
  assert.deepEqual(failures.map(({ name, code }: Record<string, string>) => `${name} ${code}`).sort(), [
    'ca-server PERMISSION_DENIED',
    'etcd-server PERMISSION_DENIED',
    'super-admin PERMISSION_DENIED',
  ]);
});

test('its token is of no more use, to it or to anybody', async () => {
  const other = pathsUnder(`${node.root}-other`);
  const line = await makeToken();
  const first = startProgram(later, 'certmgr', { args: ['enrol', '--root', other.root], input: line });
  assert.equal(await first.ended, 1, 'the name is taken');
  assert.match(first.output(), /name|token/);
  await assert.rejects(readFile(`${other.hostIdentity}/tls.crt`));
});
