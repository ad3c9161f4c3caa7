/** In which order objects are applied, so that what others need is there first; pruning goes the other way round. */

/** Kinds in the order in which they are made (after Helm's InstallOrder); every other kind stands at `*`. */
const kindsInOrder = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'RuntimeClass',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodDisruptionBudget',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Service',
  'Deployment',
  'DaemonSet',
  'StatefulSet',
  'Job',
  'CronJob',
  '*',
  // Last: until what they point to answers, they make other requests fail.
  'APIService',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
] as const;

const rankOfKind = new Map<string, number>(kindsInOrder.map((kind, index) => [kind, index]));

/** The place of a kind in the order of making, smaller first. */
export function rankOf(kind: string): number {
  return rankOfKind.get(kind) ?? kindsInOrder.indexOf('*');
}

/** A copy in the order of making; what has the same rank keeps the order of the files. */
export function inApplyOrder<T>(items: readonly T[], kindOf: (item: T) => string): readonly T[] {
  return items.toSorted((left, right) => rankOf(kindOf(left)) - rankOf(kindOf(right)));
}

/** A copy in the order of pruning: the exact reverse. */
export function inPruneOrder<T>(items: readonly T[], kindOf: (item: T) => string): readonly T[] {
  return inApplyOrder(items, kindOf).toReversed();
}
