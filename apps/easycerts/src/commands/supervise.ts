/** `easycerts supervise` (hidden): PID 1's only child in a sandbox, or the process behind a control plane without root. */

import { contextOf } from '@easycerts/runtime';
import { Command, Option } from 'commander';

interface SuperviseFlags {
  readonly state: string;
  readonly image: readonly string[];
  readonly ctr: string;
  readonly attached?: boolean;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function command(): Command {
  return new Command('supervise')
    .description('prepare this host and keep joiner running')
    .requiredOption('--state <file>', 'where to write what goes on')
    .addOption(new Option('--image <archive>', 'image to give to containerd').argParser(collect).default([]))
    .option('--ctr <program>', 'containerd’s client', 'ctr')
    .option('--attached', 'stop when standard input ends')
    .action(async (flags: SuperviseFlags, self: Command) => {
      const { paths, signal } = contextOf(self);
      const { supervise } = await import('../edge/supervisor/supervise.ts');
      process.exitCode = await supervise({
        paths,
        stateFile: flags.state,
        easycerts: [process.execPath, process.argv[1] ?? ''],
        images: flags.image,
        ctr: flags.ctr,
        signal: flags.attached ? AbortSignal.any([signal, endOfInput()]) : signal,
      });
    });
}

/** Whoever started us holds the other end: when it is gone, however it went, so are we. */
function endOfInput(): AbortSignal {
  const controller = new AbortController();
  process.stdin.on('end', () => controller.abort()).on('error', () => controller.abort());
  process.stdin.resume();
  return controller.signal;
}
