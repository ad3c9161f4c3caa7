/** `certmgr clean`: removes the files of specs of cloudflare's certmgr; CAs are left alone. */

import { rm } from 'node:fs/promises';
import { AppError, toAppError } from '@easycerts/core';
import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { filesOfSpec } from '../../core/cfssl/cfssl-spec.ts';
import { specError } from '../../edge/spec-files.ts';
import { readSpecs } from './spec-commands.ts';
import { addSpecOptions, certmgrConfigOf } from './spec-options.ts';

export function cleanCommand(): Command {
  return addSpecOptions(new Command('clean'))
    .description('remove every certificate, key and CA that the specs of --dir or -f name')
    .action(async (_options, self: Command) => {
      const command = contextOf(self);
      const config = certmgrConfigOf(self);
      if (config === undefined) {
        throw new AppError('INVALID_INPUT', 'clean: is for specs of cloudflare/certmgr only', {
          details: { cure: 'name their folder with --dir, or certmgr.yaml with -f' },
        });
      }
      const { specs, problems } = readSpecs(command, config);
      // Nothing is removed for a folder that is half understood
      if (problems.length > 0) throw specError(problems, 'mend the spec, or name one spec with --dir');
      const removed: string[] = [];
      for (const { path } of specs.flatMap(({ spec }) => filesOfSpec(spec.cfssl))) {
        await rm(path, { force: true }).catch((error: unknown) => {
          throw toAppError(error, `remove ${path}`);
        });
        removed.push(path);
      }
      process.stdout.write(
        command.isJson
          ? `${JSON.stringify({ removed }, null, 2)}\n`
          : removed.map((path) => `removed ${path}\n`).join(''),
      );
    });
}
