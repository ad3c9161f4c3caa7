import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, chown, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { after, beforeEach, test } from 'node:test';
import { temporaryDirectory } from '@easycerts/testing';
import { digestBytes, digestOf, type LedgerCheckpoint, preludeBytes } from '../core/ledger-checkpoint.ts';
import { LedgerIndex } from '../core/ledger-index.ts';
import { checkpointFile, readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';

const folder = await temporaryDirectory();
after(() => folder.remove());
const path = checkpointFile(folder.path);

function indexOf(size: number): LedgerIndex {
  const index = new LedgerIndex();
  for (let number = 1; number <= size; number++) {
    index.add(
      {
        serial: (0xa000000 + number).toString(16),
        authority: number % 2 === 0 ? 'etcd' : 'kubernetes',
        host: `n${number % 50}`,
        name: `c${number % 7}`,
        reason: 'missing',
        requestHash: number.toString(16).padStart(32, '0'),
        spkiFingerprint: digestOf(Buffer.from(`${number}`)),
        notAfterMs: 1_000 * number,
        issuedAtMs: 0,
        certificateDer: new Uint8Array(),
      },
      number,
    );
  }
  return index;
}

const covered = { sequence: 100, digest: digestOf(Buffer.from('message 100')) };
const checkpointOf = (index: LedgerIndex): LedgerCheckpoint => ({ covered, index: index.snapshot() });
const hundred = indexOf(100);

beforeEach(async () => {
  await rm(path, { recursive: true, force: true });
  await writeCheckpoint(path, checkpointOf(hundred));
});

test('what is written is read again, entry by entry', async () => {
  const read = (await readCheckpoint(path)) ?? assert.fail();
  assert.deepEqual(read.covered, covered);
  assert.deepEqual(LedgerIndex.restored(read.index).page({ limit: 200 }), hundred.page({ limit: 200 }));
});

test('the file is ours alone, and nothing is left beside it', async () => {
  assert.equal(path, `${folder.path}/ledger.index`);
  assert.equal((await stat(path)).mode & 0o7777, 0o600);
  await writeCheckpoint(path, checkpointOf(indexOf(101)));
  assert.deepEqual(await readdir(folder.path), ['ledger.index']);
});

test('a checkpoint of several pieces is what the index was when it was taken', async () => {
  const index = indexOf(40_000);
  const checkpoint = checkpointOf(index);
  const writing = writeCheckpoint(path, checkpoint);
  const part = { ...indexOf(1).page({ limit: 1 }).entries[0], spkiFingerprint: 'f'.repeat(64) };
  for (let number = 1; number <= 30_000; number++) {
    const record = { ...part, reason: 'missing', issuedAtMs: 0, certificateDer: new Uint8Array() };
    index.add({ ...record, serial: (0xb000000 + number).toString(16) } as Parameters<LedgerIndex['add']>[0], 1);
  }
  await writing;
  assert.equal(index.size, 70_000);
  const read = (await readCheckpoint(path)) ?? assert.fail();
  const restored = LedgerIndex.restored(read.index);
  assert.equal(restored.size, 40_000);
  assert.deepEqual(restored.page({ limit: 40_000 }), indexOf(40_000).page({ limit: 40_000 }));
});

test('without a file there is no checkpoint', async () => {
  await rm(path);
  assert.equal(await readCheckpoint(path), undefined);
  assert.equal(await readCheckpoint(`${folder.path}/nowhere/ledger.index`), undefined);
});

test('an empty index has a checkpoint too', async () => {
  await writeCheckpoint(path, checkpointOf(new LedgerIndex()));
  const read = (await readCheckpoint(path)) ?? assert.fail();
  assert.equal(LedgerIndex.restored(read.index).size, 0);
});

test('every octet counts: whichever is another one, the file is refused', async () => {
  const whole = await readFile(path);
  const places = new Set<number>();
  for (let at = 0; at < preludeBytes + 400; at += 7) places.add(at);
  for (let at = preludeBytes; at < whole.length; at += 97) places.add(at);
  for (let back = 1; back <= digestBytes; back++) places.add(whole.length - back);
  for (const at of places) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await writeFile(path, changed);
    await assert.rejects(readCheckpoint(path), { message: /checkpoint of the ledger/ }, `octet ${at}`);
  }
});

test('a file that is cut, or goes on, is refused', async () => {
  const whole = await readFile(path);
  for (const length of [0, 1, preludeBytes - 1, preludeBytes, preludeBytes + 40, 3_000, whole.length - 1]) {
    await writeFile(path, whole.subarray(0, length));
    await assert.rejects(readCheckpoint(path), { code: 'DAMAGED' }, `${length} octets`);
  }
  await writeFile(path, Buffer.concat([whole, Buffer.from('x')]));
  await assert.rejects(readCheckpoint(path), { code: 'DAMAGED' });
});

test('a newer format is left to its version, even with the right SHA-256', async () => {
  const content = (await readFile(path)).subarray(0, -digestBytes);
  const newer = Buffer.from(content.toString('latin1').replace('"version":1', '"version":2'), 'latin1');
  await writeFile(path, Buffer.concat([newer, createHash('sha256').update(newer).digest()]));
  await assert.rejects(readCheckpoint(path), { code: 'FAILED_PRECONDITION' });
});

test('a file that others may read or write is not used', async () => {
  for (const mode of [0o640, 0o620, 0o604, 0o602, 0o610]) {
    await chmod(path, mode);
    await assert.rejects(readCheckpoint(path), { code: 'FAILED_PRECONDITION' }, mode.toString(8));
  }
  await chmod(path, 0o400);
  assert.ok(await readCheckpoint(path));
});

test("another user's file is not used", { skip: process.geteuid?.() !== 0 }, async () => {
  await chown(path, 65_534, 65_534);
  await assert.rejects(readCheckpoint(path), { code: 'FAILED_PRECONDITION' });
});

test('what is no file is not used, and not waited for', async () => {
  const real = `${folder.path}/real`;
  await link(path, real);
  await rm(path);
  await symlink(real, path);
  await assert.rejects(readCheckpoint(path), { message: /ledger\.index/ });
  // It is replaced, not followed.
  await writeCheckpoint(path, checkpointOf(indexOf(3)));
  assert.equal((await readCheckpoint(path))?.index.size, 3);
  await rm(path);
  await mkdir(path);
  await assert.rejects(readCheckpoint(path), { code: 'FAILED_PRECONDITION' });
  await assert.rejects(writeCheckpoint(path, checkpointOf(hundred)), { code: 'FAILED_PRECONDITION' });
  await rm(real);
});

test('a writing that breaks off leaves the file as it was', async () => {
  const before = await readFile(path);
  const { index } = checkpointOf(indexOf(200));
  // Columns that are shorter than their entries cannot be written.
  const broken = { covered, index: { ...index, size: index.columns.capacity + 1 } };
  await assert.rejects(writeCheckpoint(path, broken));
  assert.deepEqual(await readFile(path), before);
  assert.deepEqual(await readdir(folder.path), ['ledger.index']);
});
