/** Puts the entries into a folder as they are to lie on the host, and lets dpkg-deb pack it. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, lutimes, mkdir, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { type ControlFacts, controlText } from './core/control.ts';
import { installedKiB } from './core/deb-size.ts';
import type { PackageContent } from './core/package-content.ts';
import type { PackageEntry } from './core/package-entry.ts';
import { runCommand } from './run-command.ts';

export interface WriteDebOptions {
  readonly content: PackageContent;
  readonly facts: Omit<ControlFacts, 'installedKiB'>;
  /** Seconds since 1970: the time of everything in it. */
  readonly epochS: number;
  readonly compression: Compression;
  /** An empty folder on the file system of the programs and of `path`. */
  readonly folder: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Measured on two cores (docs/adr/0017): 2 s for 42 MB, 34 s for 37 MB. */
export const compressions = { fast: 9, small: 19 } as const;
export type Compression = keyof typeof compressions;

const cure = 'install the package dpkg (every Debian and Ubuntu has it)';

/** Writes the package to `path`: whole, or not at all. */
export async function writeDeb(options: WriteDebOptions): Promise<void> {
  const { content, env, epochS, facts, folder, path, signal } = options;
  const root = join(folder, 'root');
  for (const entry of content.entries) await place(entry, root);
  const files = content.entries.filter(({ kind }) => kind !== 'link');
  const sizes = await Promise.all(files.map(async (entry) => (await stat(join(root, entry.path))).size));
  const size = installedKiB(sizes, content.entries.length - files.length);
  await mkdir(join(root, 'DEBIAN'));
  await writeControl(root, 'control', controlText({ ...facts, installedKiB: size }));
  await writeControl(root, 'md5sums', await checksums(root, files));
  for (const { name, mode, text } of content.control) await writeControl(root, name, text, mode);
  await settle(root, epochS);
  const temporary = join(folder, 'package.deb');
  const level = compressions[options.compression];
  // one thread would give other bytes than several: fixed, so that a machine with more cores makes the same package
  const words = ['--root-owner-group', '--threads-max=2', '-Zzstd', `-z${level}`, '--build', root, temporary];
  await runCommand('dpkg-deb', words, { env: { ...env, SOURCE_DATE_EPOCH: String(epochS) }, signal, cure });
  await rename(temporary, path);
}

async function place(entry: PackageEntry, root: string): Promise<void> {
  const path = join(root, entry.path);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  switch (entry.kind) {
    case 'text':
      await writeFile(path, entry.text);
      break;
    case 'gzip':
      await writeFile(path, gzipSync(entry.text, { level: 9 }));
      break;
    case 'program':
      await copyFile(entry.source, path);
      break;
    case 'link':
      return symlink(entry.target, path);
    default:
      return entry satisfies never;
  }
  await chmod(path, entry.mode);
}

async function writeControl(root: string, name: string, text: string, mode = 0o644): Promise<void> {
  const path = join(root, 'DEBIAN', name);
  await writeFile(path, text);
  await chmod(path, mode);
}

/** deb-md5sums(5): for `dpkg --verify`, no protection against anybody. */
async function checksums(root: string, files: readonly PackageEntry[]): Promise<string> {
  const lines = files.map(async ({ path }) => {
    const hash = createHash('md5');
    await pipeline(createReadStream(join(root, path)), hash);
    return `${hash.digest('hex')}  ${path.slice(1)}\n`;
  });
  return (await Promise.all(lines)).sort().join('');
}

/** Folders get the mode that they have everywhere, whatever the umask here, and everything gets the one time. */
async function settle(folder: string, epochS: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await settle(path, epochS);
    else await lutimes(path, epochS, epochS);
  }
  await chmod(folder, 0o755);
  await lutimes(folder, epochS, epochS);
}
