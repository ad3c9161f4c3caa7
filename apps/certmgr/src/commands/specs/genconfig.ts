/** `certmgr genconfig`: writes a configuration for specs of cloudflare's certmgr, and makes their folder. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { Command } from 'commander';
import { defaultConfigText, resolveCertmgrConfig } from '../../core/cfssl/config-file.ts';
import { addSpecOptions, givenTo } from './spec-options.ts';

const defaultFile = '/etc/certmgr/certmgr.yaml';

export function genconfigCommand(): Command {
  return addSpecOptions(new Command('genconfig'))
    .description(
      'write a certmgr.yaml for specs of cloudflare/certmgr (default: /etc/certmgr/certmgr.yaml), and make their folder',
    )
    .option('--force', 'replace a configuration that is there')
    .action(async ({ force }: { readonly force?: boolean }, self: Command) => {
      const { file = defaultFile, options } = givenTo(self);
      const text = defaultConfigText(options);
      const { dir } = resolveCertmgrConfig({ path: file, text }, {});
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o755 });
        await writeFile(file, text, { flag: force === true ? 'w' : 'wx', mode: 0o644 });
        await mkdir(dir, { recursive: true, mode: 0o755 });
      } catch (error) {
        if (systemErrorCode(error) !== 'EEXIST') throw toAppError(error, `write ${file}`);
        throw new AppError('ALREADY_EXISTS', `${file}: is there already`, {
          details: { cure: 'replace it with --force' },
        });
      }
      process.stdout.write(`wrote ${file}, specs go into ${dir}\n`);
    });
}
