/** Writes the entries of a root plan below a folder, from which the start script copies them into the new root. */

import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RootEntry } from '../core/root-plan.ts';

/** Makes `folder` hold exactly these entries, owned by us. */
export function writeSkeleton(folder: string, entries: readonly RootEntry[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const entry of entries) {
    const path = join(folder, entry.path);
    mkdirSync(dirname(path), { recursive: true });
    writeEntry(path, entry);
  }
}

function writeEntry(path: string, entry: RootEntry): void {
  switch (entry.kind) {
    case 'directory':
      mkdirSync(path, { recursive: true });
      chmodSync(path, entry.mode ?? 0o755);
      break;
    case 'file':
      writeFileSync(path, entry.content);
      chmodSync(path, entry.mode ?? 0o644);
      break;
    case 'symlink':
      symlinkSync(entry.target, path);
      break;
    default:
      entry satisfies never;
  }
}
