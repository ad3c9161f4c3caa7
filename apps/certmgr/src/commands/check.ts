/**
 * `certmgr check`: what would be done, without doing it. Exit code 0 nothing, 1 something, 2 a spec is wrong. For specs of
 * cloudflare's certmgr something to do is no failure, as there: units run `check` before the daemon's first start.
 */

import { contextOf, formatTable } from '@easycerts/runtime';
import { Command } from 'commander';
import { checkHeaders, checkRow, planRecord } from '../core/plan-rows.ts';
import { specError } from '../edge/spec-files.ts';
import { assertSeen, readHostPlans } from './host-plans.ts';
import { checkSpecs } from './specs/spec-commands.ts';
import { addSpecOptions, certmgrConfigOf } from './specs/spec-options.ts';

export function checkCommand(): Command {
  return addSpecOptions(new Command('check'))
    .description('show what would be done about every certificate, without doing it (exit code 1: something)')
    .option('--exit-code', 'with --dir or -f: exit code 1 when something is to be done, too')
    .action(async (options: { readonly exitCode?: boolean }, self: Command) => {
      const context = contextOf(self);
      const config = certmgrConfigOf(self);
      if (config !== undefined) return checkSpecs(context, config, options);
      const { plans, problems } = await readHostPlans(context);
      const isFine = plans.every(({ state }) => state === 'ok');
      if (context.isJson) {
        const record = { ok: isFine && problems.length === 0, certificates: plans.map(planRecord), problems };
        process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
      } else if (plans.length === 0 && problems.length === 0) {
        process.stdout.write(`no certificate specs in ${context.paths.certificateSpecs}\n`);
      } else {
        process.stdout.write(formatTable(checkHeaders, plans.map(checkRow)));
      }
      if (problems.length > 0) throw specError(problems);
      assertSeen(plans);
      if (!isFine) process.exitCode = 1;
    });
}
