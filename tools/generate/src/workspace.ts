/** Where the workspace lies, and what its own files say. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LockFile, WorkspaceFacts } from '@easycerts/gen-docs';

/** The root of the repository. */
export const workspaceRoot = resolve(import.meta.dirname, '../../..');

/** The version that all packages share, and the lock file. */
export function readWorkspaceFacts(root: string): WorkspaceFacts {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  return { version: versionOf(root), lock };
}

function versionOf(root: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new Error(`package.json of ${root} has no version`);
}
