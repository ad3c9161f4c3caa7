/**
 * Takes out of an ELF program what only debuggers read: symbol tables and debug sections, a quarter of Node.js' size. So it
 * works for every processor without that processor's binutils. Pure.
 *
 * What is loaded stays where it is, byte by byte; the sections behind it go, and a new table of the remaining sections is
 * written in their place. Format: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */

import { AppError } from '@easycerts/core';

interface Section {
  readonly name: string;
  readonly header: Buffer;
  readonly isLoaded: boolean;
  readonly end: number;
}

const headerSize = { file: 64, program: 56, section: 64 } as const;
const flagAlloc = 2n;
const typeNoBits = 8;
const namesSection = '.shstrtab';

/** A program without them, of 64 bits and little-endian (x64 and arm64 are). Throws INVALID_INPUT for anything else. */
export function stripElf(program: Uint8Array): Buffer {
  const file = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  if (file.length < headerSize.file || file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') {
    throw new AppError('INVALID_INPUT', 'strip program: not an ELF file of 64 bits, little-endian');
  }
  const kept = sectionsOf(file).filter(({ isLoaded }) => isLoaded);
  const end = Math.max(endOfSegments(file), ...kept.map((section) => section.end));
  const names = namesOf(kept);
  const namesAt = align(end, 8);
  const tableAt = align(namesAt + names.bytes.length, 8);
  const table = [...kept, namesHeader(namesAt, names)].map((section, index) => renamed(section.header, index, names));
  const stripped = Buffer.alloc(tableAt + table.length * headerSize.section);
  file.copy(stripped, 0, 0, end);
  names.bytes.copy(stripped, namesAt);
  Buffer.concat(table).copy(stripped, tableAt);
  stripped.writeBigUInt64LE(BigInt(tableAt), 40);
  stripped.writeUInt16LE(table.length, 60);
  stripped.writeUInt16LE(table.length - 1, 62);
  return stripped;
}

/** The first one, which is empty by definition, counts as loaded: indices must not shift (they refer to each other). */
function sectionsOf(file: Buffer): readonly Section[] {
  const [at, count, namesIndex] = [Number(file.readBigUInt64LE(40)), file.readUInt16LE(60), file.readUInt16LE(62)];
  if (count === 0 || at + count * headerSize.section > file.length) {
    throw new AppError('INVALID_INPUT', 'strip program: it has no table of sections');
  }
  const headers = Array.from({ length: count }, (_, index) =>
    file.subarray(at + index * headerSize.section, at + (index + 1) * headerSize.section),
  );
  const namesAt = Number(headers[namesIndex]?.readBigUInt64LE(24) ?? 0n);
  const sections = headers.map((header, index): Section => {
    const [offset, size] = [Number(header.readBigUInt64LE(24)), Number(header.readBigUInt64LE(32))];
    const nameAt = namesAt + header.readUInt32LE(0);
    return {
      name: file.toString('latin1', nameAt, file.indexOf(0, nameAt)),
      header,
      isLoaded: index === 0 || (header.readBigUInt64LE(8) & flagAlloc) !== 0n,
      end: header.readUInt32LE(4) === typeNoBits ? 0 : offset + size,
    };
  });
  const firstLeft = sections.findIndex(({ isLoaded }) => !isLoaded);
  if (firstLeft !== -1 && sections.slice(firstLeft).some(({ isLoaded }) => isLoaded)) {
    throw new AppError('INVALID_INPUT', 'strip program: a loaded section stands behind one that is not');
  }
  return sections;
}

function endOfSegments(file: Buffer): number {
  const [at, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(56)];
  const ends = Array.from({ length: count }, (_, index) => {
    const header = at + index * headerSize.program;
    return Number(file.readBigUInt64LE(header + 8) + file.readBigUInt64LE(header + 32));
  });
  return Math.max(at + count * headerSize.program, ...ends);
}

interface Names {
  readonly bytes: Buffer;
  /** Where each section's name begins, the table's own last. */
  readonly offsets: readonly number[];
}

function namesOf(sections: readonly Section[]): Names {
  const offsets: number[] = [];
  let text = '';
  for (const name of [...sections.map((section) => section.name), namesSection]) {
    offsets.push(text.length);
    text += `${name}\0`;
  }
  return { bytes: Buffer.from(text, 'latin1'), offsets };
}

function namesHeader(at: number, names: Names): Pick<Section, 'header'> {
  const header = Buffer.alloc(headerSize.section);
  header.writeUInt32LE(3, 4); // a table of strings
  header.writeBigUInt64LE(BigInt(at), 24);
  header.writeBigUInt64LE(BigInt(names.bytes.length), 32);
  header.writeBigUInt64LE(1n, 48);
  return { header };
}

function renamed(header: Buffer, index: number, names: Names): Buffer {
  const copy = Buffer.from(header);
  copy.writeUInt32LE(names.offsets[index] ?? 0, 0);
  return copy;
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}
