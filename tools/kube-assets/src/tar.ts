/** Writes tar archives (pax, POSIX.1-2001) that depend on nothing but their entries: no times, owners or names of users. */

import { AppError } from '@easycerts/core';

export type TarEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly data: Uint8Array;
      readonly capabilities?: Uint8Array;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const blockSize = 512;
const typeFlag = { file: '0', link: '2', folder: '5' } as const;

/** The archive as parts to be written one after another; big files are not copied. Paths may have 100 bytes. */
export function tarParts(entries: readonly TarEntry[]): readonly Uint8Array[] {
  return [...entries.flatMap(entryParts), Buffer.alloc(2 * blockSize)];
}

function entryParts(entry: TarEntry): Uint8Array[] {
  const data = entry.kind === 'file' ? entry.data : new Uint8Array();
  const header = headerOf({
    path: entry.kind === 'folder' ? `${entry.path}/` : entry.path,
    mode: entry.kind === 'link' ? 0o777 : entry.mode,
    size: data.length,
    type: typeFlag[entry.kind],
    target: entry.kind === 'link' ? entry.target : '',
  });
  const attributes = entry.kind === 'file' && entry.capabilities ? capabilityParts(entry.path, entry.capabilities) : [];
  return [...attributes, header, ...padded(data)];
}

/** A pax header for the next entry with the extended attribute that file capabilities are (capabilities(7)). */
function capabilityParts(path: string, capabilities: Uint8Array): Uint8Array[] {
  const record = paxRecord('SCHILY.xattr.security.capability', capabilities);
  const header = headerOf({ path: `PaxHeaders/${path}`, mode: 0o644, size: record.length, type: 'x', target: '' });
  return [header, ...padded(record)];
}

/** `<length> <key>=<value>\n`, where the length counts itself (pax(1), extended header). */
export function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')]);
}

interface Header {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly target: string;
}

/** The ustar header block; numbers are octal, and the checksum counts its own field as spaces. */
function headerOf({ path, mode, size, type, target }: Header): Uint8Array {
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(target) > 100) {
    throw new AppError('INTERNAL', `write tar archive: path too long: ${path}`);
  }
  const block = Buffer.alloc(blockSize);
  block.write(path, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108); // owner
  block.write(octal(0, 7), 116); // group
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136); // time
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(target, 157);
  block.write('ustar\0' + '00', 257, 'latin1');
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${octal(checksum, 6)}\0 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padded(data: Uint8Array): Uint8Array[] {
  const missing = (blockSize - (data.length % blockSize)) % blockSize;
  return data.length === 0 ? [] : [data, Buffer.alloc(missing)];
}
