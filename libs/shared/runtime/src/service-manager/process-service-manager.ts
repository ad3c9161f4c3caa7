/**
 * Runs units as detached child processes, for machines without systemd. They outlive us: each leads a session of its own,
 * logs to its own file, and is found again through its record (unit-record.ts) by the next manager on the same directory.
 */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import type { UserIds, Users } from '../users.ts';
import type { ProcessInfo } from './process-info.ts';
import { findLeaderByEnvironment, readBootId, readProcess } from './process-info.ts';
import type { ServiceManager, UnitSpec, UnitStatus } from './service-manager.ts';
import { cutUnitLog, openUnitLog, readLastLines } from './unit-log.ts';
import { checkUnitName } from './unit-name.ts';
import { becomesEmpty, killAll, mainOf, sessionOf, signalAll } from './unit-processes.ts';
import type { UnitRecord } from './unit-record.ts';
import { instanceVariable, readUnitRecords, writeUnitRecord } from './unit-record.ts';

export interface ProcessServiceManagerOptions {
  /** Where the records of the units lie, 0700; one manager at a time. */
  readonly stateDirectory: string;
  /** Where `<unit>.log` is written. */
  readonly logDirectory: string;
  readonly users: Users;
}

type ExitHandler = (unit: string, status: UnitStatus) => void;

const adoptedPollMs = 200;
const logCutIntervalMs = 60_000;
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Makes the manager and adopts what an earlier one left running. */
export function createProcessServiceManager(options: ProcessServiceManagerOptions): ServiceManager {
  return new ProcessServiceManager(options);
}

class ProcessServiceManager implements ServiceManager {
  readonly kind = 'process';
  readonly #options: ProcessServiceManagerOptions;
  readonly #bootId = readBootId();
  readonly #records = new Map<string, UnitRecord>();
  readonly #children = new Map<string, ChildProcess>();
  readonly #stopping = new Set<string>();
  readonly #exitHandlers = new Set<ExitHandler>();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(options: ProcessServiceManagerOptions) {
    this.#options = options;
    for (const record of readUnitRecords(options.stateDirectory)) this.#adopt(record);
    this.#timers = [
      setInterval(() => this.#watchAdopted(), adoptedPollMs),
      setInterval(() => this.#cutLogs(), logCutIntervalMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  async status(unit: string): Promise<UnitStatus> {
    return this.#statusOf(unit);
  }

  async start(spec: UnitSpec): Promise<void> {
    checkUnitName(spec.unit);
    const previous = this.#records.get(spec.unit);
    if (previous !== undefined && this.#isAlive(previous)) return;
    if (previous !== undefined) await this.#killRest(previous);
    const ids = this.#options.users.idsOf(spec.user, spec.group);
    const starting: UnitRecord = {
      unit: spec.unit,
      phase: 'starting',
      bootId: this.#bootId,
      instance: randomUUID(),
      stopTimeoutMs: spec.stopTimeoutMs,
      killMode: spec.killMode,
      ...(previous?.lastExit === undefined ? {} : { lastExit: previous.lastExit }),
      ...(spec.reloadSignal === undefined ? {} : { reloadSignal: spec.reloadSignal }),
    };
    this.#write(starting);
    await this.#spawn(spec, starting, ids);
  }

  async stop(unit: string): Promise<void> {
    const record = this.#records.get(unit);
    if (record === undefined || record.phase === 'inactive') return;
    this.#stopping.add(unit);
    try {
      const targets = (): readonly ProcessInfo[] => this.#targetsOf(record);
      signalAll(targets(), 'SIGTERM');
      if (!(await becomesEmpty(targets, record.stopTimeoutMs))) await killAll(targets, unit);
      this.#write({ ...(this.#records.get(unit) ?? record), phase: 'inactive' });
    } finally {
      this.#stopping.delete(unit);
    }
  }

  async reload(unit: string): Promise<void> {
    const record = this.#records.get(unit);
    if (record?.pid === undefined || !this.#isAlive(record)) {
      throw new AppError('FAILED_PRECONDITION', `reload ${unit}: it is not running`);
    }
    if (record.reloadSignal === undefined) {
      throw new AppError('FAILED_PRECONDITION', `reload ${unit}: it has no reload signal`);
    }
    process.kill(record.pid, record.reloadSignal);
  }

  async restartForeign(unit: string): Promise<void> {
    throw new AppError('FAILED_PRECONDITION', `restart ${unit}: without systemd nothing runs that is not ours`);
  }

  async lastLogLines(unit: string, count: number): Promise<readonly string[]> {
    return readLastLines(this.#logOf(unit), count);
  }

  onExit(handler: ExitHandler): () => void {
    this.#exitHandlers.add(handler);
    return () => this.#exitHandlers.delete(handler);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const child of this.#children.values()) child.removeAllListeners('exit');
    this.#exitHandlers.clear();
  }

  async #spawn(spec: UnitSpec, starting: UnitRecord, ids: UserIds | undefined): Promise<void> {
    const [program = '', ...args] = spec.argv;
    const log = openUnitLog(this.#logOf(spec.unit));
    let child: ChildProcess;
    try {
      child = spawn(program, args, {
        detached: true,
        cwd: '/',
        stdio: ['ignore', log, log],
        env: { PATH: process.env.PATH ?? defaultPath, ...spec.env, [instanceVariable]: starting.instance },
        ...ids,
      });
    } catch (error) {
      this.#write({ ...starting, phase: 'failed', lastExit: 'not started' });
      throw toAppError(error, `start ${spec.unit} (${program})`);
    } finally {
      closeSync(log);
    }
    if (child.pid === undefined) {
      this.#write({ ...starting, phase: 'failed', lastExit: 'not started' });
      throw await spawnErrorOf(child, spec);
    }
    // Until we return to the event loop the kernel keeps the process's entry, even if it has ended already.
    const startTime = readProcess(child.pid)?.startTime ?? 0;
    this.#children.set(spec.unit, child);
    this.#write({ ...starting, phase: 'running', pid: child.pid, startTime, startedAt: new Date().toISOString() });
    child.on('error', () => undefined);
    child.once('exit', (code, signal) => {
      if (this.#children.get(spec.unit) === child) this.#children.delete(spec.unit);
      this.#noteEnd(spec.unit, starting.instance, signal ?? String(code));
    });
    child.unref();
  }

  #adopt(record: UnitRecord): void {
    const isThisBoot = record.bootId === this.#bootId;
    if (record.phase === 'starting') {
      const leader = isThisBoot ? findLeaderByEnvironment(`${instanceVariable}=${record.instance}`) : undefined;
      const found = leader === undefined ? undefined : { pid: leader.pid, startTime: leader.startTime };
      this.#write(
        found === undefined
          ? { ...record, phase: 'failed', lastExit: 'not started' }
          : { ...record, ...found, phase: 'running' },
      );
    } else if (record.phase === 'running' && !(isThisBoot && this.#isAlive(record))) {
      this.#write({ ...record, phase: 'failed', lastExit: isThisBoot ? 'unknown' : 'machine restarted' });
    } else {
      this.#records.set(record.unit, record);
    }
  }

  #watchAdopted(): void {
    for (const record of this.#records.values()) {
      if (record.phase !== 'running' || this.#children.has(record.unit) || this.#isAlive(record)) continue;
      this.#noteEnd(record.unit, record.instance, 'unknown');
    }
  }

  #noteEnd(unit: string, instance: string, lastExit: string): void {
    const record = this.#records.get(unit);
    // A unit that has been started again since is another instance.
    if (record?.instance !== instance || record.phase !== 'running') return;
    const isStopping = this.#stopping.has(unit);
    this.#write({ ...record, phase: isStopping ? 'inactive' : 'failed', lastExit });
    if (isStopping) return;
    for (const handler of this.#exitHandlers) handler(unit, this.#statusOf(unit));
  }

  #statusOf(unit: string): UnitStatus {
    const record = this.#records.get(unit);
    if (record === undefined) return { state: 'inactive' };
    const lastExit = record.lastExit === undefined ? {} : { lastExit: record.lastExit };
    if (record.phase !== 'running') return { state: record.phase === 'inactive' ? 'inactive' : 'failed', ...lastExit };
    // Of a child of ours that has just ended, how it ended is still to come.
    if (!this.#isAlive(record) && !this.#children.has(unit)) return { state: 'failed', ...lastExit };
    return {
      state: 'active',
      ...lastExit,
      ...(record.pid === undefined ? {} : { pid: record.pid }),
      ...(record.startedAt === undefined ? {} : { startedAt: new Date(record.startedAt) }),
    };
  }

  #isAlive(record: UnitRecord): boolean {
    return mainOf(record, this.#bootId) !== undefined;
  }

  #targetsOf(record: UnitRecord): readonly ProcessInfo[] {
    if (record.killMode === 'control-group') return sessionOf(record, this.#bootId);
    const main = mainOf(record, this.#bootId);
    return main === undefined ? [] : [main];
  }

  /** Children that a crashed unit left behind would hold its ports and locks. */
  async #killRest(record: UnitRecord): Promise<void> {
    if (record.killMode === 'control-group') await killAll(() => sessionOf(record, this.#bootId), record.unit);
  }

  #cutLogs(): void {
    for (const record of this.#records.values()) {
      if (record.phase === 'running') cutUnitLog(this.#logOf(record.unit));
    }
  }

  #write(record: UnitRecord): void {
    writeUnitRecord(this.#options.stateDirectory, record);
    this.#records.set(record.unit, record);
  }

  #logOf(unit: string): string {
    checkUnitName(unit);
    return join(this.#options.logDirectory, `${unit}.log`);
  }
}

async function spawnErrorOf(child: ChildProcess, spec: UnitSpec): Promise<AppError> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  child.once('error', resolve);
  const error = await promise;
  const program = spec.argv[0] ?? '';
  if (systemErrorCode(error) !== 'ENOENT') return toAppError(error, `start ${spec.unit} (${program})`);
  return new AppError('NOT_FOUND', `start ${spec.unit}: program ${program} does not exist`, {
    cause: error,
    details: { path: program, cure: `install ${program}, or name another program in the configuration` },
  });
}
