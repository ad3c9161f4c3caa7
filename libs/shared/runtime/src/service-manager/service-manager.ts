/** How components are run: `process` (children of ours), `systemd`, later `container`. Small on purpose. */

/** What a manager needs to run something: a subset of a component spec. */
export interface UnitSpec {
  readonly unit: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly group: string;
  readonly stopTimeoutMs: number;
  readonly killMode: 'control-group' | 'process';
  readonly reloadSignal?: 'SIGHUP';
}

/** `failed`: it ended although nobody stopped it. */
export type UnitState = 'active' | 'inactive' | 'failed';

export interface UnitStatus {
  readonly state: UnitState;
  readonly pid?: number;
  readonly startedAt?: Date;
  /** Of the last end: exit code or signal name. */
  readonly lastExit?: string;
}

export interface ServiceManager {
  readonly kind: 'process' | 'systemd' | 'container';
  status(unit: string): Promise<UnitStatus>;
  /** Starts it, or does nothing when it is active. Resolves when it has been started, not when it is healthy. */
  start(spec: UnitSpec): Promise<void>;
  /** Stops it (SIGTERM, then SIGKILL after its time limit), or does nothing when it is not active. */
  stop(unit: string): Promise<void>;
  /** Sends the reload signal. AppError FAILED_PRECONDITION when it is not active or has none. */
  reload(unit: string): Promise<void>;
  /** Stops and starts one that somebody else has set up. AppError FAILED_PRECONDITION when it is not active, or did not come up. */
  restartForeign(unit: string): Promise<void>;
  /** The last lines it logged, oldest first. */
  lastLogLines(unit: string, count: number): Promise<readonly string[]>;
  /** Calls back when a unit ends by itself, until the returned function is called. */
  onExit(handler: (unit: string, status: UnitStatus) => void): () => void;
  /** Lets go of everything without stopping anything. */
  close(): Promise<void>;
}
