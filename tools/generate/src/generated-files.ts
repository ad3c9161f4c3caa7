/** Everything that is generated from the sources, and how it differs from what lies in the tree. */

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { documentFolders, documents } from '@easycerts/gen-docs';
import { generateProto, protoFolder } from '@easycerts/gen-proto';
import { readWorkspaceFacts } from './workspace.ts';

/** One file that is not as its source says. */
export interface StaleFile {
  /** Below the workspace. */
  readonly path: string;
  readonly is: 'missing' | 'different' | 'left over';
}

/** All generated files, as path below the workspace and content. */
export async function generateAll(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await generateProto(root)), ...documents(readWorkspaceFacts(root))]);
}

/** What differs between the tree and what the generators give; empty when all is fresh. */
export async function staleFiles(root: string, generated: ReadonlyMap<string, string>): Promise<readonly StaleFile[]> {
  const stale: StaleFile[] = [];
  for (const [path, content] of generated) {
    const found = await readIfPresent(join(root, path));
    if (found === undefined) stale.push({ path, is: 'missing' });
    else if (found !== content) stale.push({ path, is: 'different' });
  }
  const present = (
    await Promise.all([protoFolder, ...documentFolders].map((folder) => filesBelow(root, folder)))
  ).flat();
  return [
    ...stale,
    ...present.filter((path) => !generated.has(path)).map((path): StaleFile => ({ path, is: 'left over' })),
  ];
}

/** Makes the tree as the generators say. */
export async function freshen(root: string, generated: ReadonlyMap<string, string>): Promise<readonly StaleFile[]> {
  const stale = await staleFiles(root, generated);
  for (const { path } of stale) {
    const content = generated.get(path);
    if (content === undefined) {
      await rm(join(root, path));
    } else {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
  }
  return stale;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function filesBelow(root: string, folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
