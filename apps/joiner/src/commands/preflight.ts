/** `joiner preflight`: everything that keeps this host from being a node, or a master. */

import { readFile } from 'node:fs/promises';
import { type Paths, parseJoinToken, type Role } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { contextOf } from '@easycerts/runtime';
import { Command, Option } from 'commander';
import { countFindings, findingsText } from '../core/findings-text.ts';
import { knownEndpoints } from '../edge/host/join-actions.ts';
import { readRole } from '../edge/host/read-host-state.ts';
import { examineHost } from '../edge/preflight/examine-host.ts';
import { mendHost } from '../edge/preflight/mend-host.ts';
import { withIgnored } from '../phases/preflight.ts';
import { ignorePreflightOption } from './phase-command.ts';

interface PreflightOptions {
  readonly role?: Role;
  readonly ignorePreflight?: readonly string[];
  readonly fix?: boolean;
}

export function preflightCommand(): Command {
  return new Command('preflight')
    .description('look for everything that keeps this host from being a node (or a master), with what mends it')
    .addOption(
      new Option('--role <role>', 'what it is to be (default: what it is, or else a node)').choices(['node', 'master']),
    )
    .addOption(ignorePreflightOption())
    .option('--fix', 'mend what is safe to mend: kernel modules and sysctls')
    .action(async (options: PreflightOptions, self: Command) => {
      const { configFile, isJson, paths } = contextOf(self);
      const role = options.role ?? ((await readRole(configFile)) === 'master' ? 'master' : 'node');
      if (options.fix === true) await mendHost();
      const endpoints = await endpointsOf({ role, paths, configFile });
      const findings = withIgnored(
        await examineHost({ role, paths, configFile, endpoints }),
        options.ignorePreflight ?? [],
      );
      process.stdout.write(isJson ? `${JSON.stringify({ role, findings }, null, 2)}\n` : findingsText(findings));
      if (countFindings(findings).errors > 0) process.exitCode = 1;
    });
}

/** What the token that waits to be used says; else what the configuration says. */
async function endpointsOf({
  configFile,
  paths,
  role,
}: {
  readonly role: Role;
  readonly paths: Paths;
  readonly configFile: string;
}): Promise<readonly string[]> {
  const kept = role === 'node' ? await readFile(paths.joinToken, 'utf8').catch(() => undefined) : undefined;
  try {
    if (kept !== undefined) return parseJoinToken(kept).endpoints;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  return knownEndpoints(role, configFile);
}
