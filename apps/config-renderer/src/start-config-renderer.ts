/** The daemon: looks at cluster.yaml, the host and flannel's subnet when they change and at an interval, and applies. */

import { type FSWatcher, watch } from 'node:fs';
import { hostname } from 'node:os';
import { posix } from 'node:path';
import type { ConfigProblem } from '@easycerts/cluster';
import { isAppError, minuteMs, secondMs } from '@easycerts/core';
import { describeError, nodeNameOf, type RunningService, type ServiceContext } from '@easycerts/runtime';
import { applyPlan, type HostRendererOptions, makeSubnetDirectory, planHost } from './edge/host-renderer.ts';
import { configApplied, configRejected } from './events.ts';

/** Truth is looked at this often, whatever the hints of the file system say. */
const intervalMs = minuteMs;
/** Several changes at once (an editor's rename, flannel's two writes) cost one look. */
const settleMs = 50;
const retryMs = 5 * secondMs;

/** Starts the daemon; it applies once before it resolves. */
export async function startConfigRenderer(
  context: ServiceContext,
  options: HostRendererOptions,
): Promise<RunningService> {
  const { logger, events, clock } = context;
  const host = nodeNameOf(hostname());
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isBusy = false;
  let isAskedAgain = false;

  const lookIn = (delayMs: number): void => {
    if (isClosed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), delayMs);
  };
  const look = async (): Promise<void> => {
    if (isBusy) {
      isAskedAgain = true;
      return;
    }
    isBusy = true;
    const isFine = await applyOnce();
    isBusy = false;
    lookIn(isAskedAgain ? settleMs : isFine ? intervalMs : retryMs);
    isAskedAgain = false;
  };
  const applyOnce = async (): Promise<boolean> => {
    try {
      const plan = await planHost(options, false);
      if (plan.changed.length === 0 && plan.removed.length === 0) return true;
      const outcome = await applyPlan(plan, options);
      logger.info({ written: outcome.written, removed: outcome.removed }, 'applied configuration');
      configApplied(events, host, outcome, clock.now());
      return true;
    } catch (error) {
      logger.error({ error: describeError(error) }, 'configuration not applied');
      if (isAppError(error, 'INVALID_CONFIG'))
        configRejected(events, host, problemsOf(error.details.problems, error.message));
      return false;
    }
  };

  const watchers = await watchHints(options, () => lookIn(settleMs));
  await look();
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

async function watchHints(options: HostRendererOptions, onHint: () => void): Promise<readonly FSWatcher[]> {
  const directories = [posix.dirname(options.configFile), await makeSubnetDirectory(options.paths)];
  return directories.map((directory) => {
    const names = new Set([
      posix.basename(options.configFile),
      'overlay.yaml',
      posix.basename(options.paths.flannelSubnet),
    ]);
    const watcher = watch(directory, (_event, name) => {
      if (name === null || names.has(name)) onHint();
    });
    watcher.on('error', () => undefined);
    return watcher;
  });
}

function problemsOf(problems: unknown, message: string): readonly ConfigProblem[] {
  return Array.isArray(problems) ? (problems as ConfigProblem[]) : [{ path: '', message }];
}
