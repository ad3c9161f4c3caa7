import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { after, beforeEach, test } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import type { DurableStream } from '@easycerts/runtime';
import { createFakeBus, recordingLogger, temporaryDirectory } from '@easycerts/testing';
import { checkedRequest, makeAuthorities, node, now } from '../../test/fixture.ts';
import { LedgerIndex } from '../core/ledger-index.ts';
import { encodeRecords, type LedgerRecord } from '../core/ledger-record.ts';
import { checkpointFile, readCheckpoint } from './checkpoint-file.ts';
import { CheckpointKeeper } from './checkpoint-keeper.ts';
import { issueChecked } from './issue-checked.ts';
import { type Ledger, ledgerStream, ledgerSubjects, openLedger } from './ledger.ts';
import { signingInPlace } from './signing/signing.ts';

const authorities = await makeAuthorities();
const issued = await issueChecked(await checkedRequest(node, 'kubelet'), {
  authorities,
  signing: signingInPlace(authorities),
  now,
  randomBytes,
});
const folder = await temporaryDirectory();
after(() => folder.remove());
const checkpointPath = checkpointFile(folder.path);
const subject = 'easycerts.v1.ledger.issued';

beforeEach(() => rm(checkpointPath, { recursive: true, force: true }));

function recordOf(number: number): LedgerRecord {
  const text = number.toString(16);
  const ofItsOwn = { spkiFingerprint: text.padStart(64, '0'), requestHash: text.padStart(32, '0') };
  return { ...issued.record, serial: `a${text}`, ...ofItsOwn };
}

interface WatchedStream extends DurableStream {
  /** Sequences of the messages that were read. */
  readonly readSequences: number[];
}

/** A stream with these messages, each with the records of these numbers. */
async function streamOf(...messages: (readonly number[])[]): Promise<WatchedStream> {
  const stream = await createFakeBus().stream(ledgerStream, ledgerSubjects);
  for (const numbers of messages) await stream.append(subject, encodeRecords(numbers.map(recordOf)));
  const readSequences: number[] = [];
  return {
    readSequences,
    append: (...given) => stream.append(...given),
    async *read(from, to) {
      for await (const message of stream.read(from, to)) {
        readSequences.push(message.sequence);
        yield message;
      }
    },
  };
}

/** Opens the ledger and says which messages were read for it, and what was logged. */
async function open(stream: WatchedStream): Promise<{ ledger: Ledger; read: number[]; logged: string[] }> {
  stream.readSequences.length = 0;
  const { logger, entries } = recordingLogger();
  const ledger = await openLedger({ stream, logger, checkpointPath });
  return { ledger, read: [...stream.readSequences], logged: entries.map(({ level, msg }) => `${level}: ${msg}`) };
}

/** What a CA leaves that has read the stream and was closed. */
async function closedOnce(stream: WatchedStream): Promise<void> {
  const { ledger } = await open(stream);
  await ledger.close();
}

const ignored = 'warn: the checkpoint of the ledger is not used: all of it is read';

test('after a checkpoint only what follows it is read, and everything is known', async () => {
  const stream = await streamOf([1, 2], [3]);
  const first = await open(stream);
  assert.deepEqual(first.read, [1, 2]);
  assert.deepEqual(first.logged, ['info: no checkpoint of the ledger: all of it is read']);
  await first.ledger.append(recordOf(4));
  await first.ledger.close();
  await stream.append(subject, encodeRecords([recordOf(5), recordOf(4)]));
  const { ledger, read, logged } = await open(stream);
  assert.deepEqual(read, [3, 4]);
  assert.deepEqual(logged, []);
  assert.equal(ledger.size, 5);
  assert.equal(ledger.useOfKey('1'.padStart(64, '0'))?.serial, 'a1');
  assert.deepEqual(await ledger.find('a1'), recordOf(1));
  assert.deepEqual(await ledger.find('a5'), recordOf(5));
  assert.deepEqual(
    ledger.page({ limit: 9 }).entries.map(({ serial }) => serial),
    ['a5', 'a4', 'a3', 'a2', 'a1'],
  );
  await ledger.close();
});

test('a close without anything new leaves the file alone', async () => {
  const stream = await streamOf([1]);
  await closedOnce(stream);
  const { ino } = await stat(checkpointPath);
  await closedOnce(stream);
  assert.equal((await stat(checkpointPath)).ino, ino);
});

test('an empty ledger has no checkpoint', async () => {
  await closedOnce(await streamOf());
  await assert.rejects(stat(checkpointPath), { code: 'ENOENT' });
});

test('a CA that crashed has the checkpoint before, and reads the rest', async () => {
  const stream = await streamOf([1]);
  await closedOnce(stream);
  const before = await readFile(checkpointPath);
  const crashed = await open(stream);
  await crashed.ledger.append(recordOf(2));
  // Never closed; what its writer had begun is a file beside.
  const half = `${folder.path}/.ledger.index.0123456789ab.tmp`;
  await writeFile(half, before.subarray(0, 50));
  const { ledger, read } = await open(stream);
  assert.deepEqual(read, [1, 2]);
  assert.equal(ledger.size, 2);
  await ledger.close();
  await crashed.ledger.close();
  await rm(half);
});

const damages: Record<string, (content: Buffer) => Promise<void>> = {
  'one bit is another': async (content) => {
    content[content.length - 100] = (content.at(-100) ?? 0) ^ 4;
    await writeFile(checkpointPath, content);
  },
  'it is cut': (content) => writeFile(checkpointPath, content.subarray(0, -1)),
  'it is empty': () => writeFile(checkpointPath, ''),
  'others may read it': () => chmod(checkpointPath, 0o644),
  'a later version wrote it': (content) =>
    writeFile(checkpointPath, content.toString('latin1').replace('"version":1', '"version":9'), 'latin1'),
  'it is a folder': async () => {
    await rm(checkpointPath);
    await mkdir(checkpointPath);
  },
};
for (const [damage, make] of Object.entries(damages)) {
  test(`the ledger is read from its beginning, which one line says, when of the checkpoint ${damage}`, async () => {
    const stream = await streamOf([1], [2]);
    await closedOnce(stream);
    await make(await readFile(checkpointPath));
    const { ledger, read, logged } = await open(stream);
    assert.deepEqual(read, [1, 2]);
    assert.deepEqual(logged, [ignored]);
    assert.equal(ledger.size, 2);
    await ledger.close();
    if (damage === 'it is a folder') return;
    assert.deepEqual((await open(stream)).read, [2], 'the next start has a good one again');
  });
}

const others: Record<string, { readonly messages: readonly number[][]; readonly read: readonly number[] }> = {
  'a shorter stream': { messages: [[1]], read: [1] },
  'an empty stream': { messages: [], read: [] },
  'another stream': { messages: [[7], [8], [9]], read: [2, 1, 2, 3] },
  'a stream that was restored and went on': { messages: [[1], [3]], read: [2, 1, 2] },
  'a stream in which the message has one record more': { messages: [[1], [2, 3]], read: [2, 1, 2] },
};
for (const [other, { messages, read }] of Object.entries(others)) {
  test(`of ${other} nothing is believed that the checkpoint says`, async () => {
    await closedOnce(await streamOf([1], [2]));
    const opened = await open(await streamOf(...messages));
    assert.deepEqual(opened.read, read);
    assert.deepEqual(opened.logged, [ignored]);
    const known = opened.ledger.page({ limit: 9 }).entries.map(({ serial }) => serial);
    assert.deepEqual(
      known,
      messages
        .flat()
        .map((number) => `a${number}`)
        .reverse(),
    );
    await opened.ledger.close();
  });
}

test('a stream that becomes shorter after a start from the checkpoint is still noticed', async () => {
  const stream = await streamOf([1], [2]);
  await closedOnce(stream);
  const { ledger } = await open(stream);
  const empty = await streamOf();
  stream.append = empty.append;
  await assert.rejects(
    ledger.append(recordOf(3)),
    (error) => isAppError(error, 'UNAVAILABLE') && isAppError(error.cause, 'DAMAGED'),
  );
  await ledger.close();
});

test('without the bus the checkpoint is neither used nor given up', async () => {
  await closedOnce(await streamOf([1]));
  const before = await readFile(checkpointPath);
  const stream: WatchedStream = {
    ...(await streamOf()),
    // biome-ignore lint/correctness/useYield: it fails before it has anything
    async *read() {
      throw new AppError('UNAVAILABLE', 'read: no bus');
    },
  };
  await assert.rejects(open(stream), (error) => isAppError(error, 'UNAVAILABLE'));
  assert.deepEqual(await readFile(checkpointPath), before);
});

test('a checkpoint is written while records are taken, of twenty thousand new ones and not before', async () => {
  const stream = await streamOf();
  const { ledger } = await open(stream);
  const append = (from: number, to: number) =>
    Promise.all(Array.from({ length: to - from }, (_, at) => ledger.append(recordOf(from + at))));
  await append(1, 20_000);
  assert.deepEqual(await readdir(folder.path), []);
  await append(20_000, 20_001);
  let found = await readCheckpoint(checkpointPath);
  for (; found === undefined; found = await readCheckpoint(checkpointPath)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(found.index.size, 20_000);
  await append(20_001, 20_101);
  await ledger.close();
  assert.equal((await readCheckpoint(checkpointPath))?.index.size, 20_100);
});

test('when it cannot be written, records are taken all the same, and one line says so', async () => {
  await mkdir(checkpointPath);
  const { logger, entries } = recordingLogger();
  const stream = await streamOf([1]);
  const keeper = new CheckpointKeeper(checkpointPath, { stream, logger });
  const ledger = await openLedger({ stream, logger });
  await ledger.append(recordOf(2));
  const snapshot = { covered: { sequence: 2, digest: 'a'.repeat(64) }, index: new LedgerIndex().snapshot() };
  await keeper.close(2, () => snapshot);
  await keeper.close(2, () => assert.fail('tried again with nothing new'));
  assert.deepEqual(
    entries.map(({ msg }) => msg),
    ['no checkpoint of the ledger: the next start reads more of the stream'],
  );
  await ledger.close();
});
