#!/usr/bin/env node
/** The one executable: wiring only. */

import './compile-cache.ts';

const { enterCluster } = await import('./edge/enter-cluster.ts');
const exitCode = await enterCluster(process.argv);
if (exitCode !== undefined) process.exit(exitCode);
const [{ runMain }, { programFor }] = await Promise.all([import('@easycerts/runtime'), import('./program.ts')]);
await runMain(await programFor(process.argv));
