import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { grown } from './ledger-columns.ts';
import { LedgerIndex } from './ledger-index.ts';
import type { LedgerRecord } from './ledger-record.ts';

const endMs = Date.parse('2020-02-01T00:00:00Z');
/** Records are called by letters; their serial numbers, hashes and keys are made of them. */
const serialOf = (letter: string): string => letter.charCodeAt(0).toString(16);
const hashOf = (letter: string): string => serialOf(letter).repeat(16);
const keyOf = (letter: string): string => serialOf(letter).repeat(32);
const recordOf = (letter: string, part: Partial<LedgerRecord> = {}): LedgerRecord => ({
  serial: serialOf(letter),
  authority: 'kubernetes',
  host: 'n1',
  name: 'kubelet',
  reason: 'missing',
  requestHash: hashOf(letter),
  spkiFingerprint: keyOf(letter),
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

const serials = (page: ReturnType<LedgerIndex['page']>): string =>
  page.entries.map(({ serial }) => String.fromCharCode(Number.parseInt(serial, 16))).join('');

test('a record is added once, however often it comes', () => {
  const index = new LedgerIndex();
  assert.equal(index.add(recordOf('a'), 1), true);
  assert.equal(index.add(recordOf('a'), 2), false);
  assert.equal(index.size, 1);
  assert.equal(index.find(serialOf('a'))?.sequence, 1);
});

test('serial numbers and keys are found, others are not', () => {
  const index = filled();
  assert.equal(index.find(serialOf('c'))?.host, 'n1');
  assert.equal(index.find(serialOf('z')), undefined);
  assert.equal(index.useOfKey(keyOf('d'))?.serial, serialOf('d'));
  assert.equal(index.useOfKey(keyOf('d'))?.requestHash, hashOf('d'));
  assert.equal(index.useOfKey(keyOf('z')), undefined);
});

test('the first use of a key counts', () => {
  const index = new LedgerIndex();
  index.add(recordOf('a', { spkiFingerprint: keyOf('s') }), 1);
  index.add(recordOf('b', { spkiFingerprint: keyOf('s') }), 2);
  assert.equal(index.useOfKey(keyOf('s'))?.serial, serialOf('a'));
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
    index.add(recordOf('a', { serial: number.toString(16), host: `n${number % 1_000}` }), number);
  }
  assert.equal(index.page({ limit: 100, host: 'n7' }).entries.length, 100);
});

test('what callers send as a serial number is found only as it is written', () => {
  const index = new LedgerIndex();
  index.add(recordOf('a', { serial: 'ab12' }), 1);
  for (const text of ['', '0ab12', 'AB12', 'ab1', 'ab12 ', 'zz', '00', 'ab12'.padStart(41, '1')]) {
    assert.equal(index.find(text), undefined, text);
  }
  assert.equal(index.find('ab12')?.sequence, 1);
});

test('a record of twenty thousand is what went in, and its page comes at once', () => {
  const index = new LedgerIndex();
  const made = Array.from({ length: 20_000 }, (_, at) => {
    const text = createHash('sha256').update(`${at}`).digest('hex');
    const serial = text.slice(0, 1 + (at % 40)).replace(/^0+/, '') || '1';
    return recordOf('a', {
      serial: `${serial.slice(0, 36)}`,
      spkiFingerprint: text,
      requestHash: text.slice(0, 32),
      host: `n${at % 700}`,
      name: `c${at % 22}`,
      notAfterMs: endMs + at,
    });
  });
  const added = made.filter((record, at) => index.add(record, at));
  assert.equal(index.size, new Set(made.map(({ serial }) => serial)).size);
  for (const { serial, host, name, notAfterMs, requestHash, spkiFingerprint } of added) {
    const { sequence, ...found } = index.find(serial) ?? assert.fail(serial);
    assert.deepEqual(found, { serial, host, name, notAfterMs, requestHash, authority: 'kubernetes' });
    assert.equal(made[sequence]?.serial, serial);
    assert.equal(index.useOfKey(spkiFingerprint)?.serial, serial);
  }
  const wanted = added.filter(({ host, name }) => host === 'n5' && name === 'c5').reverse();
  assert.ok(wanted.length > 0);
  assert.deepEqual(
    index.page({ limit: 100, host: 'n5', name: 'c5' }).entries.map(({ serial }) => serial),
    wanted.map(({ serial }) => serial),
  );
});

test('values that are no hexadecimal of their length are refused, and nothing of them is kept', () => {
  const index = new LedgerIndex();
  for (const part of [{ spkiFingerprint: 'ab' }, { requestHash: 'zz'.repeat(16) }]) {
    assert.throws(() => index.add(recordOf('a', part), 1), { code: 'INTERNAL' });
  }
  assert.equal(index.size, 0);
  assert.equal(index.add(recordOf('a'), 1), true);
});

test('a snapshot stays what it was, and an index goes on from it', () => {
  const index = filled();
  const snapshot = index.snapshot();
  for (const letter of 'klmnopqrst') index.add(recordOf(letter, { host: `later-${letter}`, name: 'later' }), 9);
  assert.deepEqual([snapshot.size, snapshot.hosts, snapshot.names], [10, ['n1', 'n2'], ['kubelet', 'kubelet-client']]);
  const restored = LedgerIndex.restored(snapshot);
  assert.deepEqual(restored.page({ limit: 99 }), filled().page({ limit: 99 }));
  assert.equal(serials(restored.page({ limit: 9, host: 'n2', name: 'kubelet-client' })), 'jhfdb');
  assert.equal(restored.find(serialOf('k')), undefined);
  assert.equal(restored.useOfKey(keyOf('d'))?.serial, serialOf('d'));
  assert.equal(restored.add(recordOf('d'), 9), false);
});

test('a restored index grows, and the first use of a key still counts', () => {
  const index = new LedgerIndex();
  index.add(recordOf('a', { spkiFingerprint: keyOf('s') }), 1);
  index.add(recordOf('b', { spkiFingerprint: keyOf('s') }), 2);
  const { columns, ...others } = index.snapshot();
  const restored = LedgerIndex.restored({ ...others, columns: grown({ ...columns }) });
  for (let number = 0; number < 4_000; number++) {
    const serial = (0x1000 + number).toString(16);
    assert.equal(restored.add(recordOf('c', { serial, host: `n${number}` }), 3), true);
  }
  assert.equal(restored.size, 4_002);
  assert.equal(restored.useOfKey(keyOf('s'))?.serial, serialOf('a'));
  assert.deepEqual(restored.find(serialOf('b')), index.find(serialOf('b')));
  assert.equal(restored.find((0x1000 + 3_999).toString(16))?.host, 'n3999');
});

test('a snapshot of which the parts do not fit together is damage', () => {
  const copyOf = () => {
    const snapshot = filled().snapshot();
    return { ...snapshot, columns: grown(snapshot.columns) };
  };
  type Snapshot = ReturnType<typeof copyOf>;
  const rows: Record<string, (snapshot: Snapshot) => Snapshot> = {
    'more entries than columns': (snapshot) => ({ ...snapshot, size: snapshot.columns.capacity + 1 }),
    'entries that are empty': (snapshot) => ({ ...snapshot, size: 12 }),
    'a host without its text': (snapshot) => ({ ...snapshot, hosts: ['n1'] }),
    'a name without its text': (snapshot) => ({ ...snapshot, names: ['kubelet'] }),
    'a host twice': (snapshot) => ({ ...snapshot, hosts: ['n1', 'n1', 'n2'] }),
    'a name twice': (snapshot) => ({ ...snapshot, names: ['kubelet', 'kubelet-client', 'kubelet'] }),
    'an authority that there is not': (snapshot) => {
      snapshot.columns.authorities[4] = 200;
      return snapshot;
    },
    'a serial number twice': (snapshot) => {
      snapshot.columns.serials.copyWithin(20, 0, 20);
      return snapshot;
    },
  };
  assert.equal(LedgerIndex.restored(copyOf()).size, 10);
  for (const [row, damage] of Object.entries(rows)) {
    assert.throws(() => LedgerIndex.restored(damage(copyOf())), { code: 'DAMAGED' }, row);
  }
});
