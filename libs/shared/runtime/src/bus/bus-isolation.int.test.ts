/** Nodes kept apart, on a real nats-server: each denial of the table, and the ways around permissions that are known. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TestBus } from '@easycerts/testing';
import { startTestBus } from '@easycerts/testing';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';
import {
  deniedToAutomationToPublish,
  deniedToAutomationToSubscribe,
  deniedToPublish,
  deniedToSubscribe,
} from './testing/denied-subjects.ts';
import { connectRaw, watchViolations } from './testing/raw-client.ts';

let testBus: TestBus;
let master: Bus;
let rawMaster: NatsConnection;
let n1: NatsConnection;
let n2: NatsConnection;
let a1: NatsConnection;

const readByA1 = ['easycerts.v1.cluster.host.joined', 'easycerts.v1.host.*.certificate.>'];

before(async () => {
  testBus = await startTestBus();
  master = await testBus.connect('m1', 'master');
  const cluster = await master.bucket('cluster');
  await cluster.put('roots', Buffer.from('true roots'));
  const hosts = await master.bucket('hosts');
  await hosts.put('n1.config', Buffer.from('for n1'));
  await hosts.put('n2.config', Buffer.from('for n2'));
  await (await master.bucket('tokens')).put('a', Buffer.from('secret'));
  await (await master.stream('LEDGER', ['easycerts.v1.ledger.>'])).append(
    'easycerts.v1.ledger.issued',
    Buffer.from('1'),
  );
  rawMaster = await connectRaw(testBus.servers, await testBus.identity('m1', 'master'), { inboxPrefix: '_INBOX_m1' });
  n1 = await connectRaw(testBus.servers, await testBus.identity('n1', 'node'), { inboxPrefix: '_INBOX_n1' });
  n2 = await connectRaw(testBus.servers, await testBus.identity('n2', 'node'), { inboxPrefix: '_INBOX_n2' });
  const manager = await jetstreamManager(rawMaster);
  // One of each name that nats-server could mistake for another.
  for (const name of ['n1', 'n2', 'a1', 'auto_n1']) {
    await manager.consumers.add('EVENTS', { durable_name: name, ack_policy: AckPolicy.Explicit });
  }
  await master.consumers.ensure('auto_a1', readByA1);
  await master.consumers.ensure('auto_a2', ['easycerts.v1.cluster.>', 'easycerts.v1.host.*.>']);
  const folder = join(testBus.server.directory, 'automation');
  const subject = { commonName: 'a1', organizations: ['easycerts:automation'] };
  const identity = await testBus.pki.writeSet(folder, subject);
  a1 = await connectRaw(testBus.servers, identity, { inboxPrefix: '_INBOX_auto_a1' });
});

after(async () => {
  for (const connection of [n1, n2, a1, rawMaster]) await connection?.close();
  await testBus?.close();
});

/** Everything stored, as `stream subject text`, but for what n1 may publish under its own name. */
async function everythingStored(): Promise<readonly string[]> {
  const manager = await jetstreamManager(rawMaster);
  const stored: string[] = [];
  for await (const { config, state } of manager.streams.list()) {
    for (let sequence = Math.max(1, state.first_seq); sequence <= state.last_seq; sequence += 1) {
      const message = await manager.streams.getMessage(config.name, { seq: sequence });
      if (message === null || message.subject.startsWith('easycerts.v1.host.n1.') || message.subject.endsWith('.probe'))
        continue;
      stored.push(`${config.name} ${message.subject} ${message.string()}`);
    }
  }
  return stored;
}

const probes = [
  'easycerts.v1.cluster.probe',
  'easycerts.v1.audit.probe',
  'easycerts.v1.ledger.probe',
  '$KV.cluster.probe',
  '$KV.hosts.probe',
  '$KV.tokens.probe',
];

/** What n1 has sent before, and what followed from it, is through: the streams have stored something that came later. */
async function settle(): Promise<void> {
  await n1.request('easycerts.v1.host.n1.probe', 'x');
  for (let round = 0; round < 2; round += 1) {
    for (const probe of probes) await rawMaster.request(probe, 'x');
  }
}

const publishers: readonly [string, () => NatsConnection, readonly string[]][] = [
  ['n1', () => n1, deniedToPublish],
  ['automation a1', () => a1, deniedToAutomationToPublish],
];
for (const [who, connection, subjects] of publishers) {
  for (const subject of subjects) {
    test(`${who} may not publish ${subject}`, async () => {
      const violations = watchViolations(connection());
      connection().publish(subject, 'x');
      await connection().flush();
      await connection().flush();
      assert.deepEqual(violations.list, [`publish ${subject}`]);
      violations.stop();
    });
  }
}

const subscribers: readonly [string, () => NatsConnection, readonly string[]][] = [
  ['n1', () => n1, deniedToSubscribe],
  ['automation a1', () => a1, deniedToAutomationToSubscribe],
];
for (const [who, connection, subjects] of subscribers) {
  for (const subject of subjects) {
    test(`${who} may not subscribe ${subject}, with and without a queue`, async () => {
      const violations = watchViolations(connection());
      connection().subscribe(subject, { callback: () => undefined });
      connection().subscribe(subject, { queue: 'q', callback: () => undefined });
      await connection().flush();
      await connection().flush();
      assert.deepEqual(violations.list, [`subscription ${subject}`, `subscription ${subject}`]);
      violations.stop();
    });
  }
}

test('a node that subscribes to another host hears nothing of it', async () => {
  const heard: string[] = [];
  n1.subscribe('easycerts.v1.host.n2.>', { callback: (error, message) => void (error ?? heard.push(message.subject)) });
  n2.publish('easycerts.v1.host.n2.host.ready', 'x');
  await n2.flush();
  await n1.flush();
  assert.deepEqual(heard, []);
});

test('automation gets the events of its types, in order, whoever published them, and no other', async () => {
  const bus = await testBus.connect('n1', 'node', 'certmgr');
  const issued = (key: string) =>
    ({ type: 'trust-bundle.updated', subject: 'n1/host', key, data: bundleUpdated }) as const;
  const rolledBack = (key: string) =>
    ({ type: 'certificate.rolled-back', subject: 'n1/kubelet', key, data: certificateRolledBack }) as const;
  bus.events.publish(rolledBack('1'));
  bus.events.publish(issued('2'));
  await bus.events.flush(5_000);
  master.events.publish({ type: 'ca.started', subject: 'm1', key: '3', data: { version: '1', certificates: 0 } });
  master.events.publish({ type: 'host.joined', subject: 'n1', key: '4', data: hostJoined });
  await master.events.flush(5_000);
  bus.events.publish(rolledBack('5'));
  await bus.events.flush(5_000);
  const consumer = await jetstream(a1, { apiPrefix: 'EC.API', checkAPI: false }).consumers.get('EVENTS', 'auto_a1');
  const seen: string[] = [];
  for await (const message of await consumer.fetch({ max_messages: 3, expires: 5_000 })) {
    seen.push(message.json<{ id: string }>().id);
    await message.ackAck();
  }
  assert.deepEqual(seen, [
    'certificate.rolled-back:n1/kubelet:1',
    'host.joined:n1:4',
    'certificate.rolled-back:n1/kubelet:5',
  ]);
  // What is acknowledged does not come again, and the position survives a change of the subjects.
  await master.consumers.ensure('auto_a1', ['easycerts.v1.cluster.host.joined']);
  const manager = await jetstreamManager(rawMaster);
  const info = await manager.consumers.info('EVENTS', 'auto_a1');
  assert.deepEqual([info.num_pending, info.num_ack_pending], [0, 0]);
  await master.consumers.remove('auto_a1');
  await master.consumers.remove('auto_a1');
  await assert.rejects(manager.consumers.info('EVENTS', 'auto_a1'));
  await master.consumers.ensure('auto_a1', readByA1);
});

const bundleUpdated = { host: 'n1', certificate: 'host', authority: 'easycerts', path: '/x' };
const certificateRolledBack = {
  host: 'n1',
  certificate: 'kubelet',
  component: 'kubelet',
  serial: 'ab',
  previousSerial: 'cd',
  message: 'x',
};
const hostJoined = { host: 'n1', role: 'node' as const, addresses: [], tokenId: 'a', serial: 'ab', peer: '192.0.2.1' };

const targets = [
  '$KV.cluster.roots',
  '$KV.hosts.n1.config',
  '$KV.hosts.n2.config',
  '$KV.tokens.a',
  'easycerts.v1.host.n2.certificate.renewed',
  'easycerts.v1.cluster.ca.started',
  'easycerts.v1.audit.bus.refused',
  'easycerts.v1.ledger.issued',
  '$JS.API.STREAM.DELETE.EVENTS',
  '$JS.API.STREAM.PURGE.KV_cluster',
];

/** What a node may ask for; each answer is sent to the reply subject, which nats-server does not check. */
const questions: readonly (readonly [name: string, subject: string, body: string])[] = [
  ['the acknowledgement of its event', 'easycerts.v1.host.n1.host.ready', 'x'],
  ['a value of its own', 'EC.API.DIRECT.GET.KV_hosts.$KV.hosts.n1.config', ''],
];
for (const [name, subject, body] of questions) {
  test(`n1 cannot have ${name} written anywhere as a forged reply`, async () => {
    const before = await everythingStored();
    for (const reply of targets) n1.publish(subject, body, { reply });
    await settle();
    assert.deepEqual(await everythingStored(), before);
  });
}

/** The same for automation. */
const questionsOfAutomation: readonly (readonly [name: string, subject: string, body: string])[] = [
  ['the state of its consumer', 'EC.API.CONSUMER.INFO.EVENTS.auto_a1', ''],
  ['messages of its consumer', 'EC.API.CONSUMER.MSG.NEXT.EVENTS.auto_a1', '{"batch":5,"no_wait":true}'],
  ['an acknowledgement', '$JS.ACK.EVENTS.auto_a1.1.1.1.1.0', '+ACK'],
  ['a message in exchange for an acknowledgement', '$JS.ACK.EVENTS.auto_a1.1.1.1.1.0', '+NXT'],
];
for (const [name, subject, body] of questionsOfAutomation) {
  test(`automation cannot have ${name} written anywhere as a forged reply`, async () => {
    const before = await everythingStored();
    for (const reply of targets) a1.publish(subject, body, { reply });
    await a1.flush();
    await settle();
    assert.deepEqual(await everythingStored(), before);
  });
}

test('what its consumer sends later, to a forged reply that waits, is not written anywhere either', async () => {
  const before = await everythingStored();
  for (const reply of targets) {
    a1.publish('EC.API.CONSUMER.MSG.NEXT.EVENTS.auto_a1', '{"batch":1}', { reply });
    a1.publish('$JS.ACK.EVENTS.auto_a1.1.1.1.1.0', '+NXT', { reply });
  }
  await a1.flush();
  for (let key = 0; key < targets.length; key += 1) {
    master.events.publish({ type: 'host.joined', subject: 'n1', key: `later-${key}`, data: hostJoined });
  }
  await master.events.flush(5_000);
  await settle();
  const added = (await everythingStored()).filter((each) => !before.includes(each));
  assert.equal(added.length, targets.length);
  assert.ok(added.every((each) => each.startsWith('EVENTS easycerts.v1.cluster.host.joined ')));
});

test('n1 cannot have traces of its messages written anywhere', async () => {
  const before = await everythingStored();
  for (const destination of targets) {
    for (const only of ['true', 'false']) {
      const header = headers();
      header.set('Nats-Trace-Dest', destination);
      header.set('Nats-Trace-Only', only);
      n1.publish('easycerts.v1.host.n1.host.ready', 'x', { headers: header });
    }
  }
  await settle();
  assert.deepEqual(await everythingStored(), before);
});

const harmfulHeaders: readonly (readonly [name: string, value: string])[] = [
  ['Nats-Rollup', 'all'],
  ['Nats-Rollup', 'sub'],
  ['Nats-TTL', '1s'],
  ['Nats-Schedule', '@at 2020-01-01T00:00:00Z'],
  ['Nats-Batch-Id', 'a'],
];
for (const [name, value] of harmfulHeaders) {
  test(`the header ${name}: ${value} of n1 does nothing to what others stored`, async () => {
    const before = await everythingStored();
    const header = headers();
    header.set(name, value);
    if (name === 'Nats-Schedule') header.set('Nats-Schedule-Target', 'easycerts.v1.host.n2.host.ready');
    n1.publish('easycerts.v1.host.n1.host.ready', 'x', { headers: header });
    await settle();
    assert.deepEqual(await everythingStored(), before);
  });
}

test('a message id of n1 cannot make an event of n2 look like a repetition', async () => {
  const bus = await testBus.connect('n2', 'node', 'certmgr');
  for (const id of ['host.ready:n2:k', 'n2:host.ready:n2:k', 'easycerts.v1.host.n2.host.ready\nhost.ready:n2:k']) {
    const header = headers();
    header.set('Nats-Msg-Id', id.replaceAll('\n', ' '));
    n1.publish('easycerts.v1.host.n1.host.ready', 'x', { headers: header });
  }
  await n1.flush();
  bus.events.publish({
    type: 'host.ready',
    subject: 'n2',
    key: 'k',
    data: { host: 'n2', components: [], durationMs: 1 },
  });
  await bus.events.flush(5_000);
  const events = [];
  for await (const event of master.readEvents({ from: 'all', follow: false, subjects: ['easycerts.v1.host.n2.>'] })) {
    events.push(event.id);
  }
  assert.deepEqual(events, ['host.ready:n2:k']);
});

test('n1, who keeps as many batches open as there may be, holds up no event of another', async () => {
  const open = (batch: string) => {
    const header = headers();
    header.set('Nats-Batch-Id', batch);
    header.set('Nats-Batch-Sequence', '1');
    return n1.request('easycerts.v1.host.n1.batch', 'x', { headers: header, timeout: 5_000 });
  };
  const answers = [];
  for (let count = 0; count < 20; count += 1) answers.push((await open(`n1-${count}`)).string());
  assert.equal(answers.filter((answer) => answer === '').length, 16);
  const keys = Array.from({ length: 40 }, (_, index) => `batch-${index}`);
  for (const key of keys) {
    master.events.publish({
      type: 'host.ready',
      subject: 'm1',
      key,
      data: { host: 'm1', components: [], durationMs: 1 },
    });
  }
  await master.events.flush(5_000);
  const events = [];
  for await (const event of master.readEvents({ from: 'all', follow: false, subjects: ['easycerts.v1.host.m1.>'] })) {
    events.push(event.id.replace(/^.*:/, ''));
  }
  assert.deepEqual(events, keys);
});

test('an event that n1 publishes in the name of n2 is not read as an event', async () => {
  const forged = {
    specversion: '1.0',
    id: 'host.ready:n2:forged',
    source: '/hosts/n2/joiner',
    type: 'easycerts.host.ready',
    subject: 'n2',
    time: '2020-01-01T12:00:00.000Z',
    data: { host: 'n2', components: [], durationMs: 1 },
  };
  await n1.request('easycerts.v1.host.n1.host.ready', JSON.stringify(forged));
  for await (const event of master.readEvents({ from: 'all', follow: false })) assert.notEqual(event.id, forged.id);
});

test('what n1 may do works: its event is stored, its value is read', async () => {
  const bus = await testBus.connect('n1', 'node', 'certmgr');
  bus.events.publish({
    type: 'host.ready',
    subject: 'n1',
    key: 'works',
    data: { host: 'n1', components: [], durationMs: 1 },
  });
  await bus.events.flush(5_000);
  const read = [];
  for await (const event of master.readEvents({ from: 'all', follow: false, subjects: ['easycerts.v1.host.n1.>'] }))
    read.push(event.id);
  assert.equal(read.at(-1), 'host.ready:n1:works');
  const hosts = await bus.bucket('hosts');
  assert.equal(Buffer.from((await hosts.get('n1.config'))?.value ?? []).toString(), 'for n1');
  assert.equal(await hosts.get('n1.absent'), undefined);
  await assert.rejects(hosts.get('n2.config'));
});
