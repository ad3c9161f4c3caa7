/** The role bindings without which nobody gets anywhere: Kubernetes makes none of them by itself. */

import type { ClusterConfig } from '@easycerts/cluster';
import type { Addon } from './manifest.ts';
import { clusterRole, clusterRoleBinding } from './rbac.ts';

/** Administrators, and the API server towards the kubelets (logs, exec, port-forward). */
export const clusterAccess: Addon = {
  name: 'cluster-access',
  manifests: [
    clusterRoleBinding('kubeadm:cluster-admins', 'cluster-admin', { kind: 'Group', name: 'kubeadm:cluster-admins' }),
    clusterRoleBinding('system:kube-apiserver:kubelet-api-admin', 'system:kubelet-api-admin', {
      kind: 'User',
      name: 'system:kube-apiserver',
    }),
  ],
};

/**
 * flanneld on every node (Documentation/kube-flannel.yml of flannel). kube-proxy needs nothing of the kind: Kubernetes itself
 * binds User system:kube-proxy to system:node-proxier.
 */
export const flannelAccess: Addon = {
  name: 'flannel',
  manifests: [
    clusterRole('flannel', [
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
    ]),
    clusterRoleBinding('flannel', 'flannel', { kind: 'User', name: 'flannel-client' }),
  ],
};

/**
 * `joiner leave` deletes the Node of its own host, with kubelet's credentials. The Node authorizer does not let it (node_authorizer.go,
 * authorizeNode), so RBAC does; that it is its own Node and no other sees the admission plugin NodeRestriction to (admission.go,
 * admitNode). Without that plugin nobody is given the right.
 */
export function leavingAccess({ apiserver }: ClusterConfig): readonly Addon[] {
  const isRestricted =
    apiserver.enableAdmissionPlugins.includes('NodeRestriction') &&
    !apiserver.disableAdmissionPlugins.includes('NodeRestriction');
  if (!isRestricted) return [];
  const name = 'easycerts:leaving-nodes';
  return [
    {
      name: 'leaving-nodes',
      manifests: [
        clusterRole(name, [{ apiGroups: [''], resources: ['nodes'], verbs: ['delete'] }]),
        clusterRoleBinding(name, name, { kind: 'Group', name: 'system:nodes' }),
      ],
    },
  ];
}
