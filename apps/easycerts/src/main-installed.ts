/** The executable of an installed host: wiring only. Made one CommonJS file by tools/package, so nothing is awaited here. */

import { runMain } from '@easycerts/runtime';
import { programFor } from './program-installed.ts';

void programFor(process.argv).then(runMain);
