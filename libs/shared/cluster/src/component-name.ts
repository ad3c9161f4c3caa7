/** The closed lists of roles and components. */

export const roles = ['master', 'node'] as const;
export type Role = (typeof roles)[number];

/** Every component that `cluster.yaml` can enable, under the name that NixOS's options give it (containerd is ours). */
export const componentNames = [
  'containerd',
  'etcd',
  'apiserver',
  'controllerManager',
  'scheduler',
  'addonManager',
  'kubelet',
  'proxy',
  'flannel',
] as const;
export type ComponentName = (typeof componentNames)[number];

/** The unit (systemd unit name without suffix, process name, log file name) of each component. */
export const unitOf: Readonly<Record<ComponentName, string>> = {
  containerd: 'containerd',
  etcd: 'etcd',
  apiserver: 'kube-apiserver',
  controllerManager: 'kube-controller-manager',
  scheduler: 'kube-scheduler',
  addonManager: 'kube-addon-manager',
  kubelet: 'kubelet',
  proxy: 'kube-proxy',
  flannel: 'flanneld',
};

/**
 * The certificate authorities, apart from each other: no certificate of one is accepted where another is asked for. `services`
 * is for what users run besides the cluster: no part of the cluster trusts it.
 */
export const authorityNames = ['kubernetes', 'etcd', 'front-proxy', 'easycerts', 'services'] as const;
export type AuthorityName = (typeof authorityNames)[number];

/** What runs on a node: the three that follow, in one process (docs/adr/0021). */
export const agentUnit = 'easycerts-agent';
/** On a master each is a unit of its own. */
export const agentReplaces = ['easycerts-certmgr', 'easycerts-config-renderer', 'easycerts-joiner'] as const;

/** Our own services, run by the same means as the components: `bus` is nats-server. */
export const serviceNames = ['bus', 'ca', 'certmgr', 'configRenderer'] as const;
export type ServiceName = (typeof serviceNames)[number];
