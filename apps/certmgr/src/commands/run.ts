/** `certmgr run`: the daemon as a process. On a host that has not joined yet it enrols first, as soon as there is a token. */

import { contextOf, lookOnHangup, runDaemon } from '@easycerts/runtime';
import { Command } from 'commander';
import { awaitEnrolledConfig, startHostCertmgr } from '../host-service.ts';
import type { RunningCertmgr } from '../start-certmgr.ts';
import { runSpecs } from './specs/spec-commands.ts';
import { addSpecOptions, certmgrConfigOf } from './specs/spec-options.ts';

export function runCommand(): Command {
  return addSpecOptions(new Command('run'))
    .description('keep every certificate present, valid and as its spec says (SIGHUP: look now)')
    .option('--requireSpecs', 'with --dir or -f: fail when there are no specs')
    .action(async (options: { readonly requireSpecs?: boolean }, self: Command) => {
      const command = contextOf(self);
      const specs = certmgrConfigOf(self);
      if (specs !== undefined) {
        return runSpecs(command, { ...options, config: specs, reload: () => certmgrConfigOf(self) ?? specs });
      }
      let service: RunningCertmgr | undefined;
      lookOnHangup(() => service?.lookNow());
      const enrolled = await awaitEnrolledConfig(command);
      if (enrolled === undefined) return;
      await runDaemon(command, { service: 'certmgr', config: enrolled.config }, async (context) => {
        service = await startHostCertmgr(context, command, enrolled);
        return service;
      });
    });
}
