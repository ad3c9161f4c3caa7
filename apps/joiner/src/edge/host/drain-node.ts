/**
 * Empties a node and takes its Node away, with kubelet's own credentials: the Node authorizer lets a node list and evict its own
 * pods and patch its own Node (node_authorizer.go), NodeRestriction keeps it to its own (admission.go). That it may delete its
 * Node is our addon `leaving-nodes`.
 */

import { AppError } from '@easycerts/core';
import type { ApiAnswer, KubeConnection } from '@easycerts/runtime';
import { planDrain, podName, podsIn } from '../../core/drain-plan.ts';

export interface DrainStep {
  /** Pods that are still there. */
  readonly left: readonly string[];
  /** Of them, those that a disruption budget keeps. */
  readonly kept: readonly string[];
  /** Evicted just now although nobody makes them anew. */
  readonly lost: readonly string[];
}

/** Keeps new pods away. A Node that is not there is no error. */
export async function cordonNode(kube: KubeConnection, node: string): Promise<void> {
  const answer = await kube.send({
    method: 'PATCH',
    path: nodePath(node),
    contentType: 'application/merge-patch+json',
    body: { spec: { unschedulable: true } },
  });
  if (answer.status !== 404) assertDone(answer, `cordon node ${node}`);
}

/** Tells every pod to go that has not been told, and says which are left. */
export async function drainStep(kube: KubeConnection, node: string): Promise<DrainStep> {
  const answer = await kube.send({
    method: 'GET',
    path: '/api/v1/pods',
    query: { fieldSelector: `spec.nodeName=${node}` },
  });
  assertDone(answer, `list the pods of ${node}`);
  const { ending, evict } = planDrain(podsIn(answer.body));
  const kept: string[] = [];
  const lost: string[] = [];
  for (const pod of evict) {
    const isEvicted = await evictPod(kube, pod);
    if (!isEvicted) kept.push(podName(pod));
    else if (pod.controller === undefined) lost.push(podName(pod));
  }
  return { left: [...evict, ...ending].map(podName), kept, lost };
}

/** False while a disruption budget keeps it (429, https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/). */
async function evictPod(
  kube: KubeConnection,
  pod: { readonly namespace: string; readonly name: string },
): Promise<boolean> {
  const { name, namespace } = pod;
  const answer = await kube.send({
    method: 'POST',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
  });
  if (answer.status === 429) return false;
  if (answer.status !== 404) assertDone(answer, `evict pod ${podName(pod)}`);
  return true;
}

/** Takes the Node away; one that is not there is no error. */
export async function deleteNode(kube: KubeConnection, node: string): Promise<void> {
  const answer = await kube.send({ method: 'DELETE', path: nodePath(node) });
  if (answer.status !== 404) assertDone(answer, `delete node ${node}`);
}

function nodePath(node: string): string {
  return `/api/v1/nodes/${encodeURIComponent(node)}`;
}

function assertDone({ body, status }: ApiAnswer, doing: string): void {
  if (status >= 200 && status < 300) return;
  const said = (body as { readonly message?: unknown } | undefined)?.message;
  const words = typeof said === 'string' && said !== '' ? said : `the API server answers ${status}`;
  const isRefused = status === 401 || status === 403;
  throw new AppError(isRefused ? 'PERMISSION_DENIED' : 'UNAVAILABLE', `${doing}: ${words}`, {
    details: {
      status,
      cure: isRefused
        ? 'see whether the addon `leaving-nodes` is applied (`kubectl get clusterrolebinding easycerts:leaving-nodes`)'
        : 'see the log of kube-apiserver on the master',
    },
  });
}
