#!/usr/bin/env node
/** The one executable: wiring only. */

import './compile-cache.ts';

const [{ runMain }, { programFor }] = await Promise.all([import('@easycerts/runtime'), import('./program.ts')]);
await runMain(await programFor(process.argv));
