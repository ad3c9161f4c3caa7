/**
 * Runs units through systemd, which keeps them when we end. What it says of them is remembered: an active unit counts as active
 * as long as its main process lives, which /proc tells for nothing; only then, and now and then, is systemd asked again, about
 * all of them at once.
 */

import { existsSync } from 'node:fs';
import { AppError, secondMs } from '@easycerts/core';
import { readProcess } from './process-info.ts';
import type { ServiceManager, UnitSpec, UnitStatus } from './service-manager.ts';
import { createSystemctl, type Systemctl, type SystemctlOptions } from './systemctl.ts';
import {
  isUp,
  mainPidOf,
  parseProperties,
  parseTimeSpanMs,
  statusOf,
  type UnitProperties,
  unitProperties,
  waitsForRestart,
} from './systemd-properties.ts';
import { checkUnitName } from './unit-name.ts';

export type SystemdServiceManagerOptions = SystemctlOptions;

type ExitHandler = (unit: string, status: UnitStatus) => void;

interface Known {
  readonly properties: UnitProperties;
  readonly status: UnitStatus;
  readonly readAtMs: number;
  /** Start time of the main process, by which it is told from a later one with its number; undefined: none to be seen. */
  readonly mainStartTime: number | undefined;
}

const lookMs = 250;
/** What is not simply running may change without anything to see in /proc. */
const unsettledTrustMs = secondMs;
/** Somebody else may have stopped and started a unit, or changed its file. */
const settledTrustMs = 30 * secondMs;
/** Units of Type=notify are given 90 s to come up (DefaultTimeoutStartSec=). */
const startLimitMs = 100 * secondMs;
/** Time for systemd itself, besides what a unit may take to stop: once for SIGTERM, once more for SIGKILL. */
const stopMarginMs = 20 * secondMs;
/** Reading hundreds of unit files again from a slow disk. */
const daemonReloadLimitMs = 90 * secondMs;
/** A restart that systemd does within so long is waited for rather than pushed in between. */
const soonMs = 5 * secondMs;

/** Makes the manager; it knows a unit once it has been asked for. */
export function createSystemdServiceManager(options: SystemdServiceManagerOptions = {}): ServiceManager {
  return new SystemdServiceManager(createSystemctl(options), options.unitDirectory ?? '/etc/systemd/system');
}

class SystemdServiceManager implements ServiceManager {
  readonly kind = 'systemd';
  readonly #systemctl: Systemctl;
  /** Where our files of units lie. */
  readonly #unitDirectory: string;
  readonly #known = new Map<string, Known>();
  readonly #acting = new Map<string, number>();
  readonly #exitHandlers = new Set<ExitHandler>();
  readonly #timer: NodeJS.Timeout;
  #asked: { readonly units: Set<string>; readonly answer: Promise<void> } | undefined;
  #loading: Promise<unknown> = Promise.resolve();
  #isLooking = false;

  constructor(systemctl: Systemctl, unitDirectory: string) {
    this.#systemctl = systemctl;
    this.#unitDirectory = unitDirectory;
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
  }

  async status(unit: string): Promise<UnitStatus> {
    checkUnitName(unit);
    const known = this.#known.get(unit);
    return known !== undefined && isTrusted(known) ? known.status : (await this.#read(unit)).status;
  }

  async start(spec: UnitSpec): Promise<void> {
    const { unit } = spec;
    checkUnitName(unit);
    await this.#act(unit, async () => {
      let properties = await this.#load(unit);
      if (properties.ActiveState === 'deactivating') {
        await this.#stop(unit, properties);
        properties = (await this.#read(unit)).properties;
      }
      if (isUp(properties)) return;
      // A start that is asked for while systemd waits with a restart would wait with it.
      const mustPush = waitsForRestart(properties) && (parseTimeSpanMs(properties.RestartUSec) ?? 0) > soonMs;
      if (properties.ActiveState === 'failed') await this.#systemctl.run(['reset-failed', '--', service(unit)]);
      await this.#systemctl
        .run([mustPush ? 'restart' : 'start', '--', service(unit)], startLimitMs)
        .catch(async (error: unknown) => {
          throw await this.#startError(unit, error);
        });
    });
  }

  async stop(unit: string): Promise<void> {
    checkUnitName(unit);
    await this.#act(unit, async () => {
      const known = this.#known.get(unit);
      const isSurelyUp = known?.status.state === 'active' && isTrusted(known);
      const { properties } = isSurelyUp ? known : await this.#read(unit);
      if (!isUp(properties) && !waitsForRestart(properties)) return;
      // Whoever stops a unit with a new file is about to start it: systemd reads while the old process ends.
      const isRead = this.#isOutdated(unit, properties) ? this.#reload().catch(() => undefined) : undefined;
      await this.#stop(unit, properties);
      await isRead;
    });
  }

  async reload(unit: string): Promise<void> {
    checkUnitName(unit);
    const { properties, status } = await this.#read(unit);
    if (status.state !== 'active') throw new AppError('FAILED_PRECONDITION', `reload ${unit}: it is not running`);
    if (properties.CanReload !== 'yes') {
      throw new AppError('FAILED_PRECONDITION', `reload ${unit}: it has no reload signal`);
    }
    await this.#systemctl.run(['reload', '--', service(unit)]);
  }

  async restartForeign(unit: string): Promise<void> {
    checkUnitName(unit);
    await this.#act(unit, async () => {
      const { status } = await this.#read(unit);
      if (status.state !== 'active') throw new AppError('FAILED_PRECONDITION', `restart ${unit}: it is not running`);
      // try-: one that was stopped in this moment stays so
      await this.#systemctl.run(['try-restart', '--', service(unit)], startLimitMs);
    });
  }

  async lastLogLines(unit: string, count: number): Promise<readonly string[]> {
    checkUnitName(unit);
    if (count <= 0) return [];
    const output = await this.#systemctl.journal([`--unit=${service(unit)}`, `--lines=${count}`, '--output=cat']);
    return output.split('\n').filter((line) => line !== '');
  }

  onExit(handler: ExitHandler): () => void {
    this.#exitHandlers.add(handler);
    return () => this.#exitHandlers.delete(handler);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#exitHandlers.clear();
  }

  /** What is done to a unit by us is not told as an end of its own. */
  async #act(unit: string, work: () => Promise<void>): Promise<void> {
    this.#acting.set(unit, (this.#acting.get(unit) ?? 0) + 1);
    try {
      await work();
    } finally {
      await this.#read(unit).catch(() => this.#known.delete(unit));
      const left = (this.#acting.get(unit) ?? 1) - 1;
      if (left === 0) this.#acting.delete(unit);
      else this.#acting.set(unit, left);
    }
  }

  async #stop(unit: string, { TimeoutStopUSec }: UnitProperties): Promise<void> {
    const limitMs = 2 * (parseTimeSpanMs(TimeoutStopUSec) ?? 0) + stopMarginMs;
    // Zero means none to execFile: whoever configured infinity wants to wait.
    await this.#systemctl.run(['stop', '--', service(unit)], Number.isFinite(limitMs) ? limitMs : 0);
    // One that had to be killed, or that ends with an error when it is asked to, counts as failed; but it was stopped.
    const { properties } = await this.#read(unit);
    if (properties.ActiveState === 'failed') await this.#systemctl.run(['reset-failed', '--', service(unit)]);
  }

  /** The properties of a unit whose present file systemd has read. One after the other: each may find it done already. */
  #load(unit: string): Promise<UnitProperties> {
    const loading = this.#loading.then(async () => {
      let { properties } = await this.#read(unit);
      if (isUp(properties) && properties.ActiveState !== 'deactivating') return properties;
      if (this.#isOutdated(unit, properties)) {
        await this.#systemctl.run(['daemon-reload'], daemonReloadLimitMs);
        ({ properties } = await this.#read(unit));
      }
      if (properties.LoadState !== 'loaded') throw loadError(unit, properties);
      return properties;
    });
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  /** Has systemd read all unit files; who loads one meanwhile waits for it. */
  #reload(): Promise<unknown> {
    const reloading = this.#loading.then(() => this.#systemctl.run(['daemon-reload'], daemonReloadLimitMs));
    this.#loading = reloading.catch(() => undefined);
    return reloading;
  }

  /** Of a file that takes the place of a package's, written after systemd has read that, NeedDaemonReload says nothing. */
  #isOutdated(unit: string, { FragmentPath, LoadState, NeedDaemonReload }: UnitProperties): boolean {
    const own = `${this.#unitDirectory}/${service(unit)}`;
    return NeedDaemonReload === 'yes' || LoadState === 'not-found' || (FragmentPath !== own && existsSync(own));
  }

  async #startError(unit: string, error: unknown): Promise<unknown> {
    const { status } = await this.#read(unit);
    if (!(error instanceof AppError) || error.code !== 'FAILED_PRECONDITION' || status.lastExit === undefined)
      return error;
    const isProgramMissing = status.lastExit.startsWith('203/');
    return new AppError(
      isProgramMissing ? 'NOT_FOUND' : 'FAILED_PRECONDITION',
      `start ${unit}: ${isProgramMissing ? 'its program cannot be executed' : 'it ended at once'} (${status.lastExit})`,
      {
        cause: error,
        details: {
          cure: isProgramMissing
            ? `install the program that \`systemctl cat ${service(unit)}\` names, or name another in the configuration`
            : `see why: \`journalctl -u ${service(unit)}\``,
        },
      },
    );
  }

  /** Asks systemd about a unit, with all others that are asked for at the same time. */
  async #read(unit: string): Promise<Known> {
    if (this.#asked === undefined) {
      const units = new Set<string>();
      const answer = Promise.resolve().then(() => {
        this.#asked = undefined;
        return this.#show([...units]);
      });
      this.#asked = { units, answer };
    }
    this.#asked.units.add(unit);
    await this.#asked.answer;
    const known = this.#known.get(unit);
    if (known === undefined) throw new AppError('INTERNAL', `systemctl show said nothing of ${unit}`);
    return known;
  }

  async #show(units: readonly string[]): Promise<void> {
    const args = ['show', `--property=${unitProperties.join(',')}`, '--', ...units.map(service)];
    const all = parseProperties(await this.#systemctl.run(args), units.length);
    if (all === undefined) throw new AppError('INTERNAL', 'systemctl show: its answer was not understood');
    units.forEach((unit, index) => {
      const properties = all[index];
      if (properties !== undefined) this.#learn(unit, properties);
    });
  }

  #learn(unit: string, properties: UnitProperties): void {
    const pid = mainPidOf(properties);
    const now: Known = {
      properties,
      status: statusOf(properties, Date.now(), monotonicMs()),
      readAtMs: performance.now(),
      mainStartTime: pid === undefined ? undefined : readProcess(pid)?.startTime,
    };
    const before = this.#known.get(unit);
    this.#known.set(unit, now);
    if (before?.status.state !== 'active' || this.#acting.has(unit)) return;
    if (now.status.state === 'active' && now.status.pid === before.status.pid) return;
    for (const handler of this.#exitHandlers) handler(unit, now.status);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const doubtful = [...this.#known].filter(([, known]) => known.status.state === 'active' && !isTrusted(known));
    // Whoever needs to know is told that systemd does not answer when they ask themselves.
    await Promise.all(doubtful.map(([unit]) => this.#read(unit))).catch(() => undefined);
    this.#isLooking = false;
  }
}

/** Whether what is known still holds, as far as can be seen without asking. */
function isTrusted({ mainStartTime, readAtMs, status }: Known): boolean {
  const ageMs = performance.now() - readAtMs;
  if (status.state !== 'active' || status.pid === undefined || mainStartTime === undefined) {
    return ageMs < unsettledTrustMs;
  }
  const main = readProcess(status.pid);
  return ageMs < settledTrustMs && main !== undefined && !main.isZombie && main.startTime === mainStartTime;
}

function loadError(unit: string, { LoadState }: UnitProperties): AppError {
  if (LoadState === 'not-found') {
    return new AppError('NOT_FOUND', `start ${unit}: systemd has no unit ${service(unit)}`, {
      details: { cure: 'write it with `config-renderer apply`' },
    });
  }
  const cure =
    LoadState === 'masked'
      ? `\`systemctl unmask ${service(unit)}\`, or disable the component in cluster.yaml`
      : `see what is wrong with it: \`systemd-analyze verify ${service(unit)}\``;
  return new AppError('FAILED_PRECONDITION', `start ${unit}: systemd says that its unit is ${LoadState}`, {
    details: { cure },
  });
}

function service(unit: string): string {
  return `${unit}.service`;
}

/** CLOCK_MONOTONIC, as systemd's monotonic timestamps. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
