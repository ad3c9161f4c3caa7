/** The script of the executable for `easycerts ca run`, with nothing of the other commands: wiring only. */

import { command } from '@easycerts/ca';
import { runMain } from '@easycerts/runtime';
import { newProgram } from './new-program.ts';

void runMain(newProgram().addCommand(command()));
