/**
 * Takes out of an ELF program the names by which others could link to it. Node.js has 46,000, for add-ons: 4 MB, of which the
 * loader reads a page here and there to bind the program to itself and to see whether a library means one of them, until all of
 * them are resident in every process. We have no add-ons.
 *
 * References to symbols of its own become addresses, as the loader would find them: a program's own definition is the first it
 * looks at. What stays: the names that it has of libraries, and its copies of their variables, by which they find those. The
 * tables are written anew where they were. Pure.
 *
 * https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html, and for the hash table
 * https://flapenguin.me/elf-dt-gnu-hash.
 */

import { AppError } from '@easycerts/core';
import type { Architecture } from './architecture.ts';
import { type DynamicEntry, dynamicEntries, numberAt, offsetOf, sectionAt, tag } from './elf-file.ts';
import { gnuHashTable } from './gnu-hash-table.ts';

/** Kinds of relocations: an address of 64 bits of a symbol, two ways, and one without a symbol. */
const relocations: Readonly<Record<Architecture, { readonly ofSymbol: readonly number[]; readonly relative: number }>> =
  {
    x64: { ofSymbol: [1, 6], relative: 8 },
    arm64: { ofSymbol: [257, 1025], relative: 1027 },
  };
const symbolSize = 24;
const relaSize = 24;
const symbolKind = { threadLocal: 6, indirect: 10 } as const;

interface Symbol {
  readonly bytes: Buffer;
  readonly name: string;
  readonly version: number;
  readonly isDefined: boolean;
  readonly value: number;
  readonly kind: number;
}

/** A program without them; it has the same length. Throws INVALID_INPUT for one that is linked in a way that Node.js is not. */
export function trimSymbols(program: Uint8Array, architecture: Architecture): Buffer {
  const file = Buffer.from(program);
  const entries = dynamicEntries(file);
  const entry = (wanted: number): DynamicEntry => {
    const found = entries.find((one) => one.tag === wanted);
    if (found === undefined) throw new AppError('INVALID_INPUT', `trim symbols: no dynamic entry ${wanted}`);
    return found;
  };
  for (const unknown of [tag.hash, tag.versionsDefined]) {
    if (entries.some((one) => one.tag === unknown)) {
      throw new AppError('INVALID_INPUT', `trim symbols: dynamic entry ${unknown} is not understood`);
    }
  }
  const stringsAt = offsetOf(file, entry(tag.strings).value);
  const nameAt = (offset: number): string =>
    file.toString('latin1', stringsAt + offset, file.indexOf(0, stringsAt + offset));
  const symbols = symbolsOf(file, entry(tag.symbols).value, entry(tag.versions).value, nameAt);
  const relas = [
    ...relaOffsets(file, entry(tag.rela).value, entry(tag.relaSize).value),
    ...relaOffsets(file, entry(tag.pltRela).value, entry(tag.pltRelaSize).value),
  ];
  bindToItself(file, relas, symbols, architecture);
  const kept = keptSymbols(file, relas, symbols);

  const strings = new Strings();
  for (const one of entries) {
    if (![tag.needed, tag.soname, tag.rpath, tag.runpath].some((kind) => kind === one.tag)) continue;
    file.writeBigUInt64LE(BigInt(strings.add(nameAt(one.value))), one.valueAt);
  }
  for (const at of versionNames(file, offsetOf(file, entry(tag.versionsNeeded).value))) {
    file.writeUInt32LE(strings.add(nameAt(file.readUInt32LE(at))), at);
  }
  const indices = new Map(kept.map((symbol, index) => [symbol, index]));
  for (const at of relas) {
    const symbol = symbols[file.readUInt32LE(at + 12)];
    file.writeUInt32LE((symbol && indices.get(symbol)) ?? 0, at + 12);
  }
  const first = kept.findIndex(({ isDefined }) => isDefined);
  const defined = first === -1 ? [] : kept.slice(first);
  const table = Buffer.concat(kept.map(({ bytes, name }) => renamed(bytes, strings.add(name))));
  const versions = Buffer.alloc(kept.length * 2);
  for (const [index, { version }] of kept.entries()) versions.writeUInt16LE(version, index * 2);
  replace(file, entry(tag.symbols).value, table);
  replace(file, entry(tag.versions).value, versions);
  replace(
    file,
    entry(tag.gnuHash).value,
    gnuHashTable(
      defined.map(({ name }) => name),
      kept.length - defined.length,
    ),
  );
  replace(file, entry(tag.strings).value, strings.bytes());
  file.writeBigUInt64LE(BigInt(strings.bytes().length), entry(tag.stringsSize).valueAt);
  return file;
}

function symbolsOf(
  file: Buffer,
  address: number,
  versions: number,
  nameAt: (offset: number) => string,
): readonly Symbol[] {
  const [at, versionsAt] = [offsetOf(file, address), offsetOf(file, versions)];
  return Array.from({ length: sectionAt(file, address).size / symbolSize }, (_, index) => {
    const bytes = Buffer.from(file.subarray(at + index * symbolSize, at + (index + 1) * symbolSize));
    return {
      bytes,
      name: nameAt(bytes.readUInt32LE(0)),
      version: file.readUInt16LE(versionsAt + index * 2),
      isDefined: bytes.readUInt16LE(6) !== 0,
      value: numberAt(bytes, 8),
      kind: bytes.readUInt8(4) & 15,
    };
  });
}

function relaOffsets(file: Buffer, address: number, size: number): readonly number[] {
  const at = offsetOf(file, address);
  return Array.from({ length: size / relaSize }, (_, index) => at + index * relaSize);
}

function bindToItself(
  file: Buffer,
  relas: readonly number[],
  symbols: readonly Symbol[],
  architecture: Architecture,
): void {
  const { ofSymbol, relative } = relocations[architecture];
  for (const at of relas) {
    const symbol = symbols[file.readUInt32LE(at + 12)];
    if (symbol === undefined || !symbol.isDefined || !ofSymbol.includes(file.readUInt32LE(at + 8))) continue;
    if (symbol.kind === symbolKind.threadLocal || symbol.kind === symbolKind.indirect) continue;
    file.writeUInt32LE(relative, at + 8);
    file.writeUInt32LE(0, at + 12);
    file.writeBigInt64LE(BigInt(symbol.value) + file.readBigInt64LE(at + 16), at + 16);
  }
}

/** Those of libraries, then those of its own that still stand in relocations, with their other names. */
function keptSymbols(file: Buffer, relas: readonly number[], symbols: readonly Symbol[]): readonly Symbol[] {
  const referred = relas.map((at) => symbols[file.readUInt32LE(at + 12)]).filter((symbol) => symbol?.isDefined);
  const values = new Set(referred.map((symbol) => symbol?.value));
  const isNamed = (symbol: Symbol): boolean =>
    referred.includes(symbol) || (symbol.kind !== symbolKind.threadLocal && values.has(symbol.value));
  return [
    ...symbols.filter(({ isDefined }) => !isDefined),
    ...symbols.filter((symbol) => symbol.isDefined && isNamed(symbol)),
  ];
}

/** Where names stand in the list of versions that libraries must have. */
function versionNames(file: Buffer, start: number): readonly number[] {
  const found: number[] = [];
  for (let at = start; ; ) {
    found.push(at + 4);
    let aux = at + file.readUInt32LE(at + 8);
    for (let count = file.readUInt16LE(at + 2); count > 0; count--) {
      found.push(aux + 8);
      aux += file.readUInt32LE(aux + 12);
    }
    const next = file.readUInt32LE(at + 12);
    if (next === 0) return found;
    at += next;
  }
}

class Strings {
  readonly #offsets = new Map<string, number>([['', 0]]);
  #text = '\0';

  /** Where it stands. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#text.length;
    this.#offsets.set(text, offset);
    this.#text += `${text}\0`;
    return offset;
  }

  bytes(): Buffer {
    return Buffer.from(this.#text, 'latin1');
  }
}

function renamed(symbol: Buffer, name: number): Buffer {
  const copy = Buffer.from(symbol);
  copy.writeUInt32LE(name, 0);
  return copy;
}

/** Puts a table where a longer one was. */
function replace(file: Buffer, address: number, bytes: Buffer): void {
  const { size, sizeAt } = sectionAt(file, address);
  if (bytes.length > size)
    throw new AppError('INVALID_INPUT', `trim symbols: the table at ${address} has become longer`);
  const at = offsetOf(file, address);
  file.fill(0, at, at + size);
  bytes.copy(file, at);
  file.writeBigUInt64LE(BigInt(bytes.length), sizeAt);
}
