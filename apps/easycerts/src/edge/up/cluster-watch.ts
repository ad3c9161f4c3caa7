/** Looks at a running cluster from outside: supervisor, joiner, the node. */

import { type ClusterConfig, hostInUrl, unitOf } from '@easycerts/cluster';
import { isRunning } from '@easycerts/runtime';
import { sandboxHostName } from '../../core/instance.ts';
import { isComplete, type ProgressLine } from '../../core/progress.ts';
import { type ProgressFacts, progressLines } from '../../core/progress-lines.ts';
import { type Failure, parseSupervisorState } from '../../core/supervisor-state.ts';
import { type DataDirectory, readIfThere } from '../data-directory.ts';
import type { LiveSandbox } from '../sandbox-record-file.ts';
import { readJoinerProgress } from './joiner-progress.ts';
import { isNodeReady } from './node-ready.ts';

export interface ClusterLook {
  readonly lines: readonly ProgressLine[];
  readonly isReady: boolean;
  /** It has been told to stop, by us or by `easycerts down`. */
  readonly isStopping: boolean;
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

/** Looks at the cluster again and again; what was seen once (the node became Ready) is remembered. */
export function watchCluster(options: WatchOptions): ClusterWatch {
  const { data, live } = options;
  const lookAtNode = nodeLook(options);
  return {
    async look() {
      const supervisor = parseSupervisorState(readIfThere(data.supervisorState) ?? '');
      const components = supervisor?.phase === 'preparing' ? [] : readJoinerProgress(data, live.startedAt);
      const node = await lookAtNode(components.some(({ unit, state }) => unit === unitOf.kubelet && state === 'done'));
      const lines = progressLines({ supervisor, components, ...(node === undefined ? {} : { node }) });
      return {
        lines,
        isReady: components.length > 0 && isComplete(lines),
        isStopping: supervisor?.phase === 'stopping' || supervisor?.phase === 'stopped',
        hasEnded: !isRunning(live.init),
        ...(supervisor?.failure === undefined ? {} : { failure: supervisor.failure }),
      };
    },
  };
}

type NodeProgress = NonNullable<ProgressFacts['node']>;

/** Asks about the node from when its kubelet is healthy until it is Ready; undefined for a cluster without a node. */
function nodeLook({ config, data, live }: WatchOptions): (isKubeletUp: boolean) => Promise<NodeProgress | undefined> {
  const { enable, hostname, registerNode } = config.kubelet;
  // With foreign certificates we have none to ask with.
  if (live.cable === undefined || !enable || !registerNode || !config.easyCerts) return async () => undefined;
  const name = hostname ?? sandboxHostName;
  const question = {
    identityDirectory: `${data.var}/lib/kubernetes/secrets/cluster-admin`,
    server: serverOf({ config, live }),
    node: name,
    ...(live.insideBootId === undefined ? {} : { bootId: live.insideBootId }),
  };
  let known: NodeProgress = { name };
  return async (isKubeletUp) => {
    if (!isKubeletUp || known.readyAtMs !== undefined) return known;
    known = { ...known, startedAtMs: known.startedAtMs ?? Date.now() };
    if (await isNodeReady(question)) known = { ...known, readyAtMs: Date.now() };
    return known;
  };
}
