/** The configuration for a daemon that systemd starts at boot, also on a host that is not part of a cluster yet. */

import { dirname, join } from 'node:path';
import type { ClusterConfig } from '@easycerts/cluster';
import { type AppError, secondMs } from '@easycerts/core';
import type { CommandContext } from './command-context.ts';
import { isConfigAbsent, loadAcceptedConfig } from './load-cluster-config.ts';
import { createLogger } from './logger.ts';
import { nextHint } from './next-hint.ts';
import { createSystemdNotifier, isStartedBySystemd } from './systemd-notify.ts';

export interface AwaitConfigOptions {
  /** Name in logs. */
  readonly service: string;
  /** Hears of mistakes in a configuration that was accepted before. */
  readonly onProblem: (error: AppError) => void;
  /**
   * What can be done to get a configuration, at every look while there is none; answers whether it waits for something, which
   * is then waited for without systemd too.
   */
  readonly meanwhile?: () => Promise<boolean>;
  /** Folders in which something may change that `meanwhile` looks at. */
  readonly watch?: readonly string[];
}

/** Looked at this often, whatever the hints of the file system say. */
const pollMs = secondMs;

/**
 * What {@link loadAcceptedConfig} loads. Under systemd, while there is no configuration at all, it waits for one: the service
 * counts as started, so that nothing that is ordered after it waits too. Undefined when it is stopped meanwhile.
 */
export async function awaitAcceptedConfig(
  command: Pick<CommandContext, 'configFile' | 'logLevel' | 'signal'>,
  { onProblem, service, meanwhile, watch = [] }: AwaitConfigOptions,
): Promise<ClusterConfig | undefined> {
  const { configFile, logLevel, signal } = command;
  const isPatient = isStartedBySystemd();
  if (!isPatient && meanwhile === undefined) return loadAcceptedConfig(configFile, onProblem);
  const logger = createLogger({ service, level: logLevel });
  const notifier = createSystemdNotifier({ logger });
  const folder = dirname(configFile);
  const folders = [folder, join(folder, 'received'), ...watch];
  let hasTold = false;
  try {
    while (!signal.aborted) {
      const hint = nextHint(folders, pollMs, signal);
      try {
        const config = await loadIfThere(configFile, onProblem);
        if (config !== undefined) return config;
        const notFound = { configFile, cure: 'run `joiner join` with a token of the master, or write that file' };
        if (isPatient && !hasTold) {
          logger.info(notFound, 'wait for a cluster configuration: this host is not part of a cluster yet');
          notifier.ready(`waits for ${configFile}`);
          hasTold = true;
        }
        const isBusy = (await meanwhile?.()) === true;
        if (signal.aborted) return undefined;
        const found = await loadIfThere(configFile, onProblem);
        if (found !== undefined) return found;
        if (!isPatient && !isBusy) return await loadAcceptedConfig(configFile, onProblem);
        await hint.came;
      } finally {
        hint.forget();
      }
    }
    return undefined;
  } finally {
    notifier.close();
  }
}

async function loadIfThere(file: string, onProblem: (error: AppError) => void): Promise<ClusterConfig | undefined> {
  try {
    return await loadAcceptedConfig(file, onProblem);
  } catch (error) {
    if (isConfigAbsent(error)) return undefined;
    throw error;
  }
}
