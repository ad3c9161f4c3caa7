/** The daemon: runs the components of this host. */

import { join } from 'node:path';
import type { Paths } from '@easycerts/cluster';
import type { RunningService, ServiceContext, ServiceManager, Users } from '@easycerts/runtime';
import type { ComponentStatus, JoinerStatus } from './core/joiner-status.ts';
import { Conductor } from './edge/conductor.ts';
import { openControlSocket } from './edge/control-socket.ts';
import { NoticeFiles } from './edge/notices/notice-files.ts';
import { Observer } from './edge/observer.ts';
import { Records } from './edge/records.ts';
import { SpecFiles } from './edge/spec-files.ts';
import { createStatusFile } from './edge/status-file.ts';

export interface JoinerOptions {
  readonly paths: Pick<Paths, 'appliedConfig' | 'certificateSpecs' | 'componentSpecs' | 'joinerState' | 'run'>;
  /** Name of this host, for events. */
  readonly host: string;
  /** Runs the components; joiner closes it in the end. */
  readonly manager: ServiceManager;
  readonly users: Users;
  /** Units whose work this very process does: specs of theirs are of an earlier version, and passed over. */
  readonly ownUnits?: readonly string[];
  /** Stop all components when joiner is closed, for clusters of developers; otherwise they go on. */
  readonly stopComponentsOnExit?: boolean;
}

export interface RunningJoiner extends RunningService {
  status(): JoinerStatus;
  restart(unit: string): Promise<ComponentStatus | undefined>;
}

/** Where the socket of the running joiner lies. */
export function controlSocketOf(paths: Pick<Paths, 'run'>): string {
  return join(paths.run, 'joiner.sock');
}

/** Where the running joiner writes its status. */
export function statusFileOf(paths: Pick<Paths, 'joinerState'>): string {
  return join(paths.joinerState, 'status.json');
}

/** Starts the daemon. AppError ALREADY_EXISTS when another one runs for the same paths. */
export async function startJoiner(context: ServiceContext, options: JoinerOptions): Promise<RunningJoiner> {
  const { host, manager, paths, users } = options;
  const { logger } = context;
  // First, for two joiners would fight over the same components.
  const control = await openControlSocket({
    path: controlSocketOf(paths),
    logger,
    status: () => conductor.status(),
    restart: (unit) => conductor.restart(unit),
  });
  const conductor = new Conductor({
    context,
    host,
    manager,
    users,
    specs: new SpecFiles(paths.componentSpecs, options.ownUnits),
    notices: new NoticeFiles(paths.certificateSpecs, logger),
    paths,
    observer: new Observer(),
    records: new Records(paths.joinerState, logger),
    onStatus: createStatusFile(statusFileOf(paths), logger),
  });
  conductor.wake();
  return {
    status: () => conductor.status(),
    restart: (unit) => conductor.restart(unit),
    async close() {
      await control.close();
      await conductor.close({ stopComponents: options.stopComponentsOnExit ?? false });
      await manager.close();
    },
  };
}
