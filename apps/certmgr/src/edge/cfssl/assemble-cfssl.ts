/** Puts the parts together that `check`, `ensure` and `run` have in common for specs of cloudflare's certmgr. */

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Paths } from '@easycerts/cluster';
import type { ServiceContext, Users } from '@easycerts/runtime';
import { defaultSettings } from '../../config.ts';
import type { CertmgrConfig } from '../../core/cfssl/config-file.ts';
import type { CertificatePlan } from '../../core/plan.ts';
import type { BreakerPolicy } from '../../core/schedule.ts';
import { Histories } from '../histories.ts';
import { type PassOptions, type PassParts, type PassResult, runPass } from '../pass.ts';
import { Reporter } from '../reporter.ts';
import { RetryBook } from '../retry-book.ts';
import { ensureState } from '../state-file.ts';
import { AuthKeys } from './auth-keys.ts';
import { Authorities } from './authorities.ts';
import { CachedFiles } from './cached-files.ts';
import { CfsslClient } from './cfssl-client.ts';
import { CfsslCounters } from './cfssl-counters.ts';
import { CfsslKeeper } from './cfssl-keeper.ts';
import { CfsslSpecFiles, folderOfSpecs, type LoadedCfsslSpec } from './cfssl-spec-files.ts';
import { type ActionOutcome, type DueActionsParts, runDueActions } from './due-actions.ts';
import { FileObserver } from './file-observer.ts';
import { UnfinishedDeliveries } from './unfinished-deliveries.ts';

export interface CfsslOptions {
  readonly config: CertmgrConfig;
  readonly paths: Pick<Paths, 'certmgrState'>;
  readonly users: Users;
  readonly areActionsWanted: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly breaker?: BreakerPolicy;
}

export interface CfsslAssembly extends PassParts<LoadedCfsslSpec>, Omit<DueActionsParts, 'retries'> {
  readonly config: CertmgrConfig;
  readonly specFiles: CfsslSpecFiles;
  readonly observer: FileObserver;
  readonly authorities: Authorities;
  readonly actionRetries: RetryBook;
  /** Of the state of the specs of this folder. */
  readonly folder: string;
  readonly areActionsWanted: boolean;
  close(): void;
}

/** Everything of one folder of specs; ends with the signal. */
export function assembleCfssl(context: ServiceContext, options: CfsslOptions, signal: AbortSignal): CfsslAssembly {
  const { config, users, areActionsWanted, environment, breaker = defaultSettings.breaker } = options;
  const { clock, logger, random } = context;
  const folder = stateFolderOf(options.paths, config.dir);
  const client = new CfsslClient();
  const files = new CachedFiles();
  const keys = new AuthKeys(files, environment);
  const observer = new FileObserver(users);
  const unfinished = new UnfinishedDeliveries(folder);
  const counters = new CfsslCounters();
  const retries = new RetryBook(random);
  const authorities = new Authorities({
    folder: `${folder}/bundles`,
    client,
    files,
    clock,
    retries: new RetryBook(random),
    signal,
    onFailure: (err) => logger.warn({ err }, 'CA not reached'),
  });
  const histories = new Histories({ certmgrState: folder });
  const keeperParts = {
    client,
    keys,
    authorities,
    observer,
    histories,
    unfinished,
    counters,
    breaker,
    areActionsWanted,
  };
  return {
    config,
    folder,
    areActionsWanted,
    specFiles: new CfsslSpecFiles(config.dir, config.defaults, keys),
    observer,
    authorities,
    unfinished,
    counters,
    environment,
    clock,
    logger,
    keeper: new CfsslKeeper({ ...keeperParts, clock, logger, folder, users, signal }),
    pending: unfinished,
    reporter: new Reporter(context, ''),
    retries,
    actionRetries: new RetryBook(random),
    // Each spec asks its own CA, when it needs it
    refreshBundles: async () => false,
    hostIdentity: '',
    signal,
    parallel: defaultSettings.parallelRequests,
    close: () => client.close(),
  };
}

export interface CfsslPassResult extends PassResult {
  readonly actions: readonly ActionOutcome[];
}

/** One pass over the files, and then the actions that are due. */
export async function runCfsslPass(
  assembly: CfsslAssembly,
  options: PassOptions<LoadedCfsslSpec>,
): Promise<CfsslPassResult> {
  const { unfinished, observer, keeper, actionRetries, areActionsWanted } = assembly;
  const { specs } = options;
  unfinished.begin();
  observer.begin(new Set(specs.map(({ spec }) => spec.name)));
  const { plans, outcomes } = await runPass(assembly, options);
  if (!areActionsWanted) return { plans, outcomes, actions: [] };
  const actions = await runDueActions({ ...assembly, retries: actionRetries }, specs);
  const acted = new Set(actions.flatMap(({ names }) => names));
  const after = await Promise.all(
    specs.map((loaded, index): CertificatePlan | Promise<CertificatePlan> => {
      const plan = plans[index];
      return plan === undefined || acted.has(plan.name) ? keeper.plan(loaded) : plan;
    }),
  );
  return { plans: after, outcomes, actions };
}

/** Makes the folders of the state. AppError when that is not possible. */
export async function ensureCfsslState({ folder }: CfsslAssembly): Promise<void> {
  await ensureState({ certmgrState: folder });
  mkdirSync(`${folder}/actions`, { recursive: true, mode: 0o700 });
}

/** Each folder of specs has its own state: names are unique only there. */
function stateFolderOf({ certmgrState }: Pick<Paths, 'certmgrState'>, dir: string): string {
  const id = createHash('sha256').update(folderOfSpecs(dir)).digest('hex').slice(0, 16);
  return `${certmgrState}/specs/${id}`;
}
