/** The configuration for a daemon that systemd starts at boot, also on a host that is not part of a cluster yet. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterConfig } from '@easycerts/cluster';
import { type AppError, secondMs } from '@easycerts/core';
import type { CommandContext } from './command-context.ts';
import { isConfigAbsent, loadAcceptedConfig } from './load-cluster-config.ts';
import { createLogger } from './logger.ts';
import { createSystemdNotifier, isStartedBySystemd } from './systemd-notify.ts';

export interface AwaitConfigOptions {
  /** Name in logs. */
  readonly service: string;
  /** Hears of mistakes in a configuration that was accepted before. */
  readonly onProblem: (error: AppError) => void;
}

const pollMs = secondMs;

/**
 * What {@link loadAcceptedConfig} loads. Under systemd, while there is no configuration at all, it waits for one: the service
 * counts as started, so that nothing that is ordered after it waits too. Rejects with the signal's reason when stopped.
 */
export async function awaitAcceptedConfig(
  command: Pick<CommandContext, 'configFile' | 'logLevel' | 'signal'>,
  { onProblem, service }: AwaitConfigOptions,
): Promise<ClusterConfig> {
  const { configFile, logLevel, signal } = command;
  if (!isStartedBySystemd()) return loadAcceptedConfig(configFile, onProblem);
  const logger = createLogger({ service, level: logLevel });
  const notifier = createSystemdNotifier({ logger });
  try {
    for (let isFirst = true; ; isFirst = false) {
      const config = await loadIfThere(configFile, onProblem);
      if (config !== undefined) return config;
      if (isFirst) {
        logger.info({ configFile }, 'wait for a cluster configuration: this host is not part of a cluster yet');
        notifier.ready(`waits for ${configFile}`);
      }
      await delay(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
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
