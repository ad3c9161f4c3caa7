import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { EventType, Fact } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import { fixedClock, recordingLogger, recordingPublisher } from '@easycerts/testing';
import { createDeferredPublisher } from './deferred-publisher.ts';
import type { OutgoingEvent, QueueingPublisher } from './event-publisher.ts';
import { createEventPublisher, nullPublisher } from './event-publisher.ts';

const unavailable = new AppError('UNAVAILABLE', 'no bus');

function ready(key: string): Fact<'host.ready'> {
  return { type: 'host.ready', subject: 'm1', key, data: { host: 'm1', components: [], durationMs: 1 } };
}

const enough = Array.from({ length: 32 }, (_, index) => `${index + 1}`);

interface BusState {
  failure: ((event: OutgoingEvent) => unknown) | undefined;
  /** Why a batch is refused; by default it is, so that events go one by one. */
  batchFailure: unknown;
}

/** A bus that takes, or answers with an error. */
function makeBus(options: { readonly capacity?: number } = {}) {
  const stored: OutgoingEvent[] = [];
  const batches: (readonly OutgoingEvent[])[] = [];
  const state: BusState = { failure: undefined, batchFailure: new AppError('INTERNAL', 'no batches') };
  const { logger, entries } = recordingLogger();
  const publisher: QueueingPublisher = createEventPublisher({
    origin: { host: 'm1', service: 'test' },
    clock: fixedClock(),
    logger,
    send: async (event) => {
      const failure = state.failure?.(event);
      if (failure !== undefined) throw failure;
      stored.push(event);
    },
    sendTogether: async (events) => {
      batches.push(events);
      if (state.batchFailure !== undefined) throw state.batchFailure;
      stored.push(...events);
    },
    retryMs: 1,
    ...options,
  });
  const keys = (): readonly string[] =>
    stored.map(({ data }) => JSON.parse(Buffer.from(data).toString()).id.split(':')[2]);
  /** What an operator is told. */
  const told = () => entries.filter(({ level }) => level !== 'debug');
  return { publisher, stored, batches, keys, state, told };
}

test('nothing is sent before there is a bus, then everything, in order', async () => {
  const { publisher, keys } = makeBus();
  for (const key of ['1', '2', '3']) publisher.publish(ready(key));
  await turn();
  assert.deepEqual(keys(), []);
  publisher.wake();
  await publisher.flush(1_000);
  assert.deepEqual(keys(), ['1', '2', '3']);
});

test('an event goes to its subject as CloudEvent, with the time it happened', async () => {
  const { publisher, stored } = makeBus();
  publisher.wake();
  publisher.publish(ready('now'));
  publisher.publish(ready('then'), new Date('2019-01-01T00:00:00Z'));
  await publisher.flush(1_000);
  assert.deepEqual(
    stored.map(({ subject }) => subject),
    Array(2).fill('easycerts.v1.host.m1.host.ready'),
  );
  const times = stored.map(({ data }) => JSON.parse(Buffer.from(data).toString()).time);
  assert.deepEqual(times, ['2020-01-01T12:00:00.000Z', '2019-01-01T00:00:00.000Z']);
});

test('what the bus did not take is sent again, in order and with the same id, and nothing is lost', async () => {
  const { publisher, stored, keys, state } = makeBus();
  const tried: string[] = [];
  state.failure = (event) => {
    tried.push(event.messageId);
    return tried.length <= 6 ? unavailable : undefined;
  };
  for (const key of ['1', '2', '3']) publisher.publish(ready(key));
  publisher.wake();
  await publisher.flush(5_000);
  assert.deepEqual(keys(), ['1', '2', '3']);
  assert.deepEqual(
    tried.slice(0, 3),
    stored.map(({ messageId }) => messageId),
  );
});

for (const code of ['UNAVAILABLE', 'NO_SPACE', 'CONFLICT', 'INTERNAL'] as const) {
  test(`${code} is tried again`, async () => {
    const { publisher, keys, state } = makeBus();
    const failures = [new AppError(code, 'x'), new AppError(code, 'x')];
    state.failure = () => failures.pop();
    publisher.publish(ready('1'));
    publisher.wake();
    await publisher.flush(5_000);
    assert.deepEqual(keys(), ['1']);
  });
}

for (const code of ['PERMISSION_DENIED', 'INVALID_INPUT'] as const) {
  test(`${code} is final, is reported, and holds up nobody`, async () => {
    const { publisher, keys, state, told } = makeBus();
    const failures = [new AppError(code, 'x')];
    state.failure = () => failures.pop();
    publisher.publish(ready('1'));
    publisher.publish(ready('2'));
    publisher.wake();
    await publisher.flush(5_000);
    assert.deepEqual(keys(), ['2']);
    assert.deepEqual(
      told().map(({ level }) => level),
      ['error'],
    );
  });
}

test('events of one subject that wait go together, in order, 32 to 64, and never with those of another subject', async () => {
  const { publisher, batches, keys, state } = makeBus();
  state.batchFailure = undefined;
  const names = Array.from({ length: 100 }, (_, index) => `a${index}`);
  for (const key of names) publisher.publish(ready(key));
  publisher.publish({ type: 'ca.started', subject: 'm1', key: 'b', data: { version: '1', certificates: 0 } });
  for (const key of ['c0', 'c1']) publisher.publish(ready(key));
  publisher.wake();
  await publisher.flush(1_000);
  assert.deepEqual(keys(), [...names, 'b', 'c0', 'c1']);
  assert.deepEqual(
    batches.map((batch) => [batch.length, new Set(batch.map(({ subject }) => subject)).size]),
    [
      [64, 1],
      [36, 1],
    ],
  );
});

test('what is published in one turn of the event loop goes together, also when nothing waited', async () => {
  const { publisher, batches, state } = makeBus();
  state.batchFailure = undefined;
  publisher.wake();
  for (const key of enough) publisher.publish(ready(key));
  await publisher.flush(1_000);
  assert.deepEqual(
    batches.map(({ length }) => length),
    [32],
  );
});

test('under load it is waited for more; a few events wait for nothing', async () => {
  const { publisher, batches, keys, state } = makeBus();
  state.batchFailure = undefined;
  publisher.wake();
  const publish = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      publisher.publish(ready(`${at}`));
      if (at % 10 === 9) await pause(1);
    }
  };
  await publish(10);
  for (let round = 0; round < 3; round++) await turn();
  assert.equal(keys().length, 10);
  await publish(400);
  await publisher.flush(5_000);
  assert.equal(keys().length, 410);
  assert.ok(batches.length >= 5, `${batches.length} batches`);
  const together = batches.reduce((sum, { length }) => sum + length, 0);
  assert.ok(together >= 300, `${together} of 400 together`);
});

test('a batch that got no answer is sent again as it was, with the same ids', async () => {
  const { publisher, batches, keys, state } = makeBus();
  state.batchFailure = unavailable;
  state.failure = () => assert.fail('sent one by one');
  for (const key of enough) publisher.publish(ready(key));
  publisher.wake();
  while (batches.length < 3) await turn();
  state.batchFailure = undefined;
  await publisher.flush(5_000);
  assert.deepEqual(keys(), enough);
  assert.deepEqual(batches[2], batches[0]);
});

test('a batch that is refused goes one by one, in order, and only its bad event is lost', async () => {
  const { publisher, keys, state, told } = makeBus();
  state.batchFailure = new AppError('INVALID_INPUT', 'one is too large');
  state.failure = ({ data }) => (Buffer.from(data).includes(':2"') ? new AppError('INVALID_INPUT', 'x') : undefined);
  for (const key of enough) publisher.publish(ready(key));
  publisher.wake();
  await publisher.flush(5_000);
  assert.deepEqual(
    keys(),
    enough.filter((key) => key !== '2'),
  );
  assert.deepEqual(
    told().map(({ level }) => level),
    ['error'],
  );
});

test('a full queue drops the oldest, counts them, and says so once', async () => {
  const { publisher, keys, told } = makeBus({ capacity: 3 });
  for (const key of ['1', '2', '3', '4', '5']) publisher.publish(ready(key));
  assert.equal(publisher.dropped(), 2);
  publisher.wake();
  await publisher.flush(1_000);
  assert.deepEqual(keys(), ['3', '4', '5']);
  assert.deepEqual(
    told().map(({ level, dropped }) => [level, dropped]),
    [['warn', 1]],
  );
});

test('a fact that does not fit its schema is reported and never thrown', async () => {
  const { publisher, keys, told } = makeBus();
  publisher.wake();
  publisher.publish({ ...ready('1'), data: { host: 'm1' } } as unknown as Fact<EventType>);
  publisher.publish({ ...ready('1'), type: 'no.such' } as unknown as Fact<EventType>);
  publisher.publish(ready('2'));
  await publisher.flush(1_000);
  assert.deepEqual(keys(), ['2']);
  assert.deepEqual(
    told().map(({ level }) => level),
    ['error', 'error'],
  );
});

test('flush ends after its time when there is no bus, and at once when nothing waits', async () => {
  const { publisher } = makeBus();
  const begin = performance.now();
  await publisher.flush(60_000);
  assert.ok(performance.now() - begin < 1_000);
  publisher.publish(ready('1'));
  await publisher.flush(10);
  publisher.close();
});

test('message ids are the same for a repetition, and nobody else can work them out', async () => {
  const one = makeBus();
  const other = makeBus();
  for (const { publisher } of [one, other]) {
    publisher.wake();
    for (const key of ['1', '1', '2']) publisher.publish(ready(key));
    await publisher.flush(1_000);
  }
  const [first, repeated, second] = one.stored.map(({ messageId }) => messageId);
  assert.equal(first, repeated);
  assert.notEqual(first, second);
  assert.notEqual(first, other.stored[0]?.messageId);
  assert.match(first ?? '', /^[\w-]{32}$/);
  assert.doesNotMatch(first ?? '', /host|ready/);
});

test('after close nothing is sent any more, and what was left is counted', async () => {
  const { publisher, keys, told } = makeBus();
  publisher.publish(ready('1'));
  publisher.close();
  publisher.publish(ready('2'));
  publisher.wake();
  await publisher.flush(1_000);
  assert.deepEqual(keys(), []);
  assert.deepEqual(
    told().map(({ level, dropped }) => [level, dropped]),
    [['warn', 1]],
  );
});

test('a deferred publisher keeps facts and their times until it has its bus', async () => {
  const deferred = createDeferredPublisher(fixedClock());
  deferred.publish(ready('1'));
  deferred.publish(ready('2'), new Date('2019-01-01T00:00:00Z'));
  const flushed = deferred.flush(10_000);
  const target = recordingPublisher(undefined, fixedClock('2021-01-01T00:00:00Z'));
  deferred.attach(target);
  deferred.publish(ready('3'));
  await flushed;
  assert.deepEqual(
    target.events.map(({ id, time }) => [id.split(':')[2], time.slice(0, 4)]),
    [
      ['1', '2020'],
      ['2', '2019'],
      ['3', '2020'],
    ],
  );
});

test('a deferred publisher is attached once, is bounded, and its flush ends in time', async () => {
  const deferred = createDeferredPublisher(fixedClock());
  await deferred.flush(60_000);
  for (let count = 0; count < 10_001; count += 1) deferred.publish(ready(`${count}`));
  await deferred.flush(10);
  const first = recordingPublisher();
  const second = recordingPublisher();
  deferred.attach(first);
  deferred.attach(second);
  assert.equal(first.events.length, 10_000);
  assert.equal(first.events[0]?.id, 'host.ready:m1:1');
  assert.equal(second.events.length, 0);
  await deferred.flush(60_000);
});

test('without easyCerts facts go nowhere', async () => {
  nullPublisher.publish(ready('1'));
  await nullPublisher.flush(60_000);
});
