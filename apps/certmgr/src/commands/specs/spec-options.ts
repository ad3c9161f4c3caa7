/** The options of cloudflare's certmgr: with one of `--dir` and `-f`, the specs are its specs and not those of our cluster. */

import { readFileSync } from 'node:fs';
import { toAppError } from '@easycerts/core';
import { type Command, Option } from 'commander';
import { type CertmgrConfig, type ConfigOptions, resolveCertmgrConfig } from '../../core/cfssl/config-file.ts';

interface SpecOptions extends Omit<ConfigOptions, 'intervalSplay' | 'initialSplay'> {
  readonly certmgrConfig?: string;
  readonly interval_splay?: string;
  readonly initial_splay?: string;
}

/** Adds them to a command; they may stand before the subcommand too, as with certmgr. */
export function addSpecOptions(command: Command): Command {
  for (const option of specOptions()) command.addOption(option);
  return command;
}

/** The configuration for specs of certmgr; undefined when the command is about our own. AppError INVALID_CONFIG. */
export function certmgrConfigOf(command: Command): CertmgrConfig | undefined {
  const { file, options } = givenTo(command);
  if (file === undefined && options.dir === undefined) return undefined;
  return resolveCertmgrConfig(file === undefined ? undefined : { path: file, text: textOf(file) }, options);
}

/** The options as they were given, and the path of the configuration. */
export function givenTo(command: Command): { readonly file: string | undefined; readonly options: ConfigOptions } {
  const given: SpecOptions = command.optsWithGlobals();
  const { dir, svcmgr, before, interval, interval_splay: intervalSplay, initial_splay: initialSplay } = given;
  const options = { dir, svcmgr, before, interval, intervalSplay, initialSplay };
  const present = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { file: given.certmgrConfig, options: present };
}

function specOptions(): readonly Option[] {
  const group = 'Options for specs of cloudflare/certmgr:';
  return [
    new Option('-d, --dir <path>', 'folder of certmgr specs, or one spec: these, not the specs of our cluster'),
    new Option('-f, --certmgr-config <file>', 'certmgr.yaml of cloudflare/certmgr'),
    new Option('-m, --svcmgr <name>', 'service manager: systemd, openrc, sysv, command or dummy'),
    new Option('-t, --before <duration>', 'how long before their end certificates are renewed (default: 72h)'),
    new Option('-i, --interval <duration>', 'how often the CA is asked (default: 1h)'),
    new Option('--interval_splay <duration>', 'a random time up to this is added to each interval'),
    new Option('--initial_splay <duration>', 'the first interval is a random time up to this'),
    new Option('--log.json', 'accepted: logs are JSON'),
    new Option('-l, --log.level <level>', 'accepted: see --log-level'),
  ].map((option) => option.helpGroup(group));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw toAppError(error, `read ${file}`);
  }
}
