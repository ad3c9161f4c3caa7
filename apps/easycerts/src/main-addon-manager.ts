/** The script of the executable for `easycerts addon-manager run`, with nothing of the other commands: wiring only. */

import { command } from '@easycerts/addon-manager';
import { runMain } from '@easycerts/runtime';
import { newProgram } from './new-program.ts';

void runMain(newProgram().addCommand(command()));
