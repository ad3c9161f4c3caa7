/** Where Node.js keeps what it compiled of our sources: a start from source takes half as long then. Pure. */

import { join } from 'node:path';

/** In the sandbox, where the cache of the machine's root is mounted. */
export const insideCompileCache = '/var/cache/easycerts/compile';

export interface CacheFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly exists: (path: string) => boolean;
}

/** The cache of the user who runs us; undefined when there is no place for one. */
export function userCompileCache({ env }: Pick<CacheFacts, 'env'>): string | undefined {
  const { HOME: home, XDG_CACHE_HOME: xdg } = env;
  const base = xdg?.startsWith('/') ? xdg : home?.startsWith('/') ? join(home, '.cache') : undefined;
  return base === undefined ? undefined : join(base, 'easycerts/compile');
}

/**
 * The folder to use: one for each user, since what is in it is run. Services of a sandbox have no home, and use their own
 * folder of {@link insideCompileCache} where it has been made for them.
 */
export function compileCachePlace(facts: CacheFacts): string | undefined {
  const inside = join(insideCompileCache, String(facts.uid));
  if (facts.exists(inside)) return inside;
  const own = userCompileCache(facts);
  return own === undefined ? undefined : join(own, String(facts.uid));
}
