/** Whether a program runs without shared libraries. */

import { open } from 'node:fs/promises';

const magic = 0x7f454c46; // "\x7fELF", elf(5)
const class64 = 2;
const littleEndian = 1;
const typeInterpreter = 3; // PT_INTERP: the program asks for a dynamic loader

/** True for a 64-bit little-endian ELF file (elf(5)) that asks for no dynamic loader. `head` is its first kilobytes. */
export function isStaticElf(head: Buffer): boolean {
  if (head.length < 64 || head.readUInt32BE(0) !== magic) return false;
  if (head[4] !== class64 || head[5] !== littleEndian) return false;
  const tableOffset = Number(head.readBigUInt64LE(32));
  const entrySize = head.readUInt16LE(54);
  const entries = head.readUInt16LE(56);
  if (tableOffset + entrySize * entries > head.length) return false;
  for (let index = 0; index < entries; index += 1) {
    if (head.readUInt32LE(tableOffset + index * entrySize) === typeInterpreter) return false;
  }
  return true;
}

/** {@link isStaticElf} of a file; program headers follow the file header, so 8 KiB hold them. */
export async function isStaticFile(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8192), 0, 8192, 0);
    return isStaticElf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
