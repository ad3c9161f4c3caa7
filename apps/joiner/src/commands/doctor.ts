/** `joiner doctor`: everything that is wrong with this host, each with what mends it. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { examine } from '../core/doctor/checks.ts';
import { countFindings, findingsText } from '../core/findings-text.ts';
import { gatherDoctorFacts } from '../edge/host/gather-doctor-facts.ts';
import { knownEndpoints } from '../edge/host/join-actions.ts';
import { readHostState } from '../edge/host/read-host-state.ts';
import { openUnitControl } from '../edge/host/unit-control.ts';
import { examineHost } from '../edge/preflight/examine-host.ts';
import { ownServices } from '../phases/join-context.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'look for everything that is wrong with this host, with what mends it; exit code 1 when there are errors',
    )
    .action(async (_options, self: Command) => {
      const { configFile, isJson, paths } = contextOf(self);
      const control = await openUnitControl().catch(() => undefined);
      const services = async () => (await control?.activityOf(ownServices)) ?? {};
      const state = await readHostState({ paths, configFile, services });
      const role = state.role === 'master' ? 'master' : 'node';
      const [host, facts] = await Promise.all([
        examineHost({ role, paths, configFile, endpoints: await knownEndpoints(role, configFile) }),
        gatherDoctorFacts({ paths, configFile, state, control }),
      ]);
      const findings = [...host, ...examine(facts)];
      process.stdout.write(
        isJson
          ? `${JSON.stringify({ host: state.name, role: state.role, findings }, null, 2)}\n`
          : findingsText(findings),
      );
      if (countFindings(findings).errors > 0) process.exitCode = 1;
    });
}
