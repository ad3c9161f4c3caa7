import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stripElf } from './strip-elf.ts';

interface FakeSection {
  readonly name: string;
  readonly isLoaded: boolean;
  readonly data: string;
}

/** An ELF file with one segment over the loaded sections, which come first; offsets 24 and 32 of a header are its extent. */
function elf(sections: readonly FakeSection[]): Buffer {
  const all = [{ name: '', isLoaded: false, data: '' }, ...sections];
  const names = Buffer.from(`${all.map(({ name }) => name).join('\0')}\0.shstrtab\0`, 'latin1');
  const bodies = [...all.map(({ data }) => Buffer.from(data)), names];
  const start = 64 + 56;
  const offsets = bodies.map((_, index) => start + Buffer.concat(bodies.slice(0, index)).length);
  const tableAt = start + Buffer.concat(bodies).length;
  const file = Buffer.alloc(tableAt + bodies.length * 64);
  file.write('\x7fELF\x02\x01', 'latin1');
  file.writeBigUInt64LE(64n, 32);
  file.writeBigUInt64LE(BigInt(tableAt), 40);
  file.writeUInt16LE(1, 56);
  file.writeUInt16LE(bodies.length, 60);
  file.writeUInt16LE(bodies.length - 1, 62);
  const loadedEnd = start + Buffer.concat(all.map(({ data, isLoaded }) => Buffer.from(isLoaded ? data : ''))).length;
  file.writeBigUInt64LE(BigInt(loadedEnd), 64 + 32);
  Buffer.concat(bodies).copy(file, start);
  let nameAt = 0;
  for (const [index, body] of bodies.entries()) {
    const header = tableAt + index * 64;
    const section = all[index];
    file.writeUInt32LE(nameAt, header);
    file.writeBigUInt64LE(section?.isLoaded ? 2n : 0n, header + 8);
    file.writeBigUInt64LE(BigInt(offsets[index] ?? 0), header + 24);
    file.writeBigUInt64LE(BigInt(body.length), header + 32);
    nameAt += (section?.name.length ?? 0) + 1;
  }
  return file;
}

const text = { name: '.text', isLoaded: true, data: 'machine code' };
const symbols = { name: '.symtab', isLoaded: false, data: 'names of everything, long' };

test('what is loaded stays byte by byte, what is not goes', () => {
  const program = elf([text, symbols]);
  const stripped = stripElf(program);
  assert.ok(stripped.includes(text.data));
  assert.ok(!stripped.includes(symbols.data));
  assert.equal(stripped.indexOf(text.data), program.indexOf(text.data));
  assert.equal(stripped.readUInt16LE(60), 3, 'the empty section, .text and the table of names are left');
});

test('the names of the sections that are left are right', () => {
  const stripped = stripElf(elf([text, symbols]));
  const at = Number(stripped.readBigUInt64LE(40));
  const names = stripped.subarray(Number(stripped.readBigUInt64LE(at + 2 * 64 + 24)));
  const nameOf = (index: number): string => {
    const start = stripped.readUInt32LE(at + index * 64);
    return names.toString('latin1', start, names.indexOf(0, start));
  };
  assert.deepEqual([nameOf(0), nameOf(1), nameOf(2)], ['', '.text', '.shstrtab']);
});

test('stripping twice changes nothing', () => {
  const once = stripElf(elf([text, symbols]));
  assert.deepEqual(stripElf(once), once);
});

const refused: readonly [string, Uint8Array][] = [
  ['a script', Buffer.from('#!/bin/sh\n'.padEnd(80))],
  ['a file that is cut', elf([text]).subarray(0, 130)],
  ['a program of 32 bits', Buffer.from('\x7fELF\x01\x01'.padEnd(80), 'latin1')],
  ['one whose loaded section stands behind another', elf([symbols, text])],
  ['nothing', Buffer.alloc(0)],
];
for (const [name, program] of refused) {
  test(`${name} is refused`, () => assert.throws(() => stripElf(program), { code: 'INVALID_INPUT' }));
}

test('a stripped program runs, and binutils find nothing wrong with it', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'strip-elf-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'true');
  writeFileSync(path, stripElf(readFileSync('/bin/true')));
  chmodSync(path, 0o755);
  assert.equal(spawnSync(path).status, 0);
  const { error, stderr, status } = spawnSync('readelf', ['-aW', path], { encoding: 'utf8' });
  if (error === undefined) assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
});
