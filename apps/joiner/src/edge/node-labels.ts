/**
 * Keeps the labels of the Node object as the kubelet's spec says. A kubelet sets them only when it registers the Node, so without
 * this a label in cluster.yaml or node.yaml would count on hosts that join later and on no others.
 */

import type { NodeLabels } from '@easycerts/cluster';
import { AppError, isAppError, secondMs } from '@easycerts/core';
import { connectKube, type KubeConnection, type ServiceContext } from '@easycerts/runtime';
import { labelChange } from '../core/label-change.ts';
import type { Records } from './records.ts';

export interface NodeLabelParts {
  readonly context: Pick<ServiceContext, 'clock' | 'logger'>;
  readonly records: Pick<Records, 'nodeLabels' | 'setNodeLabels'>;
  /** For tests. */
  readonly connect?: (kubeconfig: string) => KubeConnection;
}

export interface NodeLabelKeeper {
  /** To be called again and again while the kubelet is healthy. */
  look(wanted: NodeLabels): void;
  /** Resolves when nothing is under way. */
  close(): Promise<void>;
}

/** Who we are in the audit log. */
const userAgent = 'easycerts-joiner';
const answerTimeoutMs = 5 * secondMs;
/** The API server may be away, or the Node not registered yet; labels are in no hurry. */
const retryMs = 5 * secondMs;

export function createNodeLabelKeeper({ connect = connectNode, context, records }: NodeLabelParts): NodeLabelKeeper {
  let underWay: Promise<void> | undefined;
  let retryAtMs = 0;
  let lastProblem = '';

  const set = async ({ kubeconfig, labels, node }: NodeLabels, change: object): Promise<void> => {
    const connection = connect(kubeconfig);
    try {
      const { body, status } = await connection.send({
        method: 'PATCH',
        path: `/api/v1/nodes/${encodeURIComponent(node)}`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels: change } },
      });
      if (status !== 200) throw refusal(node, status, body);
      records.setNodeLabels(labels);
      lastProblem = '';
      context.logger.info({ node, labels: Object.keys(change) }, 'changed labels of the node');
    } finally {
      connection.close();
    }
  };
  const failed = (error: unknown): void => {
    retryAtMs = context.clock.now().getTime() + retryMs;
    const problem = error instanceof Error ? error.message : String(error);
    // A host that joins has no Node object yet.
    const isNews = problem !== lastProblem && !isAppError(error, 'NOT_FOUND');
    context.logger[isNews ? 'warn' : 'debug']({ err: error }, 'labels of the node not changed');
    lastProblem = problem;
  };
  return {
    look(wanted) {
      if (underWay !== undefined || context.clock.now().getTime() < retryAtMs) return;
      const change = labelChange(records.nodeLabels(), wanted.labels);
      if (change === undefined) return;
      underWay = set(wanted, change)
        .catch(failed)
        .finally(() => {
          underWay = undefined;
        });
    },
    async close() {
      await underWay;
    },
  };
}

function connectNode(kubeconfig: string): KubeConnection {
  return connectKube(kubeconfig, { userAgent, timeoutMs: answerTimeoutMs });
}

function refusal(node: string, status: number, body: unknown): AppError {
  const message = typeof body === 'object' && body !== null && 'message' in body ? `: ${String(body.message)}` : '';
  return new AppError(
    status === 404 ? 'NOT_FOUND' : 'FAILED_PRECONDITION',
    `change the labels of node ${node}: answer ${status}${message}`,
    {
      details: { cure: 'nodes may not set every label: see NodeRestriction in the documentation of Kubernetes' },
    },
  );
}
