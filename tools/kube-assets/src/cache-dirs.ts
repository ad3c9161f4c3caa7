/** Where the cache is. Pure. */

import { join } from 'node:path';
import { AppError } from '@easycerts/core';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CacheDirs {
  readonly root: string;
  /** Programs, one file each. */
  readonly bin: string;
  /** Unpacked Debian packages, one folder each. */
  readonly deb: string;
  /** Image archives. */
  readonly images: string;
  /** Changed copies of Go modules, only while something is built from them. */
  readonly source: string;
  /** Folders that put programs from several places together. */
  readonly resolved: string;
}

/** `$XDG_CACHE_HOME/easycerts/<version>`, or the same below `~/.cache`. A relative XDG_CACHE_HOME is ignored, as XDG says. */
export function cacheDirs(env: Environment, version: string): CacheDirs {
  const root = join(cacheHome(env), 'easycerts', version);
  return {
    root,
    bin: join(root, 'bin'),
    deb: join(root, 'deb'),
    images: join(root, 'images'),
    source: join(root, 'source'),
    resolved: join(root, 'resolved'),
  };
}

function cacheHome(env: Environment): string {
  const { XDG_CACHE_HOME: xdg, HOME: home } = env;
  if (xdg?.startsWith('/')) return xdg;
  if (home?.startsWith('/')) return join(home, '.cache');
  throw new AppError('INVALID_CONFIG', 'no place for the cache: neither HOME nor XDG_CACHE_HOME is set', {
    details: { cure: 'set XDG_CACHE_HOME to a folder with 3 GiB of free space' },
  });
}
