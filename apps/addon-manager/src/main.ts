/** The addon manager as a program of its own. */

import { runMain } from '@easycerts/runtime';
import { command } from './commands/command.ts';

await runMain(command());
