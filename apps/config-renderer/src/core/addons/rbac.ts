/** Roles and bindings, written in full, so that an object that is right is recognised without asking for its defaults. */

import type { Manifest } from './manifest.ts';
import { addonLabels } from './manifest.ts';

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export type Subject =
  | { readonly kind: 'User' | 'Group'; readonly name: string }
  | { readonly kind: 'ServiceAccount'; readonly name: string; readonly namespace: string };

const rbacGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${rbacGroup}/v1`;

export function clusterRole(name: string, rules: readonly PolicyRule[]): Manifest {
  return { apiVersion, kind: 'ClusterRole', metadata: { name, labels: addonLabels('Reconcile') }, rules };
}

export function clusterRoleBinding(name: string, role: string, subject: Subject): Manifest {
  const metadata = { name, labels: addonLabels('Reconcile') };
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: roleRef('ClusterRole', role),
    subjects: [inFull(subject)],
  };
}

export function role(namespace: string, name: string, rules: readonly PolicyRule[]): Manifest {
  return { apiVersion, kind: 'Role', metadata: { name, namespace, labels: addonLabels('Reconcile') }, rules };
}

export function roleBinding(namespace: string, name: string, roleName: string, subject: Subject): Manifest {
  const metadata = { name, namespace, labels: addonLabels('Reconcile') };
  return { apiVersion, kind: 'RoleBinding', metadata, roleRef: roleRef('Role', roleName), subjects: [inFull(subject)] };
}

function roleRef(kind: 'Role' | 'ClusterRole', name: string) {
  return { apiGroup: rbacGroup, kind, name };
}

function inFull(subject: Subject) {
  return subject.kind === 'ServiceAccount' ? subject : { apiGroup: rbacGroup, ...subject };
}
