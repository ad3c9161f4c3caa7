/** Whether a Node is Ready, out of what the API server answers. */

export type NodeReadiness =
  | { readonly isReady: true; readonly isSchedulable: boolean }
  | { readonly isReady: false; readonly detail: string };

export interface NodeAnswer {
  /** Of HTTP. */
  readonly status: number;
  readonly body: unknown;
  /** Of this host now: what an earlier boot reported stays in the API for a while. Undefined where it is not known. */
  readonly bootId: string | undefined;
}

interface Condition {
  readonly type?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
}

export function nodeReadinessOf({ body, bootId, status }: NodeAnswer): NodeReadiness {
  if (status === 404) return no('kubelet has not made its Node yet');
  if (status === 401 || status === 403) return no(`the API server refuses kubelet’s certificate (${status})`);
  if (status !== 200) return no(`the API server answers ${status}`);
  const node = recordOf(body);
  const nodeStatus = recordOf(node.status);
  if (bootId !== undefined && recordOf(nodeStatus.nodeInfo).bootID !== bootId)
    return no('kubelet has not reported since this boot');
  const conditions = Array.isArray(nodeStatus.conditions) ? (nodeStatus.conditions as Condition[]) : [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return { isReady: true, isSchedulable: recordOf(node.spec).unschedulable !== true };
  const words = typeof ready?.message === 'string' && ready.message !== '' ? ready.message : ready?.reason;
  return no(typeof words === 'string' && words !== '' ? words : 'the Node has no condition Ready yet');
}

function no(detail: string): NodeReadiness {
  return { isReady: false, detail };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
