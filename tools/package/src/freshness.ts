/** Whether a package is made of just what it would be made of now, so that making it again can be left out. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** What lies beside a package. */
interface Stamp {
  /** Of everything that the package is made of. */
  readonly inputs: string;
  /** Of the package: one that was changed or cut is not fresh. */
  readonly sha256: string;
}

/** One digest of many inputs; texts and plain data by themselves, files by their digests. */
export function digestOf(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/** SHA-256 of a file, hexadecimal. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** The digest of the package at `path` when it was made of `inputs`. */
export async function freshDigest(path: string, inputs: string): Promise<string | undefined> {
  try {
    const stamp: Partial<Stamp> = JSON.parse(await readFile(stampOf(path), 'utf8'));
    if (stamp.inputs !== inputs) return undefined;
    const sha256 = await digestOfFile(path);
    return sha256 === stamp.sha256 ? sha256 : undefined;
  } catch {
    // nothing there, or nothing that can be read: it is made again
    return undefined;
  }
}

/** Remembers what a package was made of. */
export async function stampPackage(path: string, inputs: string): Promise<string> {
  const stamp: Stamp = { inputs, sha256: await digestOfFile(path) };
  await writeFile(stampOf(path), `${JSON.stringify(stamp)}\n`);
  return stamp.sha256;
}

function stampOf(path: string): string {
  return `${path}.made-of.json`;
}
