/** `certmgr ensure`: one pass over every certificate, with progress. Exit code 1 when something could not be done. */

import type { ClusterConfig } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import {
  type CommandContext,
  cleanSets,
  connectCertificateAuthority,
  contextOf,
  hostNameOf,
  loadClusterConfig,
  loadUsers,
  type ServiceContext,
} from '@easycerts/runtime';
import { Command, Option } from 'commander';
import { caEndpoint } from '../config.ts';
import { planRecord } from '../core/plan-rows.ts';
import { assemble, directoriesOf, foldersOf } from '../edge/assemble.ts';
import { type PassOutcome, type PassResult, runPass } from '../edge/pass.ts';
import { type LoadedSpec, type LoadedSpecs, SpecFiles, specError } from '../edge/spec-files.ts';
import { ensureState } from '../edge/state-file.ts';
import { describeOutcome, describeStart, summarize } from './progress.ts';
import { withServiceContext } from './service-context.ts';
import { type EnsureSpecsOptions, ensureSpecs } from './specs/spec-commands.ts';
import { addSpecOptions, certmgrConfigOf } from './specs/spec-options.ts';

interface EnsureOptions {
  /** True: all, with specs of certmgr. */
  readonly force?: readonly string[] | true;
  readonly forceAll?: boolean;
  readonly enableActions?: boolean;
  readonly forceRegen?: boolean;
  readonly allowZeroSpecs?: boolean;
}

export function ensureCommand(): Command {
  return addSpecOptions(new Command('ensure'))
    .description('get and deliver what is missing, wrong or due, once (exit code 1: something failed)')
    .option('--force [names...]', 'issue these again, whatever they are like (with --dir or -f without names: all)')
    .option('--force-all', 'issue all of them again')
    .option('--enable-actions', 'with --dir or -f: run the actions of the specs too')
    .addOption(new Option('--enableActions', 'as --enable-actions').hideHelp())
    .addOption(new Option('--forceRegen', 'as --force-all').hideHelp())
    .option('-0, --allowZeroSpecs', 'with --dir or -f: no specs are no failure')
    .action(async (options: EnsureOptions, self: Command) => {
      const context = contextOf(self);
      const specs = certmgrConfigOf(self);
      if (specs !== undefined) return ensureSpecs(context, specs, ofSpecs(options));
      return ensureHost(context, options);
    });
}

function ofSpecs(options: EnsureOptions): EnsureSpecsOptions {
  return {
    force: options.forceAll === true || options.forceRegen === true ? true : (options.force ?? []),
    areActionsWanted: options.enableActions === true,
    mayBeEmpty: options.allowZeroSpecs === true,
  };
}

async function ensureHost(context: CommandContext, options: EnsureOptions): Promise<void> {
  const { specs, problems } = new SpecFiles(context.paths.certificateSpecs).load();
  if (problems.length > 0) throw specError(problems);
  const forced = forcedNames(options, specs);
  const config = await loadClusterConfig(context.configFile, { mustResolve: false });
  const result = await withServiceContext(context, config, (service) => ensure(service, { context, config, forced }));
  if (context.isJson) process.stdout.write(`${JSON.stringify(recordOf(result), null, 2)}\n`);
  else process.stdout.write(summarize(result));
  if (!isFine(result)) process.exitCode = 1;
}

/** Everything that failed, or that only a person can help. A held one is in use and comes later by itself. */
function isFine({ plans, outcomes }: PassResult): boolean {
  const hasFailed = outcomes.some(({ kind }) => kind !== 'kept');
  return !hasFailed && plans.every(({ state }) => state === 'ok' || state === 'held');
}

async function ensure(
  service: ServiceContext,
  { context, config, forced }: { context: CommandContext; config: ClusterConfig; forced: ReadonlySet<string> },
): Promise<PassResult> {
  const { paths, signal, isJson } = context;
  await ensureState(paths);
  const ca = connectCertificateAuthority({ endpoint: caEndpoint(config), identityDirectory: paths.hostIdentity });
  try {
    const options = { host: hostNameOf(config), paths, users: loadUsers(), ca };
    const assembly = assemble(service, options, signal);
    const { specs }: LoadedSpecs = assembly.specFiles.load();
    for (const folder of foldersOf(specs)) await cleanSets(folder);
    assembly.observer.begin(directoriesOf(specs));
    const print = (line: string): void => void (isJson || process.stdout.write(line));
    return await runPass(assembly, {
      specs,
      forced,
      mustRefresh: specs.length > 0,
      onStart: (plan) => print(describeStart(plan)),
      onOutcome: (outcome: PassOutcome) => print(describeOutcome(outcome)),
    });
  } finally {
    ca.close();
  }
}

function forcedNames({ force, forceAll }: EnsureOptions, specs: readonly LoadedSpec[]): ReadonlySet<string> {
  const names = specs.map(({ spec }) => spec.name);
  if (forceAll === true) return new Set(names);
  if (force === true) {
    throw new AppError('INVALID_INPUT', '--force: names no certificate', {
      details: { cure: 'name some, or say --force-all' },
    });
  }
  const unknown = (force ?? []).filter((name) => !names.includes(name));
  if (unknown.length === 0) return new Set(force);
  throw new AppError('INVALID_INPUT', `--force: this host has no certificate ${unknown.join(', ')}`, {
    details: {
      cure: names.length === 0 ? 'run `easycerts config-renderer apply` first' : `choose from ${names.join(', ')}`,
    },
  });
}

function recordOf(result: PassResult): unknown {
  const failures = result.outcomes.flatMap((outcome) => {
    if (outcome.kind !== 'failed') return [];
    const { code, message, details } = outcome.attempt.error;
    return [{ name: outcome.name, code, message, cure: details.cure ?? null }];
  });
  const changes = result.outcomes.flatMap((outcome) => {
    if (outcome.kind !== 'kept' || outcome.kept.kind === 'nothing') return [];
    return [{ name: outcome.name, change: outcome.kept.kind, reason: outcome.kept.plan.reason ?? null }];
  });
  return { ok: isFine(result), certificates: result.plans.map(planRecord), changes, failures };
}
