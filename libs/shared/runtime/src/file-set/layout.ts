/** Where the parts of a certificate set lie, as names: nothing here touches the disk. */

import { basename, dirname, isAbsolute, normalize } from 'node:path';
import { AppError } from '@easycerts/core';

/** The names that belong to the set `<parent>/<name>`. */
export interface SetLayout {
  /** The symbolic link that everybody uses. */
  readonly directory: string;
  readonly parent: string;
  readonly name: string;
  /** Folder of the real directories. */
  readonly sets: string;
  readonly lock: string;
  /** Link to the copy of the set before the last delivery; a set of its own. */
  readonly previous: string;
  readonly hold: string;
}

const setsFolder = '.sets';
/** `<name>.<milliseconds>-<random>`, or with `.link` the symbolic link before it is renamed. */
const entryPattern = /^([^.].*)\.\d+-[0-9a-f]+(\.link)?$/;

/** The layout of the set whose link is `directory`. AppError INVALID_INPUT unless it is an absolute, plain path. */
export function layoutOf(directory: string): SetLayout {
  const name = basename(directory);
  if (!isAbsolute(directory) || normalize(directory) !== directory || directory.endsWith('/') || name.startsWith('.')) {
    throw new AppError('INVALID_INPUT', `certificate set ${directory}: not an absolute path of a visible directory`, {
      details: {
        path: directory,
        cure: 'give the absolute path of the set, without "..", a trailing slash or a leading dot',
      },
    });
  }
  const parent = dirname(directory);
  return {
    directory,
    parent,
    name,
    sets: setsFolderOf(parent),
    lock: `${setsFolderOf(parent)}/${name}.lock`,
    previous: `${previousFolderOf(parent)}/${name}`,
    hold: `${parent}/.held/${name}.json`,
  };
}

/** The folder with the real directories of all sets below `parent`. */
export function setsFolderOf(parent: string): string {
  return `${parent}/${setsFolder}`;
}

/** The folder with the copies of the sets below `parent`: sets themselves. */
export function previousFolderOf(parent: string): string {
  return `${parent}/.previous`;
}

/** Name of a new real directory; `random` is hexadecimal. */
export function entryName(name: string, timeMs: number, random: string): string {
  return `${name}.${timeMs}-${random}`;
}

/** The set that an entry of the sets folder belongs to; undefined for what is not ours (a lock). */
export function setOfEntry(entry: string): string | undefined {
  return entryPattern.exec(entry)?.[1];
}

/** What the link holds: relative, so that the tree can be mounted elsewhere. */
export function linkTarget(entry: string): string {
  return `${setsFolder}/${entry}`;
}
