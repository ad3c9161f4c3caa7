/** Asking whether the bus can be reached leaves nothing on the audit trail of a real nats-server. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRefusalReporter, openConnectionRegister, startBusAudit, systemClock } from '@easycerts/runtime';
import {
  createTestAuthority,
  freePort,
  type RecordingPublisher,
  recordingPublisher,
  silentLogger,
  startTestBus,
  type TestBus,
} from '@easycerts/testing';
import { type BusConfig, busProblem } from './bus-problem.ts';

let testBus: TestBus;
let events: RecordingPublisher;
const running: { close(): Promise<void> }[] = [];
const refused = (): readonly string[] =>
  events.ofType('bus.refused').map(({ data }) => (data as { readonly detail: string }).detail);

before(async () => {
  testBus = await startTestBus();
  events = recordingPublisher({ host: 'm1', service: 'ca' }, systemClock);
  const { directory, keys, logFile } = testBus.server;
  const parts = { clock: systemClock, logger: silentLogger() };
  const reporter = createRefusalReporter({ events, clock: systemClock });
  const identityDirectory = await testBus.identity('m1', 'master');
  const [server = ''] = testBus.servers;
  const systemUserSeed = keys.systemUser.seed;
  const connections = openConnectionRegister({ server, identityDirectory, systemUserSeed, logger: parts.logger });
  const audit = startBusAudit({ logFile, stateFile: join(directory, 'audit.json'), connections, reporter, ...parts });
  running.push(audit, connections, reporter);
});
after(async () => {
  for (const service of running) await service.close();
  await testBus?.close();
});

function configWith(changes: Partial<BusConfig> = {}): BusConfig {
  const { port } = testBus.server;
  return { apiserver: { enable: false }, bus: { port }, easyCerts: true, masterAddress: '127.0.0.1', ...changes };
}

async function untilRefused(count: number): Promise<void> {
  for (const end = performance.now() + 20_000; refused().length < count && performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test('a host that the bus knows is told nothing, and the audit has nothing but what a bare connection leaves', async () => {
  const identity = await testBus.identity('n1', 'node');
  assert.equal(await busProblem(configWith(), identity), undefined);
  assert.equal(await busProblem(configWith({ apiserver: { enable: true } }), identity), undefined);
  // the server's log is read in its order: what the questions left would stand before this
  const socket = connect({ host: '127.0.0.1', port: testBus.server.port });
  await once(socket, 'connect');
  socket.destroy();
  await untilRefused(1);
  assert.equal(refused().length, 1, refused().join('; '));
});

test('an identity that the bus does not take is told', async () => {
  const foreign = await testBus.pki.writeSet(join(testBus.server.directory, 'foreign'), {
    commonName: 'n1',
    organizations: ['easycerts:nodes'],
    authority: await createTestAuthority('easycerts'),
  });
  const problem = await busProblem(configWith(), foreign);
  assert.match(problem ?? '', new RegExp(`^127\\.0\\.0\\.1:${testBus.server.port}: `));
});

test('where nothing listens, and without an identity, it is told', async () => {
  const port = await freePort();
  const identity = await testBus.identity('n1', 'node');
  assert.match((await busProblem(configWith({ bus: { port } }), identity)) ?? '', /ECONNREFUSED/);
  assert.notEqual(await busProblem(configWith(), join(testBus.server.directory, 'nowhere')), undefined);
});

test('a cluster without easyCerts has no bus to reach', async () => {
  assert.equal(await busProblem(configWith({ easyCerts: false }), 'nowhere'), undefined);
});
