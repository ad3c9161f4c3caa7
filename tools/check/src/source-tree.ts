/** The files that are, or will be, in the repository: what git tracks and what it would add. */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { linesOf, runCommand } from './run-command.ts';

export interface TreeFile {
  /** Below the workspace. */
  readonly path: string;
  readonly text: string;
}

/** Files larger than this are not texts that people write. */
const maxBytes = 2_000_000;

/** Every text file of the tree, sorted by path. */
export async function readTree(root: string): Promise<readonly TreeFile[]> {
  const { exitCode, output } = await runCommand(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard'],
    root,
  );
  if (exitCode !== 0) throw new Error(`git ls-files failed: ${output.trim()}`);
  const files = await Promise.all([...linesOf(output)].sort().map((path) => readTextFile(root, path)));
  return files.filter((file) => file !== undefined);
}

/** Undefined for what is deleted, is no regular file, is too large or is not a text. */
async function readTextFile(root: string, path: string): Promise<TreeFile | undefined> {
  const facts = await stat(join(root, path)).catch(() => undefined);
  if (facts === undefined || !facts.isFile() || facts.size > maxBytes) return undefined;
  const text = await readFile(join(root, path), 'utf8');
  return text.includes('\0') ? undefined : { path, text };
}
