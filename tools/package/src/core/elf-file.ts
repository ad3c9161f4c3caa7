/** What the loader reads of an ELF program of 64 bits, little-endian. https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html. Pure. */

import { AppError } from '@easycerts/core';

const headerSize = { program: 56, section: 64 } as const;
const segment = { load: 1, dynamic: 2 } as const;

/** Entries of the dynamic section. */
export const tag = {
  needed: 1,
  pltRelaSize: 2,
  hash: 4,
  strings: 5,
  symbols: 6,
  rela: 7,
  relaSize: 8,
  stringsSize: 10,
  soname: 14,
  rpath: 15,
  pltRela: 23,
  runpath: 29,
  gnuHash: 0x6ffffef5,
  versions: 0x6ffffff0,
  versionsDefined: 0x6ffffffc,
  versionsNeeded: 0x6ffffffe,
} as const;

export interface DynamicEntry {
  readonly tag: number;
  readonly value: number;
  /** Where its value stands in the file. */
  readonly valueAt: number;
}

export interface ElfSection {
  readonly address: number;
  readonly size: number;
  /** Where its size stands in the file. */
  readonly sizeAt: number;
}

/** A number of 64 bits that is an address, an offset or a size: far below 2^53. */
export function numberAt(file: Buffer, offset: number): number {
  return Number(file.readBigUInt64LE(offset));
}

/** Where in the file an address is. Throws INVALID_INPUT when it is not loaded from there. */
export function offsetOf(file: Buffer, address: number): number {
  for (const { at, kind } of segmentsOf(file)) {
    const [offset, start, size] = [numberAt(file, at + 8), numberAt(file, at + 16), numberAt(file, at + 32)];
    if (kind === segment.load && address >= start && address < start + size) return address - start + offset;
  }
  throw new AppError('INVALID_INPUT', `ELF file: nothing is loaded at ${address}`);
}

/** The entries of the dynamic section, in order; empty where a program is linked to nothing. */
export function dynamicEntries(file: Buffer): readonly DynamicEntry[] {
  const dynamic = segmentsOf(file).find(({ kind }) => kind === segment.dynamic);
  if (dynamic === undefined) return [];
  const [offset, size] = [numberAt(file, dynamic.at + 8), numberAt(file, dynamic.at + 32)];
  return Array.from({ length: size / 16 }, (_, index) => {
    const at = offset + index * 16;
    return { tag: numberAt(file, at), value: numberAt(file, at + 8), valueAt: at + 8 };
  });
}

/** The section that begins at an address. */
export function sectionAt(file: Buffer, address: number): ElfSection {
  const [table, count] = [numberAt(file, 40), file.readUInt16LE(60)];
  for (let index = 1; index < count; index++) {
    const at = table + index * headerSize.section;
    const size = numberAt(file, at + 32);
    if (numberAt(file, at + 16) === address && size > 0) return { address, size, sizeAt: at + 32 };
  }
  throw new AppError('INVALID_INPUT', `ELF file: no section begins at ${address}`);
}

function segmentsOf(file: Buffer): readonly { readonly kind: number; readonly at: number }[] {
  const [table, count] = [numberAt(file, 32), file.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * headerSize.program;
    return { kind: file.readUInt32LE(at), at };
  });
}
