import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from './mountinfo.ts';

test('a line with optional fields is read, and octal escapes are undone', () => {
  const [mount] = parseMountInfo(
    '36 35 98:0 /a\\040b /mnt\\0112 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n',
  );
  assert.deepEqual(mount, {
    root: '/a b',
    mountPoint: '/mnt\t2',
    type: 'ext3',
    source: '/dev/root',
    options: ['rw', 'noatime'],
    superOptions: ['rw', 'errors=continue'],
  });
});

test('lines that are no mounts are left out', () => {
  assert.deepEqual(parseMountInfo('\nnonsense\n1 2 3\n'), []);
});
