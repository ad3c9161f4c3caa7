import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LedgerIndex } from './ledger-index.ts';
import type { LedgerRecord } from './ledger-record.ts';

const endMs = Date.parse('2020-02-01T00:00:00Z');
const recordOf = (serial: string, part: Partial<LedgerRecord> = {}): LedgerRecord => ({
  serial,
  authority: 'kubernetes',
  host: 'n1',
  name: 'kubelet',
  reason: 'missing',
  requestHash: `hash-${serial}`,
  spkiFingerprint: `key-${serial}`,
  notAfterMs: endMs,
  issuedAtMs: 0,
  certificateDer: new Uint8Array(),
  ...part,
});

/** Ten records, a (oldest) to j. */
function filled(): LedgerIndex {
  const index = new LedgerIndex();
  [...'abcdefghij'].forEach((serial, position) => {
    const part: Partial<LedgerRecord> =
      position % 2 === 0 ? {} : { host: 'n2', name: 'kubelet-client', notAfterMs: endMs + position };
    index.add(recordOf(serial, part), 1 + Math.floor(position / 3));
  });
  return index;
}

const serials = (page: ReturnType<LedgerIndex['page']>): string => page.entries.map(({ serial }) => serial).join('');

test('a record is added once, however often it comes', () => {
  const index = new LedgerIndex();
  assert.equal(index.add(recordOf('a'), 1), true);
  assert.equal(index.add(recordOf('a'), 2), false);
  assert.equal(index.size, 1);
  assert.equal(index.find('a')?.sequence, 1);
});

test('serial numbers and keys are found, others are not', () => {
  const index = filled();
  assert.equal(index.find('c')?.host, 'n1');
  assert.equal(index.find('z'), undefined);
  assert.equal(index.useOfKey('key-d')?.serial, 'd');
  assert.equal(index.useOfKey('key-d')?.requestHash, 'hash-d');
  assert.equal(index.useOfKey('key-z'), undefined);
});

test('the first use of a key counts', () => {
  const index = new LedgerIndex();
  index.add(recordOf('a', { spkiFingerprint: 'same' }), 1);
  index.add(recordOf('b', { spkiFingerprint: 'same' }), 2);
  assert.equal(index.useOfKey('same')?.serial, 'a');
});

test('a page shows the newest first, and the next one goes on', () => {
  const index = filled();
  const first = index.page({ limit: 4 });
  assert.equal(serials(first), 'jihg');
  const second = index.page({ limit: 4, from: first.next ?? -1 });
  assert.equal(serials(second), 'fedc');
  const third = index.page({ limit: 4, from: second.next ?? -1 });
  assert.equal(serials(third), 'ba');
  assert.equal(third.next, undefined);
});

test('a page that ends with the last entry has no next one', () => {
  assert.equal(filled().page({ limit: 10 }).next, undefined);
  assert.equal(filled().page({ limit: 9 }).next, 0);
});

test('what is added meanwhile does not shift the next page', () => {
  const index = filled();
  const first = index.page({ limit: 4 });
  index.add(recordOf('k'), 9);
  assert.equal(serials(index.page({ limit: 4, from: first.next ?? -1 })), 'fedc');
});

test('filters combine, and pages count what matches', () => {
  const index = filled();
  assert.equal(serials(index.page({ limit: 9, host: 'n1' })), 'igeca');
  assert.equal(serials(index.page({ limit: 9, name: 'kubelet-client' })), 'jhfdb');
  assert.equal(serials(index.page({ limit: 9, host: 'n1', name: 'kubelet-client' })), '');
  assert.equal(serials(index.page({ limit: 9, authority: 'etcd' })), '');
  const first = index.page({ limit: 2, host: 'n2' });
  assert.equal(serials(first), 'jh');
  assert.equal(serials(index.page({ limit: 2, host: 'n2', from: first.next ?? -1 })), 'fd');
});

test('what has ended is left out at its very end', () => {
  const index = filled();
  assert.equal(serials(index.page({ limit: 9, validAt: new Date(endMs - 1) })), 'jihgfedcb');
  assert.equal(serials(index.page({ limit: 9, validAt: new Date(endMs) })), 'jhfdb');
  assert.equal(serials(index.page({ limit: 9, validAt: new Date(endMs + 5) })), 'jh');
});

test('positions outside the index give the nearest page or none', () => {
  assert.equal(serials(filled().page({ limit: 3, from: 1_000 })), 'jih');
  assert.deepEqual(filled().page({ limit: 3, from: -5 }), { entries: [], next: undefined });
  assert.deepEqual(new LedgerIndex().page({ limit: 3 }), { entries: [], next: undefined });
});

// Quadratic work would take minutes.
test('a hundred thousand certificates are indexed and paged', { timeout: 60_000 }, () => {
  const index = new LedgerIndex();
  for (let number = 1; number <= 100_000; number++) {
    index.add(recordOf(number.toString(16), { host: `n${number % 1_000}` }), number);
  }
  assert.equal(index.page({ limit: 100, host: 'n7' }).entries.length, 100);
});
