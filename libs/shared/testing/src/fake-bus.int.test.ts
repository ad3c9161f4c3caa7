/** The fake bus and the real one, held to the same behaviour. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CloudEvent, Fact } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import type { Bus } from '@easycerts/runtime';
import { collect } from './collect.ts';
import { createFakeBus } from './fake-bus.ts';
import type { TestBus } from './test-bus.ts';
import { startTestBus } from './test-bus.ts';

const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value));
const isConflict = (error: unknown): boolean => isAppError(error, 'CONFLICT');
const isInvalid = (error: unknown): boolean => isAppError(error, 'INVALID_INPUT');
const isUnavailable = (error: unknown): boolean => isAppError(error, 'UNAVAILABLE');

function ready(key: string): Fact<'host.ready'> {
  return { type: 'host.ready', subject: 'm1', key, data: { host: 'm1', components: [], durationMs: 1 } };
}

async function untilTrue(look: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!look()) {
    assert.ok(performance.now() < end, 'it did not happen within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

let testBus: TestBus;
let realBus: Bus;
before(async () => {
  testBus = await startTestBus();
  realBus = await testBus.connect('m1', 'master');
});
after(() => testBus?.close());

const kinds: Readonly<Record<string, () => Bus>> = { fake: () => createFakeBus(), real: () => realBus };

for (const [kind, makeBus] of Object.entries(kinds)) {
  describe(`the ${kind} bus`, () => {
    test('numbers records, drops repetitions, and reads them back in order', async () => {
      const stream = await makeBus().stream('CONFORMS', ['easycerts.v1.conforms.>']);
      const subject = 'easycerts.v1.conforms.x';
      assert.equal(await stream.append(subject, text('a')), 1);
      assert.equal(await stream.append(subject, text('b'), { messageId: 'same' }), 2);
      assert.equal(await stream.append(subject, text('b'), { messageId: 'same' }), 2);
      assert.equal(await stream.append(subject, text('c')), 3);
      const read = await collect(stream.read(2));
      assert.deepEqual(
        read.map(({ sequence, data }) => [sequence, Buffer.from(data).toString()]),
        [
          [2, 'b'],
          [3, 'c'],
        ],
      );
      assert.ok(read.every(({ time, subject: of }) => time instanceof Date && of === subject));
      assert.deepEqual(await collect(stream.read(4)), []);
      await assert.rejects(stream.append('easycerts.v1.elsewhere', text('x')), isInvalid);
    });

    test('gives compare-and-swap on keys', async () => {
      const bucket = await makeBus().bucket('conforms');
      const first = await bucket.create('a.b', text('1'));
      await assert.rejects(bucket.create('a.b', text('2')), isConflict);
      const second = await bucket.update('a.b', text('2'), first);
      assert.ok(second > first);
      await assert.rejects(bucket.update('a.b', text('3'), first), isConflict);
      await assert.rejects(bucket.update('absent', text('3'), 1), isConflict);
      await assert.rejects(bucket.delete('a.b', first), isConflict);
      const { storedAt, ...entry } = (await bucket.get('a.b')) ?? assert.fail();
      assert.deepEqual(entry, { key: 'a.b', value: text('2'), revision: second });
      assert.ok(storedAt instanceof Date);
      assert.deepEqual((await bucket.entries())[0]?.storedAt, storedAt);
      assert.equal(await bucket.get('absent'), undefined);
      await bucket.put('c', text('x'));
      await bucket.delete('a.b', second);
      assert.equal(await bucket.get('a.b'), undefined);
      assert.deepEqual(
        (await bucket.entries()).map(({ key }) => key),
        ['c'],
      );
      assert.ok((await bucket.create('a.b', text('again'))) > second);
      await assert.rejects(bucket.put('a.*', text('x')), isInvalid);
      await assert.rejects(bucket.delete('>'), isInvalid);
    });

    test('tells a watcher what there is and every change', async () => {
      const bucket = await makeBus().bucket('watched');
      await bucket.put('there', text('1'));
      const seen: string[] = [];
      const stop = await bucket.watch((key, value) =>
        seen.push(`${key}=${value === undefined ? '-' : Buffer.from(value)}`),
      );
      await untilTrue(() => seen.length === 1);
      await bucket.put('new', text('2'));
      await bucket.delete('there');
      await untilTrue(() => seen.length === 3);
      assert.deepEqual(seen, ['there=1', 'new=2', 'there=-']);
      await stop();
    });

    test('keeps events, each once, tells live ones, and reads by subject', async () => {
      const bus = makeBus();
      const heard: CloudEvent[] = [];
      const stop = bus.onEvent(['easycerts.v1.host.*.host.ready'], (event) => heard.push(event));
      bus.events.publish(ready('1'));
      bus.events.publish(ready('1'));
      bus.events.publish({ type: 'ca.started', subject: 'm1', key: '2', data: { version: '1', certificates: 0 } });
      await bus.events.flush(5_000);
      await untilTrue(() => heard.length > 0);
      stop();
      const ids = async (subjects?: readonly string[]): Promise<readonly string[]> => {
        const filter = { from: 'all', follow: false, ...(subjects === undefined ? {} : { subjects }) } as const;
        return (await collect(bus.readEvents(filter))).map(({ id }) => id);
      };
      assert.deepEqual(await ids(), ['host.ready:m1:1', 'ca.started:m1:2']);
      assert.deepEqual(await ids(['easycerts.v1.cluster.>']), ['ca.started:m1:2']);
      assert.deepEqual(heard[0]?.id, 'host.ready:m1:1');
    });

    test('gives the last event of each subject, in order, with the time at which it was stored', async () => {
      const bus = makeBus();
      const started = { type: 'component.started', subject: 'etcd' } as const;
      const data = { host: 'm1', component: 'etcd', reason: 'not-running', durationMs: 1 } as const;
      bus.events.publish(ready('last-1'));
      bus.events.publish({ ...started, key: '2', data });
      bus.events.publish(ready('last-3'));
      await bus.events.flush(5_000);
      const last = await bus.lastEvents(['easycerts.v1.host.*.host.ready', 'easycerts.v1.host.*.component.started']);
      assert.deepEqual(
        last.map(({ event }) => event.id),
        ['component.started:etcd:2', 'host.ready:m1:last-3'],
      );
      assert.ok((last[0]?.sequence ?? 0) < (last[1]?.sequence ?? 0));
      assert.ok(last.every(({ storedAt }) => storedAt instanceof Date));
      assert.deepEqual(await bus.lastEvents(['easycerts.v1.host.nobody.host.ready']), []);
    });

    test('tells of its connection, until nobody wants to know', async () => {
      const bus = makeBus();
      let connections = 0;
      const stop = bus.onConnected(() => {
        connections += 1;
      });
      await untilTrue(() => connections === 1);
      stop();
    });

    test('follows from the beginning into the future, until it is told to end', async () => {
      const bus = makeBus();
      const ending = new AbortController();
      const followed: string[] = [];
      const following = (async () => {
        for await (const { id } of bus.readEvents({ from: 'all' }, ending.signal)) followed.push(id);
      })();
      bus.events.publish(ready('followed'));
      await untilTrue(() => followed.includes('host.ready:m1:followed'));
      ending.abort();
      await following;
    });
  });
}

test('the fake bus can be away: everything fails then, and events wait until it is back', async () => {
  const bus = createFakeBus({ isConnected: false });
  const stream = await bus.stream('LEDGER', ['a.>']);
  const bucket = await bus.bucket('tokens');
  await assert.rejects(stream.append('a.b', text('x')), isUnavailable);
  await assert.rejects(bucket.get('a'), isUnavailable);
  await assert.rejects(bus.whenConnected(10), isUnavailable);
  bus.events.publish(ready('waiting'));
  assert.deepEqual(bus.published, []);
  const connected = bus.whenConnected(10_000);
  bus.setConnected(true);
  await connected;
  await assert.rejects(createFakeBus({ isConnected: false }).lastEvents(['>']), isUnavailable);
  assert.equal(bus.published.length, 1);
  assert.equal(await stream.append('a.b', text('x')), 1);
});

test('the fake bus takes in events of other hosts', () => {
  const bus = createFakeBus();
  const other = createFakeBus({ origin: { host: 'n1', service: 'certmgr' } });
  const heard: string[] = [];
  bus.onEvent(['easycerts.v1.host.n1.>'], ({ source }) => heard.push(source));
  other.events.publish({
    type: 'host.ready',
    subject: 'n1',
    key: '1',
    data: { host: 'n1', components: [], durationMs: 1 },
  });
  for (const event of other.published) bus.inject(event);
  assert.deepEqual(heard, ['/hosts/n1/certmgr']);
});
