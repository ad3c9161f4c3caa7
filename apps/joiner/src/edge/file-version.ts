/** Whether a file may have changed, at the price of one look at its inode. */

import { lstatSync, statSync } from 'node:fs';

/** A text that differs when the file may differ; undefined when it is not there or cannot be looked at. */
export function versionOf(path: string): string | undefined {
  try {
    const { ctimeMs, dev, ino, mtimeMs, size } = statSync(path);
    return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return undefined;
  }
}

/** When the file, or the link itself, was last changed or put into its place; the future when it cannot be looked at. */
export function changedAtMs(path: string): number {
  try {
    return Math.max(lstatSync(path).ctimeMs, statSync(path).ctimeMs);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
