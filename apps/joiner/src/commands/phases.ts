/** `joiner phases`: the phases of a command, for people and for those who kill it in each of them. */

import { AppError } from '@easycerts/core';
import { contextOf, formatTable } from '@easycerts/runtime';
import { Argument, Command } from 'commander';
import { initPhases } from '../phases/init-phases.ts';
import { joinPhases } from '../phases/join-phases.ts';
import { leavePhases } from '../phases/leave-phases.ts';
import { describePhases, type PhaseDescription } from '../phases/phase.ts';

const phasesOf: Readonly<Record<string, readonly PhaseDescription[]>> = {
  join: joinPhases,
  init: initPhases,
  leave: leavePhases,
};

export function phasesCommand(): Command {
  return new Command('phases')
    .description('show the phases of a command, in their order')
    .addArgument(new Argument('[command]', 'whose phases').choices(Object.keys(phasesOf)).default('join'))
    .action((name: string, _options, self: Command) => {
      const phases = phasesOf[name];
      if (phases === undefined) throw new AppError('INVALID_INPUT', `there are no phases of ${name}`);
      const described = describePhases(phases);
      process.stdout.write(
        contextOf(self).isJson
          ? `${JSON.stringify(described, null, 2)}\n`
          : formatTable(
              ['PHASE', 'WHAT IT DOES'],
              described.map(({ description, name: phase }) => [phase, description]),
            ),
      );
    });
}
