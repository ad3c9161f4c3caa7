/** Where the workspace lies, and its version. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the repository. */
export const workspaceRoot = resolve(import.meta.dirname, '../../..');

/** The version that all packages share. */
export function workspaceVersion(root: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new Error(`package.json of ${root} has no version`);
}
