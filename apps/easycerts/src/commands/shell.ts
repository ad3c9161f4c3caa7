/** `easycerts shell`: a shell inside the sandbox, where kubectl, etcdctl, nats and ctr just work. */

import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { type DataOption, dataDirectoryOf, dataOption } from './data-option.ts';

/** Loads what it needs only when it runs. */
export function command(): Command {
  return new Command('shell')
    .description('open a shell inside the sandbox')
    .addOption(dataOption())
    .action(async (flags: DataOption) => {
      const { execInside, requireSandbox } = await import('../edge/inside.ts');
      const shell = ['/bin/bash', '/usr/bin/bash'].find((path) => existsSync(path)) ?? '/bin/sh';
      process.exitCode = await execInside(requireSandbox(dataDirectoryOf(flags)), [shell]);
    });
}
