/** `check`, `ensure` and `run` for specs of cloudflare's certmgr: without a cluster, a bus or an identity. */

import { AppError } from '@easycerts/core';
import {
  type CommandContext,
  createLogger,
  createSystemdNotifier,
  formatTable,
  loadUsers,
  lookOnHangup,
  nullPublisher,
  runUntilStopped,
  type ServiceContext,
  systemClock,
} from '@easycerts/runtime';
import type { CertmgrConfig } from '../../core/cfssl/config-file.ts';
import type { CertificatePlan } from '../../core/plan.ts';
import { checkHeaders, checkRow, planRecord } from '../../core/plan-rows.ts';
import {
  assembleCfssl,
  type CfsslOptions,
  type CfsslPassResult,
  ensureCfsslState,
  runCfsslPass,
} from '../../edge/cfssl/assemble-cfssl.ts';
import type { LoadedCfsslSpec, LoadedCfsslSpecs } from '../../edge/cfssl/cfssl-spec-files.ts';
import { commandProblem } from '../../edge/cfssl/run-action.ts';
import { specError } from '../../edge/spec-files.ts';
import type { SpecProblem } from '../../edge/spec-folder.ts';
import { type RunningCfsslCertmgr, startCfsslCertmgr } from '../../start-cfssl-certmgr.ts';
import { assertSeen } from '../host-plans.ts';
import { describeOutcome, describeStart, summarize } from '../progress.ts';

/** What to do about a wrong spec. */
export const specCure = 'mend the spec: docs/certmgr-specs.md has every field';

export interface SpecPlans {
  readonly plans: readonly CertificatePlan[];
  readonly problems: readonly SpecProblem[];
  /** Of the state of this folder. */
  readonly folder: string;
}

/** The specs of a folder, and what is wrong with the others. */
export function readSpecs(command: CommandContext, config: CertmgrConfig): LoadedCfsslSpecs {
  const assembly = assembleCfssl(serviceContextOf('silent'), optionsOf(command, config, false), command.signal);
  assembly.close();
  return assembly.specFiles.load();
}

/** Plans every spec with what is on disk, without its CA; changes nothing. */
export async function readSpecPlans(command: CommandContext, config: CertmgrConfig): Promise<SpecPlans> {
  const assembly = assembleCfssl(serviceContextOf('silent'), optionsOf(command, config, false), command.signal);
  try {
    const { specs, problems } = assembly.specFiles.load();
    const plans: CertificatePlan[] = [];
    for (const loaded of specs) plans.push(await assembly.keeper.plan(loaded));
    return { plans, problems: [...problems, ...(await commandProblems(specs, command))], folder: assembly.folder };
  } finally {
    assembly.close();
  }
}

/** `certmgr check`: exit code 2 for a spec that cannot be used, else 0 as with certmgr; 1 for something due if that is asked for. */
export async function checkSpecs(
  command: CommandContext,
  config: CertmgrConfig,
  { exitCode }: { readonly exitCode?: boolean },
): Promise<void> {
  const { plans, problems } = await readSpecPlans(command, config);
  const isFine = plans.every(({ state }) => state === 'ok');
  if (command.isJson) {
    const record = { ok: isFine && problems.length === 0, certificates: plans.map(planRecord), problems };
    process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
  } else if (plans.length === 0 && problems.length === 0)
    process.stdout.write(`no certificate specs in ${config.dir}\n`);
  else process.stdout.write(formatTable(checkHeaders, plans.map(checkRow)));
  if (problems.length > 0) throw specError(problems, specCure);
  assertSeen(plans);
  if (!isFine && exitCode === true) process.exitCode = 1;
}

export interface EnsureSpecsOptions {
  /** True: all; else by name. */
  readonly force: true | readonly string[];
  readonly areActionsWanted: boolean;
  readonly mayBeEmpty: boolean;
}

/** `certmgr ensure`: one pass. */
export async function ensureSpecs(
  command: CommandContext,
  config: CertmgrConfig,
  { force, areActionsWanted, mayBeEmpty }: EnsureSpecsOptions,
): Promise<void> {
  const context = serviceContextOf(command.logLevel === 'info' ? 'silent' : command.logLevel);
  const assembly = assembleCfssl(context, optionsOf(command, config, areActionsWanted), command.signal);
  const { specs, problems } = assembly.specFiles.load();
  if (problems.length > 0) throw specError(problems, specCure);
  if (specs.length === 0 && !mayBeEmpty) {
    throw new AppError('INVALID_INPUT', `no certificate specs in ${config.dir}`, {
      details: { cure: 'name another folder with --dir, or say --allowZeroSpecs' },
    });
  }
  const forced = forcedOf(force, specs);
  await ensureCfsslState(assembly);
  const print = (line: string): void => void (command.isJson || process.stdout.write(line));
  try {
    const result = await runCfsslPass(assembly, {
      specs,
      forced,
      onStart: (plan) => print(describeStart(plan)),
      onOutcome: (outcome) => print(describeOutcome(outcome)),
    });
    for (const { names, action, result: ended, error } of result.actions) {
      print(`${names.join(', ')}: ${action}: ${error === undefined ? ended : `failed: ${error.message}`}\n`);
    }
    if (command.isJson) process.stdout.write(`${JSON.stringify(recordOf(result), null, 2)}\n`);
    else process.stdout.write(summarize(result));
    if (!isFine(result)) process.exitCode = 1;
  } finally {
    assembly.close();
  }
}

export interface RunSpecsOptions {
  readonly config: CertmgrConfig;
  /** Reads the configuration again, at SIGHUP. */
  readonly reload: () => CertmgrConfig;
  readonly requireSpecs?: boolean;
}

/** `certmgr run`: the daemon. */
export async function runSpecs(command: CommandContext, options: RunSpecsOptions): Promise<void> {
  const { config, reload, requireSpecs = false } = options;
  const context = serviceContextOf(command.logLevel);
  const notifier = createSystemdNotifier({ logger: context.logger });
  const start = (next: CertmgrConfig) => startCfsslCertmgr(context, optionsOf(command, next, true));
  if (requireSpecs && readSpecs(command, config).specs.length === 0) {
    throw new AppError('INVALID_INPUT', `no certificate specs in ${config.dir}, and --requireSpecs was given`);
  }
  let current = config;
  let service: RunningCfsslCertmgr = await start(current);
  let reloading: Promise<void> = Promise.resolve();
  lookOnHangup(() => {
    reloading = reloading.then(async () => {
      try {
        const next = reload();
        await service.close();
        try {
          service = await start(next);
        } catch (error) {
          service = await start(current);
          throw error;
        }
        current = next;
        context.logger.info('read the configuration again');
      } catch (err) {
        context.logger.error({ err }, 'configuration not read again: go on with the one before');
      }
    });
  });
  notifier.ready();
  try {
    await runUntilStopped({ close: () => reloading.then(() => service.close()) }, command.signal);
  } finally {
    notifier.close();
  }
}

function serviceContextOf(level: CommandContext['logLevel']): ServiceContext {
  const logger = createLogger({ service: 'certmgr', level });
  return { clock: systemClock, logger, random: Math.random, events: nullPublisher };
}

function optionsOf({ paths }: CommandContext, config: CertmgrConfig, areActionsWanted: boolean): CfsslOptions {
  return { config, paths, users: loadUsers(), areActionsWanted, environment: process.env };
}

/** Each command once: what bash cannot read would fail only when it is needed. */
async function commandProblems(
  specs: readonly LoadedCfsslSpec[],
  { signal }: CommandContext,
): Promise<readonly SpecProblem[]> {
  const commands = Map.groupBy(specs, ({ spec }) =>
    spec.cfssl.action?.kind === 'command' ? spec.cfssl.action.command : '',
  );
  const problems: SpecProblem[] = [];
  for (const [shellCommand, using] of commands) {
    if (shellCommand === '') continue;
    const message = await commandProblem(shellCommand, { environment: process.env, signal });
    if (message !== undefined) problems.push(...using.map(({ file }) => ({ path: `${file}: action`, message })));
  }
  return problems;
}

function forcedOf(force: EnsureSpecsOptions['force'], specs: readonly LoadedCfsslSpec[]): ReadonlySet<string> {
  const names = specs.map(({ spec }) => spec.name);
  if (force === true) return new Set(names);
  const unknown = force.filter((name) => !names.includes(name));
  if (unknown.length === 0) return new Set(force);
  throw new AppError('INVALID_INPUT', `--force: there is no spec ${unknown.join(', ')}`, {
    details: { cure: `choose from ${names.join(', ')}` },
  });
}

function isFine({ plans, outcomes }: CfsslPassResult): boolean {
  return outcomes.every(({ kind }) => kind === 'kept') && plans.every(({ state }) => state === 'ok');
}

function recordOf(result: CfsslPassResult): unknown {
  const failures = result.outcomes.flatMap((outcome) => {
    if (outcome.kind !== 'failed') return [];
    const { code, message, details } = outcome.attempt.error;
    return [{ name: outcome.name, code, message, cure: details.cure ?? null }];
  });
  const actions = result.actions.map(({ names, action, result: ended, error }) => {
    return { names, action, result: ended, message: error?.message ?? null };
  });
  return { ok: isFine(result), certificates: result.plans.map(planRecord), failures, actions };
}
