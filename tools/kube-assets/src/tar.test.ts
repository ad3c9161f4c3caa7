import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { paxRecord, type TarEntry, tarParts } from './tar.ts';

const entries: readonly TarEntry[] = [
  { kind: 'folder', path: 'bin', mode: 0o755 },
  { kind: 'file', path: 'bin/busybox', mode: 0o755, data: Buffer.alloc(700, 'x') },
  { kind: 'link', path: 'bin/sh', target: 'busybox' },
  { kind: 'file', path: 'empty', mode: 0o600, data: new Uint8Array() },
  { kind: 'file', path: 'coredns', mode: 0o755, data: Buffer.from('y'), capabilities: new Uint8Array([1, 10, 0, 255]) },
];

test('tar(1) reads the archive', () => {
  const archive = Buffer.concat(tarParts(entries));
  const listed = execFileSync('tar', ['-tvf', '-', '--utc', '--numeric-owner'], { input: archive, encoding: 'utf8' });
  const lines = listed.trim().split('\n');
  const seen = lines.map((line) => line.replace(/^(\S+) (\S+) +(\d+) \S+ \S+ /, '$1 $2 $3 '));
  assert.deepEqual(seen, [
    'drwxr-xr-x 0/0 0 bin/',
    '-rwxr-xr-x 0/0 700 bin/busybox',
    'lrwxrwxrwx 0/0 0 bin/sh -> busybox',
    '-rw------- 0/0 0 empty',
    '-rwxr-xr-x 0/0 1 coredns',
  ]);
  assert.ok(lines.every((line) => line.includes('1970-01-01')));
});

test('the same entries give the same bytes, in whole blocks', () => {
  const [first, second] = [Buffer.concat(tarParts(entries)), Buffer.concat(tarParts(entries))];
  assert.deepEqual(first, second);
  assert.equal(first.length % 512, 0);
});

test('a pax record counts its own length, also where that has one digit more', () => {
  for (const size of [0, 1, 20, 83, 84, 85, 86, 87, 88, 89, 90, 980, 990, 1000]) {
    const record = paxRecord('SCHILY.x', new Uint8Array(size));
    assert.equal(Number.parseInt(Buffer.from(record).toString('latin1'), 10), record.length, String(size));
  }
});

test('a path that does not fit is an error, not a cut name', () => {
  assert.throws(() => tarParts([{ kind: 'folder', path: 'x'.repeat(100), mode: 0o755 }]), { code: 'INTERNAL' });
});
