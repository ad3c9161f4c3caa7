import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorityNames } from '@easycerts/cluster';
import {
  type CheckpointFacts,
  decodeFacts,
  digestBytes,
  digestOf,
  encodeFacts,
  factsLength,
  preludeBytes,
} from './ledger-checkpoint.ts';
import { octetCount } from './ledger-columns.ts';

const facts: CheckpointFacts = {
  covered: { sequence: 7, digest: digestOf(Buffer.from('the seventh')) },
  index: { size: 3, hosts: ['m1', 'n1'], names: ['kubelet'] },
};
const octets = Buffer.from(encodeFacts(facts));
const prelude = octets.subarray(0, preludeBytes);
const fileLength = octets.length + octetCount(3) + digestBytes;
const json = JSON.parse(octets.subarray(preludeBytes).toString('utf8')) as Record<string, unknown>;
const textOf = (part: object): Buffer => Buffer.from(JSON.stringify({ ...json, ...part }));

test('what is written is read again', () => {
  assert.equal(factsLength(prelude, fileLength), octets.length - preludeBytes);
  assert.deepEqual(decodeFacts(octets.subarray(preludeBytes), fileLength), facts);
});

test('the octets are those of format 1', () => {
  assert.equal(prelude.toString('latin1').slice(0, 23), 'easycerts-ledger-index\n');
  assert.deepEqual(json, {
    version: 1,
    covered: facts.covered,
    size: 3,
    authorities: [...authorityNames],
    hosts: ['m1', 'n1'],
    names: ['kubelet'],
  });
  assert.equal(octetCount(1), 93);
});

test('what does not begin like a checkpoint is none', () => {
  const rows: Record<string, Uint8Array> = {
    empty: new Uint8Array(),
    'a part of the beginning': prelude.subarray(0, 10),
    'one letter is another': Buffer.concat([Buffer.from('E'), prelude.subarray(1)]),
    'longer facts than there is file': Buffer.concat([prelude.subarray(0, 23), Buffer.from('ffffffff', 'hex')]),
  };
  for (const [row, bytes] of Object.entries(rows)) {
    assert.throws(() => factsLength(bytes, fileLength), { code: 'DAMAGED' }, row);
  }
  assert.throws(() => factsLength(prelude, octets.length + digestBytes - 1), { code: 'DAMAGED' });
});

test('facts of another version are left to it', () => {
  const others = [{ version: 2 }, { version: 0 }, { version: undefined }, { version: '1' }];
  const numbered = [{ authorities: [...authorityNames].reverse() }, { authorities: authorityNames.slice(1) }];
  for (const part of [...others, ...numbered, { authorities: null }]) {
    const text = textOf(part);
    const length = fileLength - octets.length + preludeBytes + text.length;
    assert.throws(() => decodeFacts(text, length), { code: 'FAILED_PRECONDITION' }, JSON.stringify(part));
  }
});

test('facts that are not whole are damage', () => {
  const { digest } = facts.covered;
  const parts = [
    { covered: undefined },
    { covered: 7 },
    { covered: null },
    { covered: { sequence: 7 } },
    { covered: { digest } },
    { covered: { sequence: 0, digest } },
    { covered: { sequence: -1, digest } },
    { covered: { sequence: 1.5, digest } },
    { covered: { sequence: '7', digest } },
    { covered: { sequence: 7, digest: digest.slice(1) } },
    { covered: { sequence: 7, digest: digest.toUpperCase() } },
    { covered: { sequence: 7, digest: 7 } },
    { size: -1 },
    { size: 2.5 },
    { size: '3' },
    { size: 1e300 },
    { hosts: undefined },
    { hosts: 'n1' },
    { hosts: ['n1', 1] },
    { names: [null] },
    { names: {} },
  ];
  for (const part of parts) {
    const text = textOf(part);
    const length = fileLength - octets.length + preludeBytes + text.length;
    assert.throws(() => decodeFacts(text, length), { code: 'DAMAGED' }, JSON.stringify(part));
  }
  for (const text of ['', '{', '[]', 'null', '1', '"text"', '\u0000']) {
    assert.throws(() => decodeFacts(Buffer.from(text), fileLength), { message: /checkpoint of the ledger/ }, text);
  }
});

test('a size that the file does not have is refused before any memory is taken for it', () => {
  for (const size of [0, 2, 4, 1_000_000_000_000, Number.MAX_SAFE_INTEGER]) {
    assert.throws(() => decodeFacts(textOf({ size }), fileLength), { code: 'DAMAGED' }, `${size}`);
  }
  for (const length of [fileLength - 1, fileLength + 1, 0]) {
    assert.throws(() => decodeFacts(octets.subarray(preludeBytes), length), { code: 'DAMAGED' }, `${length}`);
  }
});
