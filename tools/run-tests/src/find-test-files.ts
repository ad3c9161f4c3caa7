/** Which test files a command line means. */

import { glob, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Everything but the end-to-end suites, which need a cluster: `npm run e2e`. */
const everywhere = ['libs/**/*.test.ts', 'apps/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'];
const leftOut = ['**/node_modules/**', '**/.easycerts/**', 'apps/e2e/suites/**'];

export interface TestFiles {
  /** Below the workspace, sorted, each once. */
  readonly files: readonly string[];
  /** Arguments that mean no file at all. */
  readonly unknown: readonly string[];
}

/** The files of the given patterns: a file, a folder (all tests in it, perhaps none) or a glob; without any, all tests. */
export async function findTestFiles(root: string, patterns: readonly string[]): Promise<TestFiles> {
  if (patterns.length === 0) return { files: await filesOf(root, everywhere), unknown: [] };
  const found = new Set<string>();
  const unknown: string[] = [];
  for (const pattern of patterns) {
    const path = relative(root, join(root, pattern)) || '.';
    const isFolder = await isDirectory(join(root, path));
    const files = await filesOf(root, [isFolder ? `${path}/**/*.test.ts` : path]);
    if (files.length === 0 && !isFolder) unknown.push(pattern);
    for (const file of files) found.add(file);
  }
  return { files: [...found].sort(), unknown };
}

async function filesOf(root: string, patterns: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of glob([...patterns], { cwd: root, exclude: leftOut })) files.push(file);
  return [...new Set(files)].sort();
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
