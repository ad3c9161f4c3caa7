/**
 * Whether files may have changed since they were read, in numbers: a text of them takes three times the memory, and there are
 * tens of thousands. A change of content, owner, mode or name changes the ctime, which nobody can set.
 */

import type { Stats } from 'node:fs';

export type FileVersion = readonly number[];

type Seen = Pick<Stats, 'ino' | 'size' | 'ctimeMs'>;
/** No file has such an inode. */
const nothing: Seen = { ino: 0, size: 0, ctimeMs: 0 };

export function versionOfFile({ ino, size, ctimeMs }: Seen): FileVersion {
  return [ino, size, ctimeMs];
}

/** Of up to three files that are looked at together; undefined for one that is not there. */
export function versionOfFiles(
  one: Seen | undefined = nothing,
  two: Seen | undefined = nothing,
  three: Seen | undefined = nothing,
): FileVersion {
  // A literal: an array that grows by pushing is twice as large
  return [one.ino, one.size, one.ctimeMs, two.ino, two.size, two.ctimeMs, three.ino, three.size, three.ctimeMs];
}

export function isSameVersion(before: FileVersion, now: FileVersion): boolean {
  return before.length === now.length && before.every((value, index) => value === now[index]);
}
