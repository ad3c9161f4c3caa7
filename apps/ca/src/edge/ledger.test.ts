import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import type { DurableStream } from '@easycerts/runtime';
import { createFakeBus, silentLogger } from '@easycerts/testing';
import { checkedRequest, makeAuthorities, node, now } from '../../test/fixture.ts';
import { decodeRecords, encodeRecords, type LedgerRecord } from '../core/ledger-record.ts';
import { issueChecked } from './issue-checked.ts';
import { Ledger, ledgerStream, ledgerSubjects, openLedger } from './ledger.ts';
import { signingInPlace } from './signing/signing.ts';

const authorities = await makeAuthorities();
const issued = await issueChecked(await checkedRequest(node, 'kubelet'), {
  authorities,
  signing: signingInPlace(authorities),
  now,
  randomBytes,
});

/** A record of its own; the certificate is the same in all, which the ledger does not mind. */
function recordOf(number: number): LedgerRecord {
  const text = number.toString(16);
  return {
    ...issued.record,
    serial: `a${text}`,
    spkiFingerprint: text.padStart(64, '0'),
    requestHash: text.padStart(32, '0'),
  };
}

interface FlakyStream extends DurableStream {
  /** What the next appends do: store and answer, store without answer, or neither. */
  readonly plan: ('ok' | 'lost answer' | 'refused')[];
  readonly ids: string[];
  /** Reads under way, and the most that there were. */
  readonly reads: { now: number; most: number };
}

/** A stream whose answers can get lost. */
async function flakyStream(): Promise<FlakyStream> {
  const stream = await createFakeBus().stream(ledgerStream, ledgerSubjects);
  const plan: FlakyStream['plan'] = [];
  const ids: string[] = [];
  const reads = { now: 0, most: 0 };
  return {
    plan,
    ids,
    reads,
    async *read(from, to) {
      reads.now += 1;
      reads.most = Math.max(reads.most, reads.now);
      try {
        yield* stream.read(from, to);
      } finally {
        reads.now -= 1;
      }
    },
    append: async (subject, data, options) => {
      ids.push(options?.messageId ?? '');
      const outcome = plan.shift() ?? 'ok';
      const sequence = outcome === 'refused' ? 0 : await stream.append(subject, data, options);
      if (outcome === 'ok') return sequence;
      throw new AppError('UNAVAILABLE', 'append: no answer', { details: { cure: 'start the bus' } });
    },
  };
}

async function messagesOf(stream: DurableStream): Promise<readonly (readonly LedgerRecord[])[]> {
  const messages: (readonly LedgerRecord[])[] = [];
  for await (const { data } of stream.read(1)) messages.push(decodeRecords(data, 'test'));
  return messages;
}

const open = (stream: DurableStream, onCommitted?: (records: number) => void) =>
  openLedger({ stream, logger: silentLogger(), ...(onCommitted === undefined ? {} : { onCommitted }) });

/** Resolves as soon as the ledger takes records again. */
async function writable(ledger: Ledger): Promise<void> {
  while (!ledger.isWritable) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a record is in the stream before append resolves, and in the index after', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  assert.equal(ledger.has('a1'), false);
  await ledger.append(recordOf(1));
  assert.deepEqual(await messagesOf(stream), [[recordOf(1)]]);
  assert.equal(ledger.size, 1);
  assert.equal(ledger.useOfKey('1'.padStart(64, '0'))?.serial, 'a1');
  assert.deepEqual(await ledger.find('a1'), recordOf(1));
  assert.equal(await ledger.find('a2'), undefined);
  await ledger.close();
});

test('records that arrive together share one message', async () => {
  const stream = await flakyStream();
  const sizes: number[] = [];
  const ledger = await open(stream, (records) => sizes.push(records));
  await Promise.all(Array.from({ length: 50 }, (_, number) => ledger.append(recordOf(number + 1))));
  assert.deepEqual(sizes, [50]);
  assert.equal((await messagesOf(stream)).length, 1);
  await ledger.close();
});

test('a message stays below what nats-server takes', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  await Promise.all(Array.from({ length: 1_000 }, (_, number) => ledger.append(recordOf(number + 1))));
  const messages = await messagesOf(stream);
  assert.ok(messages.length > 1);
  for (const records of messages) assert.ok(encodeRecords(records).length < 512 * 1024);
  assert.equal(messages.flat().length, 1_000);
  await ledger.close();
});

test('a ledger that is opened again knows everything, each record once', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  await ledger.append(recordOf(1));
  await ledger.append(recordOf(2));
  await ledger.close();
  await stream.append('easycerts.v1.ledger.issued', encodeRecords([recordOf(2), recordOf(3)]));
  const again = await open(stream);
  assert.equal(again.size, 3);
  assert.equal(again.useOfKey('2'.padStart(64, '0'))?.requestHash, '2'.padStart(32, '0'));
  assert.deepEqual(await again.find('a3'), recordOf(3));
  await again.close();
});

test('when the stream refuses, the caller is told UNAVAILABLE with the cure, and nothing new is taken', async () => {
  const stream = await flakyStream();
  stream.plan.push('refused', 'refused');
  const ledger = await open(stream);
  const isUnavailable = (error: unknown): boolean =>
    isAppError(error, 'UNAVAILABLE') && error.details.cure === 'start the bus';
  await assert.rejects(ledger.append(recordOf(1)), isUnavailable);
  assert.equal(ledger.isWritable, false);
  assert.throws(() => ledger.assertWritable(), isUnavailable);
  await assert.rejects(ledger.append(recordOf(2)), isUnavailable);
  await writable(ledger);
  assert.deepEqual(await messagesOf(stream), [[recordOf(1)]]);
  assert.equal(ledger.has('a1'), true);
  assert.equal(ledger.has('a2'), false);
  await ledger.close();
});

test('an answer that was lost does not make a second message, and a retry finds the record', async () => {
  const stream = await flakyStream();
  stream.plan.push('lost answer');
  const ledger = await open(stream);
  await assert.rejects(ledger.append(recordOf(1)), (error) => isAppError(error, 'UNAVAILABLE'));
  await writable(ledger);
  assert.deepEqual(await messagesOf(stream), [[recordOf(1)]]);
  assert.equal(new Set(stream.ids).size, 1);
  assert.equal(ledger.useOfKey('1'.padStart(64, '0'))?.serial, 'a1');
  await ledger.append(recordOf(2));
  assert.equal((await messagesOf(stream)).length, 2);
  await ledger.close();
});

test('everyone who waits is told when one message fails', async () => {
  const stream = await flakyStream();
  stream.plan.push('ok', 'refused');
  const ledger = await open(stream);
  const first = ledger.append(recordOf(1));
  await new Promise((resolve) => setImmediate(resolve));
  const others = [recordOf(2), recordOf(3)].map((record) => ledger.append(record));
  const results = await Promise.allSettled([first, ...others]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  );
  await ledger.close();
});

test('a crash after the append: the next process has the record', async () => {
  const stream = await flakyStream();
  stream.plan.push('lost answer');
  const crashed = await open(stream);
  await assert.rejects(crashed.append(recordOf(1)));
  await crashed.close();
  const next = await open(stream);
  assert.equal(next.has('a1'), true);
  await next.close();
});

test('what another CA appends is in the index before one more record counts as stored', async () => {
  const stream = await flakyStream();
  const [one, other] = [await open(stream), await open(stream)];
  await one.append(recordOf(1));
  await one.append(recordOf(2));
  assert.equal(other.has('a1'), false);
  await other.append(recordOf(3));
  assert.deepEqual(
    ['a1', 'a2', 'a3'].map((serial) => other.has(serial)),
    [true, true, true],
  );
  await Promise.all([one.close(), other.close()]);
});

test('a stream that has become shorter is not written to as if nothing were', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  await ledger.append(recordOf(1));
  await ledger.append(recordOf(2));
  const empty = await flakyStream();
  stream.append = empty.append;
  await assert.rejects(
    ledger.append(recordOf(3)),
    (error) => isAppError(error, 'UNAVAILABLE') && isAppError(error.cause, 'DAMAGED'),
  );
  await ledger.close();
});

test('a damaged message keeps the ledger closed', async () => {
  const stream = await flakyStream();
  await stream.append('easycerts.v1.ledger.issued', Buffer.from('{}'));
  await assert.rejects(open(stream), (error) => isAppError(error, 'DAMAGED') && error.message.includes('message 1'));
});

test('records beyond those kept in memory are read from the stream, in the order asked for', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  for (let block = 0; block < 30; block++) {
    await Promise.all(Array.from({ length: 50 }, (_, number) => ledger.append(recordOf(block * 50 + number + 1))));
  }
  const { entries } = ledger.page({ limit: 1_500 });
  assert.equal(entries.length, 1_500);
  const mixed = [entries[1_499], entries[0], entries[1_400], entries[700], entries[1_200]].filter(
    (entry) => entry !== undefined,
  );
  assert.deepEqual(
    (await ledger.recordsOf(mixed)).map(({ serial }) => serial),
    mixed.map(({ serial }) => serial),
  );
  assert.deepEqual(await ledger.find('a1'), recordOf(1));
  await ledger.close();
});

test('however many ask at once, the stream is read for one after the other, and a failure is only its own', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  for (let block = 0; block < 30; block++) {
    await Promise.all(Array.from({ length: 50 }, (_, number) => ledger.append(recordOf(block * 50 + number + 1))));
  }
  const old = ledger.page({ limit: 1_500 }).entries.slice(-200);
  const [first] = old;
  assert.ok(first);
  const lost = ledger.recordsOf([{ ...first, serial: 'ffff' }]);
  const asked = old.map(({ serial }) => ledger.find(serial));
  await assert.rejects(lost, (error) => isAppError(error, 'DAMAGED'));
  assert.deepEqual(
    (await Promise.all(asked)).map((record) => record?.serial),
    old.map(({ serial }) => serial),
  );
  assert.equal(stream.reads.most, 1);
  await ledger.close();
});

test('a message that no longer has its record is damage, not emptiness', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  await ledger.append(recordOf(1));
  const [entry] = ledger.page({ limit: 1 }).entries;
  assert.ok(entry);
  await assert.rejects(ledger.recordsOf([{ ...entry, serial: 'ffff' }]), (error) => isAppError(error, 'DAMAGED'));
  await ledger.close();
});

test('a closed ledger takes nothing, and closing waits for what is under way', async () => {
  const stream = await flakyStream();
  const ledger = await open(stream);
  const append = ledger.append(recordOf(1));
  await ledger.close();
  await append;
  await assert.rejects(ledger.append(recordOf(2)), (error) => isAppError(error, 'UNAVAILABLE'));
  assert.equal((await messagesOf(stream)).length, 1);
});

test('closing does not wait for a stream that never answers', async () => {
  const stream = await flakyStream();
  stream.plan.push(...new Array<'refused'>(100).fill('refused'));
  const ledger = await open(stream);
  await assert.rejects(ledger.append(recordOf(1)));
  await ledger.close();
});

test('without the bus the ledger is not opened', async () => {
  const bus = createFakeBus({ isConnected: false });
  await assert.rejects(open(await bus.stream(ledgerStream, ledgerSubjects)), (error) =>
    isAppError(error, 'UNAVAILABLE'),
  );
  assert.ok(new Ledger({ stream: await flakyStream(), logger: silentLogger() }).isWritable);
});
