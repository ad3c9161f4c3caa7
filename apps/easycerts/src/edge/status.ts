/** What `easycerts status` tells. */

import { formatDuration } from '@easycerts/core';
import { formatTable, loadClusterConfig } from '@easycerts/runtime';
import type { ProgressLine } from '../core/progress.ts';
import type { DataDirectory } from './data-directory.ts';
import { readLiveSandbox } from './sandbox-record-file.ts';
import { serverOf, watchCluster } from './up/cluster-watch.ts';

export interface ClusterStatus {
  readonly dataDirectory: string;
  readonly isRunning: boolean;
  readonly isReady: boolean;
  readonly mode?: 'sandbox' | 'plain';
  readonly server?: string;
  readonly kubeconfig?: string;
  readonly startedAt?: string;
  readonly components: readonly ProgressLine[];
}

/** Looks once. */
export async function readStatus(data: DataDirectory): Promise<ClusterStatus> {
  const live = readLiveSandbox(data);
  if (live === undefined) return { dataDirectory: data.path, isRunning: false, isReady: false, components: [] };
  const config = await loadClusterConfig(data.clusterFile, { mustResolve: false });
  const { isReady, lines } = await watchCluster({ data, live, config }).look();
  return {
    dataDirectory: data.path,
    isRunning: true,
    isReady,
    mode: live.cable === undefined ? 'plain' : 'sandbox',
    server: serverOf({ config, live }),
    kubeconfig: data.adminKubeconfig,
    startedAt: live.startedAt,
    components: lines,
  };
}

/** The same for people. */
export function formatStatus(status: ClusterStatus): string {
  if (!status.isRunning) return `nothing runs in ${status.dataDirectory}\n`;
  const rows = status.components.map(({ detail, endedAtMs, name, startedAtMs, state }) => {
    const took = startedAtMs === undefined || endedAtMs === undefined ? '' : formatDuration(endedAtMs - startedAtMs);
    return [name, state === 'done' ? 'ready' : state, took, detail ?? ''];
  });
  return `${status.server}  KUBECONFIG=${status.kubeconfig}\n\n${formatTable(['COMPONENT', 'STATE', 'TOOK', ''], rows)}`;
}
