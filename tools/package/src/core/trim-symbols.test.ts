import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Architecture } from './architecture.ts';
import { dynamicEntries, sectionAt, tag } from './elf-file.ts';
import { stripElf } from './strip-elf.ts';
import { trimSymbols } from './trim-symbols.ts';

const node = stripElf(readFileSync(process.execPath));
const whyNoReadelf = spawnSync('readelf', ['--version']).error !== undefined && 'no readelf here';

describe('Node.js without the names by which others could link to it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trim-symbols-'));
  const path = join(folder, 'node');
  let trimmed: Buffer;
  before(() => {
    trimmed = trimSymbols(node, process.arch as Architecture);
    writeFileSync(path, trimmed, { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const readelf = (words: readonly string[], file: string) =>
    spawnSync('readelf', [...words, '-W', file], { encoding: 'utf8', maxBuffer: 2 ** 28 });

  test('has a fiftieth of them, in the same length', () => {
    const size = (file: Buffer): number =>
      sectionAt(file, dynamicEntries(file).find((one) => one.tag === tag.symbols)?.value ?? 0).size;
    assert.ok(size(trimmed) * 50 < size(node), `${size(trimmed)} of ${size(node)} bytes`);
    assert.equal(trimmed.length, node.length);
  });

  test('runs: TLS, exceptions and streams of C++, regular expressions, threads', () => {
    const script = `
      const { generateKeyPairSync, X509Certificate } = require('node:crypto');
      const { Worker } = require('node:worker_threads');
      const { rootCertificates } = require('node:tls');
      generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { subject } = new X509Certificate(rootCertificates[0]);
      try { new RegExp('(', 'u'); } catch {}
      new Worker('process.exit(7)', { eval: true }).on('exit', (code) => console.log(code, subject.length > 0, 1.5.toLocaleString('de')));
    `;
    const { stderr, stdout } = spawnSync(path, ['-e', script], { encoding: 'utf8' });
    assert.equal(stdout, '7 true 1,5\n', stderr);
  });

  test('binutils find nothing wrong with it', { skip: whyNoReadelf }, () => {
    const { status, stderr } = readelf(['-a'], path);
    assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
  });

  test('means the same libraries, versions and symbols of theirs', { skip: whyNoReadelf }, () => {
    const of = (file: string): readonly string[] => {
      const lines = [...readelf(['--dyn-syms'], file).stdout.split('\n'), ...readelf(['-V'], file).stdout.split('\n')];
      return lines.flatMap((line) => / UND (\S+)/.exec(line)?.[1] ?? /\bName: (\S+)/.exec(line)?.[1] ?? []);
    };
    const needed = (file: string): readonly string[] =>
      [...readelf(['-d'], file).stdout.matchAll(/NEEDED.*\[(.*)\]/g)].map(([, name = '']) => name);
    assert.deepEqual(of(path), of(process.execPath));
    assert.deepEqual(needed(path), needed(process.execPath));
    assert.ok(of(path).length > 500 && needed(path).includes('libc.so.6'));
  });

  test('has addresses where it meant its own symbols: theirs', { skip: whyNoReadelf }, () => {
    const own = new Map<string, string>();
    const word = /^([0-9a-f]+) +[0-9a-f]+ R_(?:X86_64|AARCH64)_(\S+) +([0-9a-f]+)(?: (\S+))?/;
    for (const line of readelf(['-r'], process.execPath).stdout.split('\n')) {
      const [, at = '', kind, value = '', name] = word.exec(line) ?? [];
      if (kind === 'GLOB_DAT' && name !== undefined && !/^0+$/.test(value)) own.set(at, value);
    }
    const addresses = new Map<string, string>();
    for (const line of readelf(['-r'], path).stdout.split('\n')) {
      const [, at = '', kind, value = ''] = word.exec(line) ?? [];
      if (kind === 'RELATIVE') addresses.set(at, value);
    }
    const isKnown = ([at]: readonly [string, string]): boolean => addresses.has(at);
    const bound = [...own].filter(isKnown);
    assert.ok(bound.length > 20, `${bound.length} of ${own.size}`);
    for (const [at, value] of bound) assert.equal(BigInt(`0x${addresses.get(at)}`), BigInt(`0x${value}`), at);
  });
});

test('a program that is linked in another way is refused', () => {
  const other = Buffer.from(node);
  const hash = dynamicEntries(other).find((one) => one.tag === tag.gnuHash)?.valueAt ?? 0;
  other.writeBigUInt64LE(BigInt(tag.hash), hash - 8);
  assert.throws(() => trimSymbols(other, process.arch as Architecture), { code: 'INVALID_INPUT' });
});

test('a program that is linked to nothing is refused', () => {
  const alone = Buffer.alloc(4096);
  node.copy(alone, 0, 0, 64);
  alone.writeUInt16LE(0, 56);
  assert.throws(() => trimSymbols(alone, 'x64'), { code: 'INVALID_INPUT' });
});
