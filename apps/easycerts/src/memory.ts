/** Sets V8's flags for the command. tools/package puts it before everything else: what is compiled earlier costs the memory. */

import { setFlagsFromString } from 'node:v8';
import { memoryFlags } from './core/memory-flags.ts';

for (const flag of memoryFlags(process.argv)) setFlagsFromString(flag);
