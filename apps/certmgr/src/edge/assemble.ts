/** Puts the parts together that `check`, `ensure` and `run` have in common. */

import { dirname } from 'node:path';
import type { ServiceContext } from '@easycerts/runtime';
import { type CertmgrOptions, type CertmgrSettings, defaultSettings } from '../config.ts';
import type { Authority } from './authority.ts';
import { Histories } from './histories.ts';
import { Keeper } from './keeper.ts';
import { Observer } from './observer.ts';
import type { PassParts } from './pass.ts';
import { PendingRequests } from './pending-requests.ts';
import { Reporter } from './reporter.ts';
import { RetryBook } from './retry-book.ts';
import { type LoadedSpec, SpecFiles } from './spec-files.ts';
import { TrustBundles } from './trust-bundles.ts';

export interface Assembly extends PassParts {
  readonly specFiles: SpecFiles;
  readonly observer: Observer;
  readonly reporter: Reporter;
  readonly settings: CertmgrSettings;
  /** When the CA last gave its trust bundles, milliseconds since the epoch. */
  readonly refreshedAtMs: () => number;
}

/** The parts, for one host and one CA; they end with the signal. */
export function assemble(
  context: ServiceContext,
  options: Omit<CertmgrOptions, 'connect'> & { readonly ca: Authority },
  signal: AbortSignal,
): Assembly {
  const { paths, users, host, ca } = options;
  const settings = { ...defaultSettings, ...options.settings };
  const observer = new Observer(users);
  const bundles = new TrustBundles(paths);
  const pending = new PendingRequests(paths);
  const histories = new Histories(paths);
  const reporter = new Reporter(context, host);
  const parts = {
    paths,
    users,
    ca,
    observer,
    bundles,
    pending,
    histories,
    reporter,
    breaker: settings.breaker,
    signal,
  };
  let refreshedAtMs = Number.NEGATIVE_INFINITY;
  return {
    specFiles: new SpecFiles(paths.certificateSpecs),
    observer,
    settings,
    clock: context.clock,
    keeper: new Keeper(context.clock, parts),
    pending,
    reporter,
    retries: new RetryBook(context.random),
    refreshBundles: async () => {
      const changed = await bundles.refresh(ca, signal);
      refreshedAtMs = context.clock.now().getTime();
      return changed.length > 0;
    },
    refreshedAtMs: () => refreshedAtMs,
    hostIdentity: paths.hostIdentity,
    signal,
    parallel: settings.parallelRequests,
  };
}

/** The folders in which the sets of these specs lie. */
export function foldersOf(specs: readonly LoadedSpec[]): ReadonlySet<string> {
  return new Set(specs.map(({ spec }) => dirname(spec.directory)));
}

/** The sets of these specs. */
export function directoriesOf(specs: readonly LoadedSpec[]): ReadonlySet<string> {
  return new Set(specs.map(({ spec }) => spec.directory));
}
