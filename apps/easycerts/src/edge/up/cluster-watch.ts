/** Looks at a running cluster from outside: supervisor, joiner, the node. */

import { type ClusterConfig, hostInUrl } from '@easycerts/cluster';
import { sandboxHostName } from '../../core/instance.ts';
import { isComplete, type ProgressLine } from '../../core/progress.ts';
import { progressLines } from '../../core/progress-lines.ts';
import { type Failure, parseSupervisorState } from '../../core/supervisor-state.ts';
import { type DataDirectory, readIfThere } from '../data-directory.ts';
import { isRunning } from '../processes.ts';
import type { LiveSandbox } from '../sandbox-record-file.ts';
import { readJoinerProgress } from './joiner-progress.ts';
import { isNodeReady } from './node-ready.ts';

export interface ClusterLook {
  readonly lines: readonly ProgressLine[];
  readonly isReady: boolean;
  readonly hasEnded: boolean;
  readonly failure?: Failure;
}

export interface ClusterWatch {
  look(): Promise<ClusterLook>;
}

export interface WatchOptions {
  readonly data: DataDirectory;
  readonly live: LiveSandbox;
  readonly config: ClusterConfig;
}

/** The address of the API server for the user. */
export function serverOf({ config, live }: Pick<WatchOptions, 'config' | 'live'>): string {
  return `https://${hostInUrl(live.cable?.sandboxAddress ?? '127.0.0.1')}:${config.apiserver.securePort}`;
}

/** Whether this cluster has a node: in a sandbox, when the configuration asks for one. */
function nodeOf({ config, live }: WatchOptions): string | undefined {
  const { enable, hostname, registerNode } = config.kubelet;
  return live.cable !== undefined && enable && registerNode ? (hostname ?? sandboxHostName) : undefined;
}

export function watchCluster(options: WatchOptions): ClusterWatch {
  const { config, data, live } = options;
  const node = nodeOf(options);
  const startedAtMs = Date.parse(live.startedAt);
  let readyAtMs: number | undefined;
  const askNode = async (name: string): Promise<void> => {
    const identityDirectory = `${data.var}/lib/kubernetes/secrets/cluster-admin`;
    if (readyAtMs !== undefined || !config.easyCerts) return;
    if (await isNodeReady({ identityDirectory, server: serverOf({ config, live }), node: name }))
      readyAtMs = Date.now();
  };
  return {
    async look() {
      const supervisor = parseSupervisorState(readIfThere(data.supervisorState) ?? '');
      const components = supervisor?.phase === 'preparing' ? [] : readJoinerProgress(data, live.startedAt);
      const areUp = components.length > 0 && components.every(({ state }) => state === 'done');
      if (node !== undefined && components.some(({ unit, state }) => unit === 'kubelet' && state === 'done'))
        await askNode(node);
      const lines = progressLines({
        supervisor,
        components,
        ...(node === undefined || !config.easyCerts
          ? {}
          : {
              node: {
                name: node,
                isReady: readyAtMs !== undefined,
                startedAtMs,
                ...(readyAtMs === undefined ? {} : { readyAtMs }),
              },
            }),
      });
      return {
        lines,
        isReady: areUp && isComplete(lines),
        hasEnded: !isRunning(live.init),
        ...(supervisor?.failure === undefined ? {} : { failure: supervisor.failure }),
      };
    },
  };
}
