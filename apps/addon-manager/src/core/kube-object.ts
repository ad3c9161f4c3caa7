/** Kubernetes objects as far as addon-manager looks into them, and the key that tells one from another. */

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly deletionTimestamp?: string;
  readonly [field: string]: unknown;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
  readonly [field: string]: unknown;
}

/** What is needed to address an object. `namespace` is empty for objects of the whole cluster. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A kind as the API server serves it (APIResource of discovery). */
export interface ResourceKind {
  /** Plural, as it stands in paths: `clusterrolebindings`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The group of an apiVersion: `apps` of `apps/v1`, empty for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

/** Identifies an object whatever version of its group names it, so that a new apiVersion is still the same object. */
export function keyOf(reference: ObjectReference): string {
  return [groupOf(reference.apiVersion), reference.kind, reference.namespace, reference.name].join('/');
}

/** An object in words: `Deployment kube-system/coredns`. */
export function describeObject(reference: ObjectReference): string {
  const path = reference.namespace === '' ? reference.name : `${reference.namespace}/${reference.name}`;
  return `${reference.kind} ${path}`;
}

/**
 * The reference of an object once it is known how its kind is served: objects of the whole cluster lose a namespace that was
 * written by mistake, others get `default`, as kubectl does.
 */
export function referenceOf(object: KubeObject, kind: ResourceKind): ObjectReference {
  const { apiVersion, metadata } = object;
  const namespace = kind.namespaced ? (metadata.namespace ?? 'default') : '';
  return { apiVersion, kind: object.kind, namespace, name: metadata.name };
}

/** The path of an object in the API, or of its collection when `collection` is asked for. */
export function pathOf(reference: ObjectReference, kind: ResourceKind, part: 'object' | 'collection'): string {
  const root = reference.apiVersion.includes('/') ? `/apis/${reference.apiVersion}` : `/api/${reference.apiVersion}`;
  const scope = reference.namespace === '' ? '' : `/namespaces/${encodeURIComponent(reference.namespace)}`;
  const name = part === 'object' ? `/${encodeURIComponent(reference.name)}` : '';
  return `${root}${scope}/${kind.plural}${name}`;
}
