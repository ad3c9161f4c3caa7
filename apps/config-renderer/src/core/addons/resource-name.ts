/** How the API addresses a kind, without asking it. */

import type { Manifest } from './manifest.ts';
import { groupOf } from './manifest.ts';

/** How a kind is served. */
export interface ServedKind {
  readonly group: string;
  /** Plural in lowercase. */
  readonly resource: string;
  readonly isNamespaced: boolean;
}

/** Kinds without a namespace among those that come with Kubernetes (`kubectl api-resources --namespaced=false`). */
const clusterKinds = new Set([
  'APIService',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterTrustBundle',
  'CSIDriver',
  'CSINode',
  'CustomResourceDefinition',
  'DeviceClass',
  'FlowSchema',
  'IngressClass',
  'IPAddress',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'ServiceCIDR',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

/** A function that knows the built-in kinds and those that CustomResourceDefinitions among the manifests define. */
export function kindsServedWith(manifests: readonly Manifest[]): (manifest: Manifest) => ServedKind {
  const defined = new Map(manifests.filter(({ kind }) => kind === 'CustomResourceDefinition').flatMap(definedKind));
  return ({ apiVersion, kind }) => {
    const group = groupOf(apiVersion);
    return (
      defined.get(`${group}/${kind}`) ?? { group, resource: guessResource(kind), isNamespaced: !clusterKinds.has(kind) }
    );
  };
}

/**
 * As apimachinery's UnsafeGuessKindToResource (k8s.io/apimachinery/pkg/api/meta/restmapper.go), which is right for every
 * built-in kind.
 */
export function guessResource(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular === 'endpoints') return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}

interface DefinitionSpec {
  readonly group?: unknown;
  readonly scope?: unknown;
  readonly names?: { readonly kind?: unknown; readonly plural?: unknown } | null;
}

function definedKind(manifest: Manifest): readonly (readonly [string, ServedKind])[] {
  const { group, names, scope } = (manifest.spec ?? {}) as DefinitionSpec;
  if (typeof group !== 'string' || typeof names?.kind !== 'string' || typeof names.plural !== 'string') return [];
  return [[`${group}/${names.kind}`, { group, resource: names.plural, isNamespaced: scope !== 'Cluster' }]];
}
