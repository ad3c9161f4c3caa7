/**
 * The daemon: looks at the configuration, the host and flannel's subnet when they change and at an interval, and applies. On a
 * node the configuration comes from the master over the bus; on a master it goes to the nodes, one after the other.
 */

import { hostname } from 'node:os';
import type { HostRecord } from '@easycerts/cluster';
import { minuteMs, secondMs } from '@easycerts/core';
import {
  type Bus,
  loadAcceptedConfig,
  nodeNameOf,
  type RunningService,
  readReceivedHost,
  type ServiceContext,
} from '@easycerts/runtime';
import { Applier } from './edge/applier.ts';
import { watchFiles } from './edge/file-hints.ts';
import type { HostRendererOptions, RenderPlan } from './edge/host-renderer.ts';
import { startLooking } from './edge/looking.ts';
import { followOwnDocument } from './edge/own-document.ts';
import { type RolloutCoordinator, startRolloutCoordinator } from './edge/rollout-coordinator.ts';

export interface ConfigRendererContext extends ServiceContext {
  /** Absent without easyCerts: then only what lies on disk counts. */
  readonly bus?: Bus;
}

export interface ConfigRendererOptions extends HostRendererOptions {
  /** How long a rollout waits for a host that says nothing; default two minutes. */
  readonly awayAfterMs?: number;
}

/** Truth is looked at this often, whatever the hints say. */
const intervalMs = minuteMs;
/** Several changes at once (an editor's rename, flannel's two writes) cost one look. */
const settleMs = 50;
const retryMs = 5 * secondMs;
/** What was heard of is not stored yet. */
const behindMs = 500;
const defaultAwayAfterMs = 2 * minuteMs;

/** Starts the daemon; it applies once before it resolves. */
export async function startConfigRenderer(
  context: ConfigRendererContext,
  options: ConfigRendererOptions,
): Promise<RunningService> {
  const { bus, logger } = context;
  const record: HostRecord | undefined = await readReceivedHost(options.paths).catch(() => undefined);
  const document =
    bus === undefined || record === undefined
      ? undefined
      : followOwnDocument({ bus, host: record.name, logger, onHint: () => looking.soon() });
  const applier = new Applier({ context, host: options, name: record?.name ?? nodeNameOf(hostname()), document });
  let coordinator: RolloutCoordinator | undefined;

  const look = async (): Promise<number> => {
    const plan = await applier.apply();
    await toNodes(plan);
    if (document?.isBehind() === true) return behindMs;
    return plan === undefined ? retryMs : intervalMs;
  };
  const toNodes = async (plan: RenderPlan | undefined): Promise<void> => {
    // While cluster.yaml has a mistake, hosts that join get what was accepted last.
    const config =
      plan?.desired.config ??
      (coordinator === undefined && record === undefined
        ? await loadAcceptedConfig(options.configFile, () => undefined).catch(() => undefined)
        : undefined);
    if (bus === undefined || config === undefined || !config.easyCerts || !config.apiserver.enable) return;
    const awayAfterMs = options.awayAfterMs ?? defaultAwayAfterMs;
    coordinator ??= startRolloutCoordinator({ ...context, bus }, { awayAfterMs });
    coordinator.setConfig(config);
  };

  const looking = startLooking(look, settleMs);
  const stopWatching = await watchFiles(options, () => looking.soon());
  await looking.now();
  return {
    async close() {
      stopWatching();
      await document?.close();
      await looking.close();
      await coordinator?.close();
    },
  };
}
