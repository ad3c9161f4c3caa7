import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { createFakeBus, silentLogger, temporaryDirectory } from '@easycerts/testing';
import { checkedRequest, makeAuthorities, master, now } from '../../test/fixture.ts';
import { encodeRecords, type LedgerRecord } from '../core/ledger-record.ts';
import { importJournal, journalFile } from './import-journal.ts';
import { issueChecked } from './issue-checked.ts';
import { ledgerStream, ledgerSubjects, openLedger } from './ledger.ts';
import { signingInPlace } from './signing/signing.ts';

const authorities = await makeAuthorities();
const folder = await temporaryDirectory();
after(() => folder.remove());

const recordOf = async (name: string): Promise<LedgerRecord> =>
  (
    await issueChecked(await checkedRequest(master, name), {
      authorities,
      signing: signingInPlace(authorities),
      now,
      randomBytes,
    })
  ).record;
const records = [await recordOf('host'), await recordOf('ca-server'), await recordOf('bus-server')];

async function setUp(content: string | Uint8Array = encodeRecords(records)) {
  await writeFile(journalFile(folder.path), content);
  const bus = createFakeBus();
  const stream = await bus.stream(ledgerStream, ledgerSubjects);
  return { bus, stream, ledger: await openLedger({ stream, logger: silentLogger() }) };
}

test('every record of the journal is in the ledger afterwards', async () => {
  const { ledger } = await setUp();
  assert.deepEqual(await importJournal(folder.path, authorities, ledger), records);
  assert.equal(ledger.size, 3);
  await ledger.close();
});

test('a second import brings nothing, in this process or a later one', async () => {
  const { stream, ledger } = await setUp();
  await importJournal(folder.path, authorities, ledger);
  assert.deepEqual(await importJournal(folder.path, authorities, ledger), []);
  await ledger.close();
  const later = await openLedger({ stream, logger: silentLogger() });
  assert.deepEqual(await importJournal(folder.path, authorities, later), []);
  assert.equal(later.size, 3);
  await later.close();
});

test('an import that broke off is finished by the next', async () => {
  const { ledger } = await setUp();
  await ledger.append(records[1] ?? assert.fail());
  assert.deepEqual(
    (await importJournal(folder.path, authorities, ledger)).map(({ name }) => name),
    ['host', 'bus-server'],
  );
  await ledger.close();
});

test('while the bus is away nothing is imported, and it can be tried again', async () => {
  const { bus, ledger } = await setUp();
  bus.setConnected(false);
  await assert.rejects(importJournal(folder.path, authorities, ledger), (error) => isAppError(error, 'UNAVAILABLE'));
  assert.equal(ledger.size, 0);
  await ledger.close();
});

test('a certificate that no authority of ours signed is not recorded', async () => {
  const { ledger } = await setUp();
  const strangers = await makeAuthorities();
  await assert.rejects(
    importJournal(folder.path, strangers, ledger),
    (error) => isAppError(error, 'DAMAGED') && error.details.path === journalFile(folder.path),
  );
  assert.equal(ledger.size, 0);
  await ledger.close();
});

test('a certificate that has expired since is recorded all the same', async () => {
  const { ledger } = await setUp();
  assert.equal((await importJournal(folder.path, authorities, ledger)).length, 3);
  await ledger.close();
});

for (const [name, content] of Object.entries({
  'an empty journal': '',
  'half a journal': encodeRecords(records).subarray(0, 500),
})) {
  test(`damaged: ${name}`, async () => {
    const { ledger } = await setUp(content);
    await assert.rejects(
      importJournal(folder.path, authorities, ledger),
      (error) => isAppError(error, 'DAMAGED') && error.details.path === journalFile(folder.path),
    );
    await ledger.close();
  });
}

test('damaged: a missing journal', async () => {
  const { ledger } = await setUp();
  await rm(journalFile(folder.path));
  await assert.rejects(importJournal(folder.path, authorities, ledger), (error) => isAppError(error, 'DAMAGED'));
  await ledger.close();
});
