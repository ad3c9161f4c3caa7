/** Whether a file may have changed, at the price of one look at its inode. */

import { statSync } from 'node:fs';

/** A text that differs when the file may differ; undefined when it is not there or cannot be looked at. */
export function versionOf(path: string): string | undefined {
  try {
    const { ctimeMs, dev, ino, mtimeMs, size } = statSync(path);
    return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return undefined;
  }
}
