/** Kubernetes objects as plain data, and the label that addon-manager goes by. */

/** An object to apply. Those that people write in cluster.yaml are checked by addon-manager and the API server, not here. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Manifests that belong together: one file. */
export interface Addon {
  /** Name of the file without its extension, and of the addon in events. */
  readonly name: string;
  readonly manifests: readonly Manifest[];
}

export type AddonMode = 'Reconcile' | 'EnsureExists';

/** The label of addon-manager: https://github.com/kubernetes/kubernetes/tree/v1.36.3/cluster/addons/addon-manager. */
export function addonLabels(
  mode: AddonMode,
  others: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return { ...others, 'addonmanager.kubernetes.io/mode': mode };
}

/** The group of an apiVersion: `apps` of `apps/v1`, empty for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

/**
 * Whether an object grants rights. Who applies it needs those rights first (RBAC's rule against escalation), so it belongs to
 * the bootstrap set, wherever it is written.
 */
export function grantsRights({ apiVersion }: Manifest): boolean {
  return groupOf(apiVersion) === 'rbac.authorization.k8s.io';
}

/** Tells one object from another within the rendered manifests. */
export function manifestKey({ apiVersion, kind, metadata }: Manifest): string {
  return [groupOf(apiVersion), kind, metadata.namespace ?? '', metadata.name].join('/');
}
