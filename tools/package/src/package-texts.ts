/** The files of `debian/`, and those of the repository that go into the package. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '@easycerts/core';

const debianFolder = join(import.meta.dirname, '../debian');
/** The repository. */
export const repository = join(import.meta.dirname, '../../..');

const debianFiles = {
  postinst: 'postinst',
  prerm: 'prerm',
  postrm: 'postrm',
  templates: 'templates',
  readme: 'README.Debian',
  copyright: 'copyright',
  overlay: 'overlay.yaml',
  example: 'examples/cluster.yaml',
} as const;

export type PackageTexts = Readonly<Record<keyof typeof debianFiles | 'changelog', string>>;

/** Reads all of them. */
export async function readPackageTexts(): Promise<PackageTexts> {
  const files = [
    ...Object.entries(debianFiles).map(([name, file]) => [name, join(debianFolder, file)] as const),
    ['changelog', join(repository, 'CHANGELOG.md')] as const,
  ];
  const read = files.map(async ([name, path]) => [name, await readText(path)] as const);
  return Object.fromEntries(await Promise.all(read)) as PackageTexts;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw toAppError(error, `read ${path}`);
  }
}
