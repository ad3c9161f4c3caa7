/** Notices that the cluster has moved: that the CA or the bus is to be found, or is to listen, elsewhere than a daemon was told. */

import type { ClusterConfig } from '@easycerts/cluster';
import { secondMs } from '@easycerts/core';
import { loadAcceptedConfig, readClusterTexts } from './load-cluster-config.ts';

export interface MoveWatch {
  /** Aborted when it has moved. */
  readonly signal: AbortSignal;
  /** Looks now, without waiting for the interval. */
  look(): Promise<void>;
  close(): void;
}

export interface MoveWatchOptions {
  /** Path of cluster.yaml. */
  readonly configFile: string;
  /** What the daemon has been started with. */
  readonly config: ClusterConfig;
  /** Default ten seconds: it happens once in years, and nothing is lost meanwhile. */
  readonly everyMs?: number;
}

/** Watches the accepted configuration. A configuration that is gone, or has mistakes, moves nothing. */
export function watchForMove({ configFile, config, everyMs = 10 * secondMs }: MoveWatchOptions): MoveWatch {
  const moved = new AbortController();
  const before = placesOf(config);
  let seen: string | undefined;
  const look = async (): Promise<void> => {
    const texts = JSON.stringify(await readClusterTexts(configFile).catch(() => undefined));
    // Nearly always it is what it was: nothing is parsed again.
    if (seen !== undefined && texts === seen) return;
    let isWhole = true;
    const onProblem = (): void => {
      isWhole = false;
    };
    const now = await loadAcceptedConfig(configFile, onProblem).catch(() => undefined);
    if (now === undefined) return;
    if (isWhole) seen = texts;
    if (placesOf(now) !== before) moved.abort();
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return { signal: moved.signal, look, close: () => clearInterval(timer) };
}

/** All that daemons take from the configuration once, when they start. */
function placesOf({ apiserver, bus, easyCerts, masterAddress, pki }: ClusterConfig): string {
  const { cfssl, enrolPort, grpcPort, httpsPort } = pki;
  const ports = [bus.port, grpcPort, httpsPort, enrolPort];
  // Its profiles are read at each request.
  const { profiles: _, ...atStart } = cfssl;
  return JSON.stringify([easyCerts, apiserver.enable, masterAddress, ports, atStart]);
}
