/** The command as a process of its own, for the test of the command line. */

import { runMain } from '@easycerts/runtime';
import { Command } from 'commander';
import { command } from '../src/index.ts';

await runMain(new Command('easycerts').addCommand(command()));
