#!/usr/bin/env node
/** joiner as an executable of its own: wiring only. */

import { runMain } from '@easycerts/runtime';
import { command } from './commands/command.ts';

await runMain(command());
