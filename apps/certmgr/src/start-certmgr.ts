/** The daemon: looks at specs and sets when they change, when something is due, and at an interval; and keeps every one. */

import { cleanSets, type RunningService, type ServiceContext } from '@easycerts/runtime';
import type { CertmgrOptions } from './config.ts';
import type { CertificatePlan } from './core/plan.ts';
import { nextWakeMs } from './core/schedule.ts';
import { type Assembly, assemble, directoriesOf, foldersOf } from './edge/assemble.ts';
import type { AuthorityConnection } from './edge/authority.ts';
import type { Enroller } from './edge/enroller.ts';
import { Loop } from './edge/loop.ts';
import { makeEnroller } from './edge/make-enroller.ts';
import { runPass, wakeTimesMs } from './edge/pass.ts';
import type { LoadedSpec, LoadedSpecs } from './edge/spec-files.ts';
import { problemTeller } from './edge/spec-folder.ts';
import { ensureState } from './edge/state-file.ts';
import { counted, type DaemonStatus, failuresOf, noCounters, StatusFile } from './edge/status-file.ts';
import { FolderWatch } from './edge/watch-folders.ts';

export interface RunningCertmgr extends RunningService {
  /** Looks at everything now and tries again what waits; resolves when that has been done. */
  lookNow(): Promise<void>;
}

/** Starts the daemon. Resolves at once: the CA may be away for long. AppError when its state folder cannot be made. */
export async function startCertmgr(context: ServiceContext, options: CertmgrOptions): Promise<RunningCertmgr> {
  await ensureState(options.paths);
  const ending = new AbortController();
  const ca = options.connect();
  const assembly = assemble(context, { ...options, ca }, ending.signal);
  const daemon = new Daemon(context, options, { assembly, ca, signal: ending.signal });
  void daemon.begin();
  return {
    lookNow: () => daemon.lookNow(),
    async close() {
      ending.abort();
      await daemon.close();
      ca.close();
    },
  };
}

type Counters = DaemonStatus['counters'];

interface DaemonParts {
  readonly assembly: Assembly;
  readonly ca: AuthorityConnection;
  readonly signal: AbortSignal;
}

class Daemon {
  readonly #context: ServiceContext;
  readonly #options: CertmgrOptions;
  readonly #assembly: Assembly;
  readonly #enroller: Enroller;
  readonly #loop: Loop;
  readonly #watch: FolderWatch;
  readonly #statusFile: StatusFile;
  readonly #startedAt: string;
  readonly #tellProblems: ReturnType<typeof problemTeller>;
  #counters: Counters = noCounters;
  #loaded: LoadedSpecs = { specs: [], problems: [] };
  #toldStates = new Map<string, string>();
  #cleaned = new Set<string>();

  constructor(context: ServiceContext, options: CertmgrOptions, { assembly, ca, signal }: DaemonParts) {
    this.#context = context;
    this.#options = options;
    this.#assembly = assembly;
    this.#tellProblems = problemTeller(context.logger);
    this.#startedAt = context.clock.now().toISOString();
    this.#statusFile = new StatusFile(options.paths);
    this.#enroller = makeEnroller(context, { ...options, ca, signal, onStatus: () => this.#writeStatus() });
    this.#loop = new Loop({ clock: context.clock, pass: () => this.#pass() });
    this.#watch = new FolderWatch(() => this.#loop.hint());
  }

  begin(): Promise<void> {
    return this.#loop.lookNow();
  }

  async lookNow(): Promise<void> {
    this.#assembly.retries.hurry();
    this.#enroller.hurry();
    await this.#loop.lookNow();
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#loop.close();
  }

  async #pass(): Promise<number> {
    const { settings } = this.#assembly;
    try {
      return await this.#passOrThrow();
    } catch (err) {
      this.#context.logger.error({ err }, 'certificates not looked at');
      return this.#nowMs() + settings.checkIntervalMs;
    }
  }

  async #passOrThrow(): Promise<number> {
    const { settings, retries, refreshedAtMs } = this.#assembly;
    // Before the look: what is written after it gives a hint
    this.#watchFolders(this.#loaded);
    const loaded = this.#load();
    this.#loaded = loaded;
    const enrolAtMs = await this.#enroller.look();
    await this.#clean(loaded.specs);
    const refreshAtMs = refreshedAtMs() + settings.bundleIntervalMs;
    const { plans } = await runPass(this.#assembly, {
      specs: loaded.specs,
      mustRefresh: loaded.specs.length > 0 && (this.#nowMs() >= refreshAtMs || retries.get('ca') !== undefined),
      onOutcome: (outcome) => {
        this.#counters = counted(this.#counters, outcome);
      },
    });
    this.#tellStates(plans);
    await this.#writeStatus();
    this.#watchFolders(loaded);
    const refreshDueMs = loaded.specs.length === 0 ? [] : [refreshedAtMs() + settings.bundleIntervalMs];
    // While the CA rests, its own time in the retry book counts
    const dueMs = [
      ...(enrolAtMs === undefined ? [] : [enrolAtMs]),
      ...wakeTimesMs(plans),
      ...retries.timesMs(),
      ...(retries.get('ca') === undefined ? refreshDueMs : []),
    ];
    return nextWakeMs(dueMs, this.#nowMs(), settings.checkIntervalMs);
  }

  #watchFolders({ specs }: LoadedSpecs): void {
    const { certificateSpecs, secrets } = this.#options.paths;
    this.#watch.set(new Set([certificateSpecs, secrets, ...foldersOf(specs)]));
  }

  #load(): LoadedSpecs {
    const { specFiles, observer, retries } = this.#assembly;
    const loaded = specFiles.load();
    observer.begin(directoriesOf(loaded.specs));
    retries.keepOnly(new Set(loaded.specs.map(({ spec }) => spec.name)));
    if (loaded.specs.length === 0) retries.succeed('ca');
    this.#tellProblems(loaded.problems);
    return loaded;
  }

  /** What a crash has left in a folder is finished when the folder is first seen. */
  async #clean(specs: readonly LoadedSpec[]): Promise<void> {
    for (const folder of foldersOf(specs)) {
      if (this.#cleaned.has(folder)) continue;
      const cleaned = await cleanSets(folder);
      this.#cleaned.add(folder);
      if (cleaned.length > 0) this.#context.logger.info({ folder, sets: cleaned }, 'finished interrupted deliveries');
    }
  }

  /** A wrong clock or unreadable files are told when they begin, not at every pass. */
  #tellStates(plans: readonly CertificatePlan[]): void {
    const states = new Map<string, string>();
    for (const plan of plans) {
      if (plan.state !== 'clock' && plan.state !== 'error') continue;
      states.set(plan.name, plan.state);
      if (this.#toldStates.get(plan.name) === plan.state) continue;
      this.#assembly.reporter.needsPerson(plan, this.#assembly.settings.checkIntervalMs);
    }
    this.#toldStates = states;
  }

  async #writeStatus(): Promise<void> {
    const { specs, problems } = this.#loaded;
    const enrolment = this.#enroller.status;
    const status = {
      pid: process.pid,
      startedAt: this.#startedAt,
      counters: this.#counters,
      failures: failuresOf(this.#assembly.retries, specs),
      ...(enrolment === undefined ? {} : { enrolment }),
      specProblems: [...problems],
    };
    try {
      await this.#statusFile.write(status);
    } catch (err) {
      this.#context.logger.warn({ err }, 'status not written');
    }
  }

  #nowMs(): number {
    return this.#context.clock.now().getTime();
  }
}
