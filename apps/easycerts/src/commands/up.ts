/** `easycerts up`: a whole cluster on this machine, for developers. */

import { AppError, parseDurationMs } from '@easycerts/core';
import { contextOf } from '@easycerts/runtime';
import { Command, Option } from 'commander';
import { callName, type DataOption, dataDirectoryOf, dataOption, repeatedDataOption } from './data-option.ts';

interface UpFlags extends DataOption {
  readonly config?: string;
  readonly detach?: boolean;
  readonly timeout: string;
}

/** Loads what it needs only when it runs. */
export function command(): Command {
  return new Command('up')
    .description('run a whole cluster on this machine, in a sandbox that leaves nothing behind')
    .addOption(dataOption())
    .addOption(new Option('--config <file>', 'cluster.yaml to use from now on').env('EASYCERTS_CONFIG'))
    .option('-d, --detach', 'return when the node is Ready; stop it with `easycerts down`')
    .option('--timeout <duration>', 'how long to wait for it to be ready', '5m')
    .action(async (flags: UpFlags, self: Command) => {
      const { isJson, signal } = contextOf(self);
      const { runUp } = await import('../edge/up/run-up.ts');
      await runUp({
        data: dataDirectoryOf(flags),
        ...(flags.config === undefined ? {} : { configFile: flags.config }),
        isDetached: flags.detach === true,
        timeoutMs: timeoutOf(flags.timeout),
        isJson,
        signal,
        callName: callName(),
        dataOption: repeatedDataOption(flags),
      });
    });
}

function timeoutOf(text: string): number {
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs !== undefined && timeoutMs > 0) return timeoutMs;
  throw new AppError('INVALID_INPUT', `--timeout ${text}: not a duration`, {
    details: { cure: 'write it like 90s, 5m or 1h' },
  });
}
