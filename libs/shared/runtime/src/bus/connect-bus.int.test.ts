/** The bus of a master and of a node on a real nats-server: durable, and there again after every interruption. */

import assert from 'node:assert/strict';
import { cp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { CloudEvent } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import type { TestBus } from '@easycerts/testing';
import { collect, recordingLogger, silentLogger, startTestBus, temporaryDirectory } from '@easycerts/testing';
import { systemClock } from '../clock.ts';
import type { Bus, DurableStream } from './bus.ts';
import { busCertificateOf } from './bus-identity.ts';
import { connectBus } from './connect-bus.ts';
import { createDeferredPublisher } from './deferred-publisher.ts';

let testBus: TestBus;
let m1: Bus;
const mine: Bus[] = [];

before(async () => {
  testBus = await startTestBus();
  m1 = await testBus.connect('m1', 'master', 'ca');
});
afterEach(async () => {
  await Promise.all(mine.splice(0).map((bus) => bus.close()));
});
after(() => testBus?.close());

const isUnavailable = (error: unknown): boolean => isAppError(error, 'UNAVAILABLE');

function hostReady(key: string): Parameters<Bus['events']['publish']>[0] {
  return { type: 'host.ready', subject: 'm1', key, data: { host: 'm1', components: [], durationMs: 1 } };
}

/** Resolves with the value of `look` as soon as it is one. */
async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const value = await look();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not happen within 20 s');
}

async function open(options: Partial<Parameters<typeof connectBus>[0]> = {}): Promise<Bus> {
  const bus = await connectBus({
    servers: testBus.servers,
    identityDirectory: await testBus.identity('m1', 'master'),
    origin: { host: 'm1', service: 'test' },
    clock: systemClock,
    logger: silentLogger(),
    ...options,
  });
  mine.push(bus);
  return bus;
}

test('connectBus resolves at once, before there is a connection or even an identity', async () => {
  const begin = performance.now();
  const bus = await open({ servers: ['tls://127.0.0.1:1'], identityDirectory: '/nonexistent/identity' });
  assert.ok(performance.now() - begin < 500);
  assert.equal(bus.isConnected(), false);
  await assert.rejects(bus.whenConnected(50), isUnavailable);
});

test('whenConnected says what the last failure was, and how to cure it', async () => {
  const bus = await open({ identityDirectory: '/nonexistent/identity' });
  await assert.rejects(
    bus.whenConnected(300),
    (error) => isAppError(error, 'UNAVAILABLE') && isAppError(error.cause, 'NOT_FOUND'),
  );
});

test('an identity that appears later is used', async () => {
  const folder = await temporaryDirectory();
  const identityDirectory = join(folder.path, 'host');
  const bus = await open({ identityDirectory });
  await assert.rejects(bus.whenConnected(150), isUnavailable);
  await cp(await testBus.identity('m1', 'master'), identityDirectory, { recursive: true });
  await bus.whenConnected(15_000);
  await folder.remove();
});

test('appends are numbered, read back in order, and a repetition by message id keeps its number', async () => {
  const stream = await m1.stream('RECORDS', ['easycerts.v1.records.>']);
  const numbers = [];
  for (const text of ['a', 'b', 'c']) numbers.push(await stream.append('easycerts.v1.records.x', Buffer.from(text)));
  assert.deepEqual(numbers, [1, 2, 3]);
  assert.equal(await stream.append('easycerts.v1.records.x', Buffer.from('d'), { messageId: 'same' }), 4);
  assert.equal(await stream.append('easycerts.v1.records.x', Buffer.from('d'), { messageId: 'same' }), 4);
  const read = await collect(stream.read(2));
  assert.deepEqual(
    read.map(({ sequence, data }) => [sequence, Buffer.from(data).toString()]),
    [
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ],
  );
  assert.deepEqual(await collect(stream.read(5)), []);
});

test('an empty stream reads as nothing', async () => {
  assert.deepEqual(await collect((await m1.stream('EMPTY', ['easycerts.v1.empty.>'])).read(1)), []);
});

test('thousands of records are read in one go, in order', async () => {
  const stream = await m1.stream('MANY', ['easycerts.v1.many.>']);
  for (let round = 0; round < 24; round += 1) {
    await Promise.all(Array.from({ length: 50 }, () => stream.append('easycerts.v1.many.x', Buffer.from('x'))));
  }
  const sequences = (await collect(stream.read(1))).map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    Array.from({ length: 1_200 }, (_, index) => index + 1),
  );
  const some = async (from: number, to: number) =>
    (await collect(stream.read(from, to))).map(({ sequence }) => sequence);
  assert.deepEqual(await some(700, 702), [700, 701, 702]);
  assert.deepEqual(await some(1_200, 1_200), [1_200]);
  assert.deepEqual(await some(1_199, 5_000), [1_199, 1_200]);
  assert.deepEqual(await some(1_201, 5_000), []);
  assert.deepEqual(await some(9, 8), []);
});

// nats-server cuts a client for which more than 64 MB wait.
test('records as large as they may be are read in one go, however slowly', async () => {
  const stream = await m1.stream('LARGE', ['easycerts.v1.large.>']);
  const data = new Uint8Array(500 * 1024);
  for (let count = 0; count < 250; count++) await stream.append('easycerts.v1.large.x', data);
  let read = 0;
  for await (const { sequence } of stream.read(1)) {
    read += 1;
    // Holds the event loop, as decoding does: what arrives meanwhile stays with the server.
    if (sequence === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
  assert.equal(read, 250);
});

test('a record for a subject that the stream does not hold is refused, also when another stream holds it', async () => {
  const stream = await m1.stream('OWN', ['easycerts.v1.own.>']);
  for (const subject of ['easycerts.v1.cluster.ca.started', 'easycerts.v1.nowhere', 'easycerts.v1.own', '']) {
    await assert.rejects(stream.append(subject, Buffer.from('x')), (error) => isAppError(error, 'INVALID_INPUT'));
  }
  assert.deepEqual(await collect(stream.read(1)), []);
});

test('two streams cannot hold the same subjects', async () => {
  await m1.stream('FIRST', ['easycerts.v1.shared.>']);
  await assert.rejects(m1.stream('SECOND', ['easycerts.v1.shared.x']), (error) => isAppError(error, 'CONFLICT'));
});

test('a bucket gives compare-and-swap, deletion and listing', async () => {
  const bucket = await m1.bucket('records', { history: 3 });
  const first = await bucket.create('a.b', Buffer.from('1'));
  await assert.rejects(bucket.create('a.b', Buffer.from('2')), (error) => isAppError(error, 'CONFLICT'));
  const second = await bucket.update('a.b', Buffer.from('2'), first);
  await assert.rejects(bucket.update('a.b', Buffer.from('3'), first), (error) => isAppError(error, 'CONFLICT'));
  const { storedAt, ...entry } = (await bucket.get('a.b')) ?? assert.fail();
  assert.deepEqual(entry, { key: 'a.b', value: Uint8Array.of(0x32), revision: second });
  assert.ok(Math.abs(Date.now() - storedAt.getTime()) < 60_000);
  await bucket.put('c', Buffer.from('x'));
  await bucket.put('gone', Buffer.from('x'));
  await bucket.delete('gone');
  assert.equal(await bucket.get('gone'), undefined);
  assert.equal(await bucket.get('absent'), undefined);
  assert.deepEqual((await bucket.entries()).map(({ key }) => key).sort(), ['a.b', 'c']);
  await bucket.delete('a.b');
  assert.ok((await bucket.create('a.b', Buffer.from('again'))) > second);
});

test('a bucket that is written to meanwhile lists every key', async () => {
  const bucket = await m1.bucket('busy');
  const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
  for (const key of keys) await bucket.put(key, Buffer.from('0'));
  let isOver = false;
  const writing = keys.map(async (key) => {
    while (!isOver) await bucket.put(key, Buffer.from('x'));
  });
  const listed: (readonly string[])[] = [];
  for (let round = 0; round < 20; round += 1) listed.push((await bucket.entries()).map(({ key }) => key).sort());
  isOver = true;
  await Promise.all(writing);
  assert.deepEqual(
    listed,
    listed.map(() => keys),
  );
});

test('an empty bucket lists nothing', async () => {
  assert.deepEqual(await (await m1.bucket('empty')).entries(), []);
});

for (const key of ['', '*', 'a.*', '>', 'a.>', '.a', 'a.', 'a..b', 'a b', 'a\n', 'ä', '$x']) {
  test(`a bucket refuses the key ${JSON.stringify(key)}, so that a deletion cannot become one of everything`, async () => {
    const bucket = await m1.bucket('records');
    for (const use of [() => bucket.get(key), () => bucket.put(key, Buffer.from('x')), () => bucket.delete(key)]) {
      await assert.rejects(use(), (error) => isAppError(error, 'INVALID_INPUT'));
    }
  });
}

test('of many contenders for a revision exactly one wins', async () => {
  const bucket = await m1.bucket('contended');
  const revision = await bucket.create('token', Buffer.from('free'));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, (_, index) => bucket.update('token', Buffer.from(`${index}`), revision)),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const outcome of outcomes) if (outcome.status === 'rejected') assert.ok(isAppError(outcome.reason, 'CONFLICT'));
});

test('a watcher is told what there is, then every change, and nothing after it has stopped', async () => {
  const bucket = await m1.bucket('watched');
  await bucket.put('there', Buffer.from('1'));
  const seen: string[] = [];
  const stop = await bucket.watch((key, value) =>
    seen.push(`${key}=${value === undefined ? '-' : Buffer.from(value)}`),
  );
  await eventually(() => (seen.length === 1 ? true : undefined));
  await bucket.put('new', Buffer.from('2'));
  await bucket.delete('there');
  await eventually(() => (seen.length === 3 ? true : undefined));
  assert.deepEqual(seen, ['there=1', 'new=2', 'there=-']);
  await stop();
  await bucket.put('late', Buffer.from('3'));
  assert.equal(seen.length, 3);
});

test('events and refusals are read as one sequence, in order, each once', async () => {
  const bus = await open();
  await bus.whenConnected(15_000);
  bus.events.publish(hostReady('sequence-1'));
  await bus.events.flush(5_000);
  bus.events.publish({
    type: 'bus.refused',
    subject: 'x',
    key: 'sequence-2',
    data: { kind: 'connection', user: '', subject: '', detail: '', peer: '127.0.0.1' },
  });
  await bus.events.flush(5_000);
  bus.events.publish({ type: 'ca.started', subject: 'm1', key: 'sequence-3', data: { version: '1', certificates: 0 } });
  bus.events.publish(hostReady('sequence-1'));
  await bus.events.flush(5_000);
  const ids = (await collect(m1.readEvents({ from: 'all', follow: false }))).map(({ id }) => id.replace(/^.*:/, ''));
  assert.deepEqual(
    ids.filter((id) => id.startsWith('sequence')),
    ['sequence-1', 'sequence-2', 'sequence-3'],
  );
});

test('hundreds of events at once are stored in order, each once, also one that comes twice', async () => {
  const bus = await open();
  await bus.whenConnected(15_000);
  const keys = Array.from({ length: 300 }, (_, index) => `crowd-${index}`);
  for (const key of [...keys.slice(0, 100), 'crowd-7', ...keys.slice(100)]) bus.events.publish(hostReady(key));
  await bus.events.flush(15_000);
  for (const key of ['crowd-250', 'crowd-300']) bus.events.publish(hostReady(key));
  await bus.events.flush(5_000);
  const ids = (await collect(m1.readEvents({ from: 'all', follow: false }))).map(({ id }) => id.replace(/^.*:/, ''));
  assert.deepEqual(
    ids.filter((id) => id.startsWith('crowd')),
    [...keys, 'crowd-300'],
  );
});

test('events are chosen by subjects, also overlapping ones, and by time', async () => {
  m1.events.publish({ type: 'ca.started', subject: 'm1', key: 'chosen', data: { version: '1', certificates: 0 } });
  await m1.events.flush(5_000);
  const types = async (subjects: readonly string[], from: 'all' | Date = 'all'): Promise<ReadonlySet<string>> =>
    new Set((await collect(m1.readEvents({ from, follow: false, subjects }))).map(({ type }) => type));
  assert.deepEqual(await types(['easycerts.v1.cluster.ca.*']), new Set(['easycerts.ca.started']));
  assert.deepEqual(
    await types(['easycerts.v1.*.ca.started', 'easycerts.v1.cluster.>']),
    new Set(['easycerts.ca.started']),
  );
  assert.deepEqual(await types(['easycerts.v1.audit.>']), new Set(['easycerts.bus.refused']));
  assert.deepEqual(await types(['easycerts.v1.cluster.>'], new Date(Date.now() + 60_000)), new Set());
  await assert.rejects(types(['other.>']), (error) => isAppError(error, 'INVALID_INPUT'));
});

test('a reader of new events gets those that come after it began, until its signal ends it', async () => {
  const ending = new AbortController();
  const reading = m1.readEvents({ from: 'new' }, ending.signal)[Symbol.asyncIterator]();
  const first = reading.next();
  const bus = await open();
  await bus.whenConnected(15_000);
  // Whatever comes before the reader stands is not its business: publish until it hears something.
  let number = 0;
  const timer = setInterval(() => {
    number += 1;
    bus.events.publish(hostReady(`new-${number}`));
  }, 20);
  const { value } = await first;
  clearInterval(timer);
  assert.match((value as CloudEvent).id, /host\.ready:m1:new-\d+/);
  ending.abort();
  for (let next = await reading.next(); !next.done; next = await reading.next());
});

test('live hints reach their handlers, and a handler that throws harms nobody', async () => {
  const { logger, entries } = recordingLogger();
  const bus = await open({ logger });
  await bus.whenConnected(15_000);
  const heard: string[] = [];
  const stopBad = bus.onEvent(['easycerts.v1.host.*.host.ready'], () => {
    throw new Error('handler');
  });
  const stop = bus.onEvent(['easycerts.v1.host.>'], (event) => heard.push(event.id));
  const sendAndWait = async (key: string): Promise<void> => {
    bus.events.publish(hostReady(key));
    await bus.events.flush(5_000);
  };
  await sendAndWait('hint-1');
  await eventually(() => (heard.length > 0 ? true : undefined));
  stop();
  stopBad();
  await sendAndWait('hint-2');
  assert.deepEqual(heard, ['host.ready:m1:hint-1']);
  assert.ok(entries.some(({ msg }) => msg === 'the handler of an event failed'));
});

test('a node publishes its own events, and nothing that only masters may', async () => {
  const n1 = await testBus.connect('n1', 'node', 'certmgr');
  n1.events.publish({ type: 'ca.started', subject: 'n1', key: 'forbidden', data: { version: '1', certificates: 0 } });
  n1.events.publish({
    type: 'host.ready',
    subject: 'n1',
    key: 'mine',
    data: { host: 'n1', components: [], durationMs: 1 },
  });
  await n1.events.flush(10_000);
  const ids = (await collect(m1.readEvents({ from: 'all', follow: false }))).map(({ id }) => id);
  assert.ok(ids.includes('host.ready:n1:mine'));
  assert.ok(!ids.includes('ca.started:n1:forbidden'));
  const isDenied = (error: unknown): boolean => isAppError(error, 'PERMISSION_DENIED');
  assert.throws(() => n1.readEvents({}), isDenied);
  await assert.rejects(n1.stream('LEDGER', ['easycerts.v1.ledger.>']), isDenied);
  await assert.rejects(n1.bucket('tokens'), isDenied);
  await assert.rejects(n1.bucket('cluster'), isDenied);
  await assert.rejects(n1.consumers.ensure('n1', ['easycerts.v1.cluster.>']), isDenied);
  await assert.rejects(n1.consumers.remove('n1'), isDenied);
  const hosts = await n1.bucket('hosts');
  await assert.rejects(hosts.put('n1.x', Buffer.from('x')), isDenied);
  await assert.rejects(hosts.get('n2.x'));
});

test('the services of one process publish over one connection, each under its name', async () => {
  const n1 = await testBus.connect('n1', 'node', 'agent');
  const data = { host: 'n1', components: [], durationMs: 1 };
  const ready = (key: string) => ({ type: 'host.ready' as const, subject: 'n1', key, data });
  const [certmgr, joiner] = [n1.eventsOf('certmgr'), n1.eventsOf('joiner')];
  assert.equal(n1.eventsOf('joiner'), joiner);
  certmgr.publish(ready('of-certmgr'));
  joiner.publish(ready('of-joiner'));
  n1.events.publish(ready('of-agent'));
  // what is still unsent then is sent by closing
  await n1.close();
  const sources = (await collect(m1.readEvents({ from: 'all', follow: false })))
    .filter(({ id }) => id.startsWith('host.ready:n1:of-'))
    .map(({ source }) => source);
  assert.deepEqual(sources.sort(), ['/hosts/n1/agent', '/hosts/n1/certmgr', '/hosts/n1/joiner']);
  joiner.publish(ready('of-joiner-too-late'));
});

test('a node hears changes of its own keys only', async () => {
  const hosts = await m1.bucket('hosts');
  const n1 = await testBus.connect('n1', 'node', 'joiner');
  const seen: string[] = [];
  const stop = await (await n1.bucket('hosts')).watch((key) => seen.push(key));
  await (await n1.bucket('hosts')).get('n1.config');
  await hosts.put('n2.config', Buffer.from('x'));
  await hosts.put('n1.config', Buffer.from('x'));
  await eventually(() => (seen.length > 0 ? true : undefined));
  assert.deepEqual(seen, ['n1.config']);
  await stop();
});

test('a publisher that is attached later sends what has waited, with the time at which it happened', async () => {
  const deferred = createDeferredPublisher({ now: () => new Date('2020-01-01T12:00:00Z') });
  deferred.publish(hostReady('deferred'));
  deferred.attach(m1.events);
  await deferred.flush(5_000);
  const events = await collect(m1.readEvents({ from: 'all', follow: false }));
  assert.equal(events.find(({ id }) => id === 'host.ready:m1:deferred')?.time, '2020-01-01T12:00:00.000Z');
});

test('kill -9 of nats-server: nothing acknowledged is lost, and all is there again by itself', async () => {
  const bus = await open();
  await bus.whenConnected(15_000);
  const ledger = await bus.stream('CRASHED', ['easycerts.v1.crashed.>']);
  const bucket = await bus.bucket('crashed');
  const watched: string[] = [];
  const stopWatching = await bucket.watch((key) => watched.push(key));
  const heard: string[] = [];
  bus.onEvent(['easycerts.v1.host.>'], ({ id }) => heard.push(id));
  const ending = new AbortController();
  const followed: string[] = [];
  const following = (async () => {
    for await (const { id } of bus.readEvents({ from: 'all' }, ending.signal)) followed.push(id);
  })();

  const acknowledged: number[] = [];
  for (let crash = 0; crash < 3; crash += 1) {
    const refused = assert.rejects(appendUntilRefused(ledger, acknowledged), isUnavailable);
    await eventually(() => (acknowledged.length > 50 * (crash + 1) ? true : undefined));
    await testBus.server.kill();
    await refused;
    assert.equal(bus.isConnected(), false);
    await assert.rejects(ledger.append('easycerts.v1.crashed.x', Buffer.from('x')), isUnavailable);
    await assert.rejects(bucket.get('x'), isUnavailable);
    bus.events.publish(hostReady(`while-away-${crash}`));
    await testBus.server.start();
    await eventually(() => (bus.isConnected() ? true : undefined));
  }
  const stored = new Set((await collect(ledger.read(1))).map(({ sequence }) => sequence));
  assert.deepEqual(
    acknowledged.filter((sequence) => !stored.has(sequence)),
    [],
  );

  await bus.events.flush(15_000);
  await bucket.put('after', Buffer.from('x'));
  await eventually(() => (watched.includes('after') ? true : undefined));
  for (const crash of [0, 1, 2]) {
    const id = `host.ready:m1:while-away-${crash}`;
    await eventually(() => (heard.includes(id) && followed.includes(id) ? true : undefined));
    assert.equal(followed.filter((each) => each === id).length, 1);
  }
  ending.abort();
  await following;
  await stopWatching();
});

async function appendUntilRefused(stream: DurableStream, acknowledged: number[]): Promise<never> {
  for (;;) acknowledged.push(await stream.append('easycerts.v1.crashed.x', Buffer.alloc(700, 1)));
}

test('a renewed identity is used at the next connection', async () => {
  const folder = await temporaryDirectory();
  const identityDirectory = join(folder.path, 'host');
  await testBus.pki.writeHostIdentity(identityDirectory, 'm1', 'master');
  const bus = await open({ identityDirectory });
  await bus.whenConnected(15_000);
  const renewed = join(folder.path, 'renewed');
  await testBus.pki.writeHostIdentity(renewed, 'm1', 'master');
  const { fingerprint } = busCertificateOf(await readFile(join(renewed, 'tls.crt'), 'utf8'));
  await rm(identityDirectory, { recursive: true });
  await rename(renewed, identityDirectory);
  const before = testBus.certificates.length;
  await testBus.server.kill();
  await testBus.server.start();
  await eventually(() => (bus.isConnected() ? true : undefined));
  assert.ok(testBus.certificates.slice(before).some((seen) => seen.fingerprint === fingerprint));
  await folder.remove();
});

test('the CA is on the bus without the callout, with all rights of a master', async () => {
  await testBus.stopCallout();
  const folder = await temporaryDirectory();
  const identityDirectory = await testBus.pki.writeSet(join(folder.path, 'any'), { commonName: 'easycerts-bus' });
  const bus = await open({ identityDirectory, userSeed: testBus.server.keys.bootUser.seed });
  await bus.whenConnected(15_000);
  const stream = await bus.stream('BOOT', ['easycerts.v1.boot.>']);
  assert.equal(await stream.append('easycerts.v1.boot.x', Buffer.from('x')), 1);
  bus.events.publish(hostReady('boot'));
  await bus.events.flush(5_000);
  const ids = (await collect(bus.readEvents({ from: 'all', follow: false }))).map(({ id }) => id);
  assert.ok(ids.includes('host.ready:m1:boot'));
  await testBus.startCallout();
  await folder.remove();
});

test('close ends everything, also while there is no bus', async () => {
  const bus = await open({ servers: ['tls://127.0.0.1:1'] });
  const begin = performance.now();
  await bus.close();
  assert.ok(performance.now() - begin < 1_000);
  const other = await open();
  await other.whenConnected(15_000);
  const reading = collect(other.readEvents({ from: 'new' }));
  await other.close();
  assert.deepEqual(await reading, []);
});
