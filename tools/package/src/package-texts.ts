/** The files of `debian/`, and those of the repository that go into the package. */

import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
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

/** What somebody on a host looks up, and what commands refer to; the folders whole. */
const documentSources = [
  'SECURITY.md',
  ...['automation', 'certificates', 'errors', 'events', 'join-tokens', 'joining', 'node-document', 'reasons'].map(
    (name) => `docs/${name}.md`,
  ),
  'docs/config',
  'docs/examples',
  'docs/runbooks',
];

export interface PackageDocument {
  /** In the repository, and below the documentation folder of the package. */
  readonly path: string;
  readonly text: string;
}

/** Reads the documents for people. */
export async function readDocuments(): Promise<readonly PackageDocument[]> {
  const paths = (await Promise.all(documentSources.map(filesIn))).flat().sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readText(join(repository, path)) })));
}

async function filesIn(source: string): Promise<readonly string[]> {
  if (source.endsWith('.md')) return [source];
  const found = await readdir(join(repository, source), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => relative(repository, join(parentPath, name)));
}

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
