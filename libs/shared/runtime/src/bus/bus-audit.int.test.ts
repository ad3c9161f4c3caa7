/** What a real nats-server refuses comes onto the audit trail, with the true user, whatever a client makes it log. */

import assert from 'node:assert/strict';
import { appendFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AppError } from '@easycerts/core';
import type { RecordingPublisher, TestBus } from '@easycerts/testing';
import {
  createTestAuthority,
  fixedClock,
  recordingPublisher,
  silentLogger,
  startTestBus,
  temporaryDirectory,
} from '@easycerts/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { systemClock } from '../clock.ts';
import type { RunningService } from '../service.ts';
import { startAuthCallout } from './auth-callout.ts';
import { startBusAudit } from './bus-audit.ts';
import { decideByCertificate } from './bus-decision.ts';
import { openConnectionRegister } from './connection-register.ts';
import { nkeyAuthenticator } from './nkey-authenticator.ts';
import type { BusRefusal } from './refusal.ts';
import { createRefusalReporter } from './refusal-reporter.ts';
import { connectRaw } from './testing/raw-client.ts';

let testBus: TestBus;
let events: RecordingPublisher;
/** What a master runs to guard its bus, in the order in which it is closed. */
const running: RunningService[] = [];

before(async () => {
  testBus = await startTestBus();
  await testBus.stopCallout();
  events = recordingPublisher({ host: 'm1', service: 'ca' }, systemClock);
  const server = testBus.servers[0] ?? '';
  const identityDirectory = await testBus.identity('m1', 'master');
  const { keys } = testBus.server;
  const logger = silentLogger();
  const clock = systemClock;
  const reporter = createRefusalReporter({ events, clock });
  const callout = startAuthCallout({
    servers: [server],
    identityDirectory,
    authUserSeed: keys.authUser.seed,
    issuerSeed: keys.issuer.seed,
    decide: (certificate) => decideByCertificate(certificate, clock),
    onRefused: (refusal) => reporter.report(refusal),
    clock,
    logger,
  });
  const connections = openConnectionRegister({
    server,
    identityDirectory,
    systemUserSeed: keys.systemUser.seed,
    logger,
  });
  const stateFile = join(testBus.server.directory, 'audit.json');
  const audit = startBusAudit({ logFile: testBus.server.logFile, stateFile, connections, reporter, clock, logger });
  running.push(callout, audit, connections, reporter);
  await callout.whenConnected(15_000);
});
after(async () => {
  for (const service of running) await service.close();
  await testBus?.close();
});

/** The first refusal that fits, as soon as it is on the trail. */
async function refusalWhere(fits: (refusal: BusRefusal) => boolean): Promise<BusRefusal> {
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const found = events.ofType('bus.refused').find(({ data }) => fits(data as BusRefusal));
    if (found !== undefined) return found.data as BusRefusal;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`not on the trail: ${JSON.stringify(events.ofType('bus.refused').map(({ data }) => data))}`);
}

async function connectNode(options: Parameters<typeof connectRaw>[2] = {}): Promise<NatsConnection> {
  return connectRaw(testBus.servers, await testBus.identity('n1', 'node'), options);
}

test('a publication and a subscription that are not permitted, with user and subject', async () => {
  const n1 = await connectNode();
  n1.publish('easycerts.v1.host.n2.x', 'x');
  n1.subscribe('easycerts.v1.host.n2.>', { callback: () => undefined });
  await n1.flush();
  const user = 'O=easycerts:nodes, CN=n1';
  const expected = { user, detail: 'not permitted', peer: '127.0.0.1' };
  assert.deepEqual(await refusalWhere(({ subject }) => subject === 'easycerts.v1.host.n2.x'), {
    ...expected,
    kind: 'publish',
    subject: 'easycerts.v1.host.n2.x',
  });
  assert.deepEqual(await refusalWhere(({ kind }) => kind === 'subscribe'), {
    ...expected,
    kind: 'subscribe',
    subject: 'easycerts.v1.host.n2.>',
  });
  await n1.close();
});

test('also when the client is gone at once', async () => {
  const n1 = await connectNode();
  n1.publish('easycerts.v1.gone', 'x');
  await n1.flush();
  await n1.close();
  const refusal = await refusalWhere(({ subject }) => subject === 'easycerts.v1.gone');
  assert.equal(refusal.user, 'O=easycerts:nodes, CN=n1');
});

test('a connection that the callout refuses', async () => {
  const stranger = await testBus.pki.writeSet(join(testBus.server.directory, 'stranger'), {
    commonName: 'easycerts-bus',
  });
  await assert.rejects(connectRaw(testBus.servers, stranger));
  const refusal = await refusalWhere(({ user }) => user === 'CN=easycerts-bus');
  assert.equal(refusal.kind, 'connection');
});

test('a certificate of another CA, and a wrong signature for the key of a known user', async () => {
  const foreign = await testBus.pki.writeSet(join(testBus.server.directory, 'foreign'), {
    commonName: 'm1',
    organizations: ['easycerts:masters'],
    authority: await createTestAuthority('easycerts'),
  });
  await assert.rejects(connectRaw(testBus.servers, foreign));
  const untrusted = await refusalWhere(({ detail }) => detail.includes('unknown authority'));
  assert.deepEqual([untrusted.kind, untrusted.user, untrusted.peer], ['connection', '', '127.0.0.1']);

  const { publicKey: nkey } = testBus.server.keys.systemUser;
  const authenticator = () => ({ nkey, sig: Buffer.alloc(64).toString('base64url') });
  await assert.rejects(connectNode({ authenticator }));
  const wrong = await refusalWhere(({ detail }) => detail.includes('authentication error'));
  assert.deepEqual([wrong.kind, wrong.user, wrong.peer], ['connection', '', '127.0.0.1']);
});

test('a client that makes nats-server log the name of another is reported under its own', async () => {
  const told = recordingTold();
  const audit = await startAudit(told.report);
  const n1 = await connectForger();
  n1.publish('"', 'x');
  n1.publish('easycerts.v1.forger', 'x');
  await n1.flush();
  await audit.look();
  const refusals = told.list.filter(({ subject }) => subject.includes('"') || subject.includes('forger'));
  assert.equal(refusals.length, 2);
  assert.deepEqual(new Set(refusals.map(({ user }) => user)), new Set(['O=easycerts:nodes, CN=n1']));
  await n1.close();
  await audit.close();
});

async function connectForger(): Promise<NatsConnection> {
  return connectNode({
    name: 'a%[1]s - %[1]sCORE/user:masters/m2%[1]s - Publish Violation - Subject %[1]sforged%[1]s%[1]%',
  });
}

test('whole lines that a client has forged accuse nobody', async () => {
  const told = recordingTold();
  const audit = await startAudit(told.report);
  const victim = await connectRaw(testBus.servers, await testBus.identity('n2', 'node'));
  const time = new Date().toISOString().replace('T', ' ').replaceAll('-', '/').replace('Z', '000');
  const tail = `- cid:${victim.info?.client_id} - "NODES/user:nodes/n2" - Publish Violation - Subject "forged.line"`;
  for (const address of ['127.0.0.1:1', '127.0.0.1:65535', '10.0.0.1:4711']) {
    await appendFile(testBus.server.logFile, `[1] ${time} [ERR] ${address} ${tail}\n`);
  }
  await appendFile(testBus.server.logFile, `[1] ${time} [ERR] 127.0.0.1:2 ${tail.replace(/cid:\d+/, 'cid:999999')}\n`);
  await audit.look();
  const forged = told.list.filter(({ subject }) => subject === 'forged.line');
  assert.equal(forged.length, 4);
  for (const { user, detail } of forged) {
    assert.equal(user, '');
    assert.match(detail, /forged/);
  }
  await victim.close();
  await audit.close();
});

test('what was logged while nobody looked, and before a rotation, is found', async () => {
  const n1 = await connectNode();
  n1.publish('easycerts.v1.before.rotation', 'x');
  await n1.flush();
  const { logFile } = testBus.server;
  const told = recordingTold();
  const folder = await temporaryDirectory();
  const first = await startAudit(told.report, folder.path);
  await first.close();
  assert.ok(told.list.some(({ subject }) => subject === 'easycerts.v1.before.rotation'));
  n1.publish('easycerts.v1.while.away', 'x');
  await n1.flush();
  await rename(logFile, `${logFile}.2020.01.01.12.00.00.000000000`);
  const second = await startAudit(told.report, folder.path);
  await second.close();
  assert.equal(told.list.filter(({ subject }) => subject === 'easycerts.v1.before.rotation').length, 1);
  // nats-server still writes to the renamed file; once a new one is there, the rest of the old one is read.
  await appendFile(logFile, '');
  const third = await startAudit(told.report, folder.path);
  await third.close();
  assert.ok(told.list.some(({ subject }) => subject === 'easycerts.v1.while.away'));
  await n1.close();
  await folder.remove();
});

test('while nats-server cannot be asked, the log waits; an answer that makes no sense is no reason to wait', async () => {
  const folder = await temporaryDirectory();
  const logFile = join(folder.path, 'nats.log');
  await appendFile(
    logFile,
    '[1] 2020/01/01 12:00:00.000000 [ERR] 10.0.0.5:4711 - cid:7 - Publish Violation - Subject "a"\n',
  );
  const told = recordingTold();
  const failures: unknown[] = [
    new Error('nonsense'),
    new AppError('UNAVAILABLE', 'away'),
    new AppError('UNAVAILABLE', 'away'),
  ];
  const audit = startBusAudit({
    logFile,
    stateFile: join(folder.path, 'audit.json'),
    connections: { find: async () => Promise.reject(failures.pop()) },
    reporter: { report: told.report },
    clock: fixedClock(),
    logger: silentLogger(),
    intervalMs: 60_000,
  });
  await audit.look();
  await audit.look();
  assert.equal(told.list.length, 0);
  await audit.look();
  assert.match(told.list[0]?.detail ?? '', /did not say who/);
  await audit.close();
  assert.equal(told.list.length, 1);
  await folder.remove();
});

test('a flood in the log is counted, not told one by one, and asked about once a connection', async () => {
  const folder = await temporaryDirectory();
  const logFile = join(folder.path, 'nats.log');
  const line = (subject: string): string =>
    `[1] 2020/01/01 12:00:00.000000 [ERR] 10.0.0.5:4711 - cid:7 - Publish Violation - Subject "${subject}"\n`;
  await appendFile(logFile, line('same').repeat(1_000));
  await appendFile(logFile, Array.from({ length: 1_000 }, (_, index) => line(`s${index}`)).join(''));
  let asked = 0;
  const reported: { refusal: BusRefusal; count: number }[] = [];
  const audit = startBusAudit({
    logFile,
    stateFile: join(folder.path, 'audit.json'),
    connections: {
      find: async () => {
        asked += 1;
        return { address: '10.0.0.5', port: 4711, user: 'nodes/n1' };
      },
    },
    reporter: { report: (refusal, count = 1) => void reported.push({ refusal, count }) },
    clock: fixedClock(),
    logger: silentLogger(),
    intervalMs: 60_000,
  });
  await audit.look();
  assert.equal(
    reported.reduce((sum, { count }) => sum + count, 0),
    2_000,
  );
  assert.ok(reported.length <= 502);
  assert.equal(asked, 1);
  await audit.close();
  await folder.remove();
});

function recordingTold(): { readonly list: BusRefusal[]; readonly report: (refusal: BusRefusal) => void } {
  const list: BusRefusal[] = [];
  return { list, report: (refusal) => void list.push(refusal) };
}

async function startAudit(
  report: (refusal: BusRefusal) => void,
  directory?: string,
): Promise<ReturnType<typeof startBusAudit>> {
  const folder = directory ?? join(testBus.server.directory);
  const connections = openConnectionRegister({
    server: testBus.servers[0] ?? '',
    identityDirectory: await testBus.identity('m1', 'master'),
    systemUserSeed: testBus.server.keys.systemUser.seed,
    logger: silentLogger(),
  });
  const audit = startBusAudit({
    logFile: testBus.server.logFile,
    stateFile: join(folder, directory === undefined ? `${performance.now()}.json` : 'position.json'),
    connections,
    reporter: { report },
    clock: systemClock,
    logger: silentLogger(),
    intervalMs: 60_000,
  });
  await connections.whenConnected(15_000);
  return {
    look: audit.look,
    close: async () => {
      await audit.close();
      await connections.close();
    },
  };
}

test('the register of connections is asked with the key of the system user only', async () => {
  const { authUser } = testBus.server.keys;
  const wrong = await connectNode({ authenticator: nkeyAuthenticator(authUser.seed) });
  await assert.rejects(wrong.request(`$SYS.REQ.SERVER.${wrong.info?.server_id}.CONNZ`, '{}', { timeout: 500 }));
  await wrong.close();
});
