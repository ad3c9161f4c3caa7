/** What the API server says about a Node, asked with the node's own credentials. */

import { readFile } from 'node:fs/promises';
import type { Paths } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { connectKube, type KubeConnection } from '@easycerts/runtime';
import { type NodeReadiness, nodeReadinessOf } from '../../core/node-readiness.ts';

/** Who we are in the audit log. */
export const userAgent = 'easycerts-joiner';
const answerTimeoutMs = 5_000;
const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** A connection as `system:node:<host>`, by kubelet's kubeconfig. */
export function connectAsNode(paths: Pick<Paths, 'kubernetes'>): KubeConnection {
  return connectKube(`${paths.kubernetes}/kubelet.kubeconfig`, { userAgent, timeoutMs: answerTimeoutMs });
}

/** Whether the Node is Ready, as reported by this boot. Never throws. */
export async function askNode(connection: KubeConnection, node: string): Promise<NodeReadiness> {
  try {
    const [{ body, status }, bootId] = await Promise.all([
      connection.send({ method: 'GET', path: `/api/v1/nodes/${encodeURIComponent(node)}` }),
      readFile(bootIdFile, 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      ),
    ]);
    return nodeReadinessOf({ status, body, bootId });
  } catch (error) {
    return { isReady: false, detail: toAppError(error, 'ask the API server').message };
  }
}
