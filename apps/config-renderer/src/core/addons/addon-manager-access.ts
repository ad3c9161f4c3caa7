/** What User system:kube-addon-manager may do: keep the addons, look at the bootstrap set, and nothing else. */

import type { Addon, Manifest } from './manifest.ts';
import type { PolicyRule } from './rbac.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac.ts';
import type { ServedKind } from './resource-name.ts';
import type { Need } from './rules-for.ts';
import { needOf, rulesFor, wholeCluster } from './rules-for.ts';

/** Name of the user and of its roles and bindings, everywhere. */
const userName = 'system:kube-addon-manager';

/** Where addon-manager writes down what it applied (apps/addon-manager/src/core/inventory.ts). */
const inventories = ['easycerts-addons-inventory', 'easycerts-bootstrap-inventory'];

export interface AccessFacts {
  /** What it keeps applied. */
  readonly kept: readonly Manifest[];
  /** What it only looks at, to see whether super-admin's rights are needed. */
  readonly observed: readonly Manifest[];
  readonly servedAs: (manifest: Manifest) => ServedKind;
}

/** Its roles and bindings, one pair for the cluster and one for each namespace. */
export function addonManagerAccess({ kept, observed, servedAs }: AccessFacts): Addon {
  const needs: readonly Need[] = [
    ...kept.map((manifest) => needOf(manifest, servedAs(manifest), 'keep')),
    ...observed.map((manifest) => needOf(manifest, servedAs(manifest), 'read')),
    ...inventories.map(inventoryNeed),
  ];
  const namespaces = new Set([wholeCluster, ...needs.map(({ namespace }) => namespace)]);
  const rules = rulesFor([...needs, ...[...namespaces].flatMap(ownNeeds)]);
  return {
    name: 'addon-manager',
    manifests: [...rules].flatMap(([namespace, here]) => roleWithBinding(namespace, here)),
  };
}

function roleWithBinding(namespace: string, rules: readonly PolicyRule[]): readonly Manifest[] {
  const subject = { kind: 'User', name: userName } as const;
  if (namespace === wholeCluster)
    return [clusterRole(userName, rules), clusterRoleBinding(userName, userName, subject)];
  return [role(namespace, userName, rules), roleBinding(namespace, userName, userName, subject)];
}

/** Its own roles are part of the bootstrap set, which it looks at. */
function ownNeeds(namespace: string): readonly Need[] {
  const isNamespaced = namespace !== wholeCluster;
  const resources = isNamespaced ? ['roles', 'rolebindings'] : ['clusterroles', 'clusterrolebindings'];
  return resources.map((resource) => ({
    purpose: 'read',
    served: { group: 'rbac.authorization.k8s.io', resource, isNamespaced },
    namespace,
    name: userName,
  }));
}

function inventoryNeed(name: string): Need {
  return {
    purpose: 'keep',
    served: { group: '', resource: 'configmaps', isNamespaced: true },
    namespace: 'kube-system',
    name,
  };
}
