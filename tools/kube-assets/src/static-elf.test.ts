import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStaticElf } from './static-elf.ts';
import { elfFile } from './testing.ts';

test('a program that asks for a dynamic loader is not static', () => {
  assert.equal(isStaticElf(elfFile(true)), true);
  assert.equal(isStaticElf(elfFile(false)), false);
});

test('what is not a whole 64-bit ELF header is not static', () => {
  const thirtyTwoBit = elfFile(true);
  thirtyTwoBit[4] = 1;
  const tableOutside = elfFile(true);
  tableOutside.writeBigUInt64LE(1n << 60n, 32);
  const table: [string, Buffer][] = [
    ['a script', Buffer.from(`#!/bin/sh\n${'x'.repeat(100)}`)],
    ['an empty file', Buffer.alloc(0)],
    ['a cut file', elfFile(true).subarray(0, 80)],
    ['a 32-bit file', thirtyTwoBit],
    ['a header table outside the file', tableOutside],
  ];
  for (const [name, file] of table) assert.equal(isStaticElf(file), false, name);
});
