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
      const shell = ['/usr/bin/bash', '/bin/bash'].find((path) => existsSync(path)) ?? '/bin/sh';
      // Our terminal belongs to a session outside; `script` gives the shell one of its own, so that job control works.
      const needsTerminal = process.stdin.isTTY && existsSync('/usr/bin/script');
      const command = needsTerminal ? ['script', '--quiet', '--return', '--command', shell, '/dev/null'] : [shell];
      process.exitCode = await execInside(requireSandbox(dataDirectoryOf(flags)), command);
    });
}
