/** The daemon for specs of cloudflare's certmgr: one timer and one wake for all of them, and hints when files change. */

import { dirname } from 'node:path';
import type { ServiceContext } from '@easycerts/runtime';
import { filesOfSpec } from './core/cfssl/cfssl-spec.ts';
import { longestLookMs } from './core/cfssl/config-file.ts';
import type { CertificatePlan } from './core/plan.ts';
import { nextWakeMs } from './core/schedule.ts';
import {
  assembleCfssl,
  type CfsslAssembly,
  type CfsslOptions,
  ensureCfsslState,
  runCfsslPass,
} from './edge/cfssl/assemble-cfssl.ts';
import { AuthoritySchedule } from './edge/cfssl/authority-schedule.ts';
import { cfsslMetrics } from './edge/cfssl/cfssl-metrics.ts';
import { folderOfSpecs, type LoadedCfsslSpec, type LoadedCfsslSpecs } from './edge/cfssl/cfssl-spec-files.ts';
import { type RunningMetricsServer, startMetricsServer } from './edge/cfssl/metrics-server.ts';
import { Loop } from './edge/loop.ts';
import { wakeTimesMs } from './edge/pass.ts';
import { problemTeller } from './edge/spec-folder.ts';
import { counted, type DaemonStatus, failuresOf, noCounters, StatusFile } from './edge/status-file.ts';
import { FolderWatch } from './edge/watch-folders.ts';
import type { RunningCertmgr } from './start-certmgr.ts';

export interface RunningCfsslCertmgr extends RunningCertmgr {
  /** Where the metrics are; undefined: nowhere. */
  readonly metricsPort: number | undefined;
}

/** Starts the daemon. Resolves at once: CAs may be away for long. AppError when its state or its port cannot be had. */
export async function startCfsslCertmgr(context: ServiceContext, options: CfsslOptions): Promise<RunningCfsslCertmgr> {
  const ending = new AbortController();
  const assembly = assembleCfssl(context, options, ending.signal);
  await ensureCfsslState(assembly);
  const daemon = new CfsslDaemon(context, assembly);
  const { metrics } = options.config;
  const server: RunningMetricsServer | undefined =
    metrics === undefined
      ? undefined
      : await startMetricsServer(
          metrics,
          cfsslMetrics(() => daemon.source()),
        );
  void daemon.begin();
  return {
    metricsPort: server?.port,
    lookNow: () => daemon.lookNow(),
    async close() {
      ending.abort();
      await Promise.all([daemon.close(), server?.close()]);
      assembly.close();
    },
  };
}

class CfsslDaemon {
  readonly #context: ServiceContext;
  readonly #assembly: CfsslAssembly;
  readonly #schedule: AuthoritySchedule;
  readonly #loop: Loop;
  readonly #watch: FolderWatch;
  readonly #statusFile: StatusFile;
  readonly #startedAt: string;
  readonly #tellProblems: ReturnType<typeof problemTeller>;
  #loaded: LoadedCfsslSpecs = { specs: [], problems: [] };
  #plans: readonly CertificatePlan[] = [];
  #wakeAtMs = 0;
  #counters: DaemonStatus['counters'] = noCounters;

  constructor(context: ServiceContext, assembly: CfsslAssembly) {
    this.#context = context;
    this.#assembly = assembly;
    this.#tellProblems = problemTeller(context.logger);
    this.#startedAt = context.clock.now().toISOString();
    this.#schedule = new AuthoritySchedule(assembly.authorities, context.random);
    this.#statusFile = new StatusFile({ certmgrState: assembly.folder });
    this.#loop = new Loop({ clock: context.clock, pass: () => this.#pass() });
    this.#watch = new FolderWatch(() => this.#loop.hint());
  }

  begin(): Promise<void> {
    return this.#loop.lookNow();
  }

  async lookNow(): Promise<void> {
    this.#assembly.retries.hurry();
    this.#assembly.actionRetries.hurry();
    this.#schedule.hurry();
    await this.#loop.lookNow();
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#loop.close();
  }

  source() {
    const { authorities, counters } = this.#assembly;
    return { specs: this.#loaded.specs, plans: this.#plans, wakeAtMs: this.#wakeAtMs, authorities, counters };
  }

  async #pass(): Promise<number> {
    try {
      this.#wakeAtMs = await this.#passOrThrow();
    } catch (err) {
      this.#context.logger.error({ err }, 'certificates not looked at');
      this.#wakeAtMs = this.#nowMs() + longestLookMs;
    }
    return this.#wakeAtMs;
  }

  async #passOrThrow(): Promise<number> {
    const { retries, actionRetries } = this.#assembly;
    // Before the look: what is written after it gives a hint
    this.#watch.set(foldersToWatch(this.#assembly.config.dir, this.#loaded.specs));
    const { specs } = this.#load();
    if (await this.#schedule.askDue(this.#nowMs())) retries.hurry();
    const result = await runCfsslPass(this.#assembly, {
      specs,
      onOutcome: (outcome) => {
        this.#counters = counted(this.#counters, outcome);
      },
    });
    this.#plans = result.plans;
    await this.#writeStatus();
    this.#watch.set(foldersToWatch(this.#assembly.config.dir, specs));
    const dueMs = [
      ...wakeTimesMs(result.plans),
      ...retries.timesMs(),
      ...actionRetries.timesMs(),
      ...this.#schedule.timesMs(),
    ];
    return nextWakeMs(dueMs, this.#nowMs(), longestLookMs);
  }

  #load(): LoadedCfsslSpecs {
    const { specFiles, retries, counters } = this.#assembly;
    const loaded = specFiles.load();
    const names = new Set(loaded.specs.map(({ spec }) => spec.name));
    retries.keepOnly(names);
    counters.keepOnly(names);
    this.#schedule.set(loaded.specs);
    this.#tellProblems(loaded.problems);
    this.#loaded = loaded;
    return loaded;
  }

  async #writeStatus(): Promise<void> {
    const { specs, problems } = this.#loaded;
    const failures = failuresOf(this.#assembly.retries, specs);
    const known = { pid: process.pid, startedAt: this.#startedAt, counters: this.#counters };
    try {
      await this.#statusFile.write({ ...known, failures, specProblems: [...problems] });
    } catch (err) {
      this.#context.logger.warn({ err }, 'status not written');
    }
  }

  #nowMs(): number {
    return this.#context.clock.now().getTime();
  }
}

/** Folders, not files: those of specs, of what they keep, of their keys and CAs. */
function foldersToWatch(dir: string, specs: readonly LoadedCfsslSpec[]): ReadonlySet<string> {
  const folders = new Set([folderOfSpecs(dir)]);
  for (const { spec } of specs) {
    const { authKey, rootCa } = spec.cfssl.authority;
    for (const { path } of filesOfSpec(spec.cfssl)) folders.add(dirname(path));
    if (authKey?.kind === 'file') folders.add(dirname(authKey.path));
    if (rootCa !== undefined) folders.add(dirname(rootCa));
  }
  return folders;
}
