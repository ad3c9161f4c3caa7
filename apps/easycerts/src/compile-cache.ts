/** Switches on Node.js's compile cache. Imported before everything else, so that everything else comes from it. */

import { existsSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { compileCachePlace } from './core/compile-cache-place.ts';

// A daemon may be killed without another chance to write what it compiled.
const flushAfterMs = 10_000;

const place = compileCachePlace({ env: process.env, uid: process.getuid?.() ?? 0, exists: existsSync });
// Whoever sets NODE_COMPILE_CACHE has it on already, in the place of their choice.
if (place !== undefined && process.env.NODE_COMPILE_CACHE === undefined) {
  enableCompileCache(place);
  setTimeout(flushCompileCache, flushAfterMs).unref();
}
