/** Where what was fetched is kept. */

import { join } from 'node:path';
import { AppError } from '@easycerts/core';

/** `$XDG_CACHE_HOME/easycerts`, or `~/.cache/easycerts`. A relative XDG_CACHE_HOME is ignored, as XDG says. */
export function cacheFolder({ XDG_CACHE_HOME: xdg, HOME: home }: Readonly<Record<string, string | undefined>>): string {
  if (xdg?.startsWith('/')) return join(xdg, 'easycerts');
  if (home?.startsWith('/')) return join(home, '.cache', 'easycerts');
  throw new AppError('INVALID_CONFIG', 'no place for the cache: neither HOME nor XDG_CACHE_HOME is set', {
    details: { cure: 'set XDG_CACHE_HOME to a folder' },
  });
}
