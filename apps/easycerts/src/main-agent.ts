/** The script of the executable for `easycerts agent`, with nothing of the other commands: wiring only. */

import { runMain } from '@easycerts/runtime';
import { command } from './commands/agent.ts';
import { newProgram } from './new-program.ts';

void runMain(newProgram().addCommand(command()));
