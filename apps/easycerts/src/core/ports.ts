/** The ports that a control plane on loopback listens on. */

import type { ClusterConfig } from '@easycerts/cluster';

export interface PortUse {
  readonly port: number;
  /** Who wants it. */
  readonly component: string;
  /** Where in cluster.yaml it can be changed. */
  readonly key: string;
}

/** Every port of a configuration's control plane, none twice. */
export function controlPlanePorts(config: ClusterConfig): readonly PortUse[] {
  const { apiserver, bus, controllerManager, easyCerts, etcd, pki, scheduler } = config;
  const uses: readonly (PortUse & { readonly isUsed: boolean })[] = [
    { isUsed: easyCerts, port: bus.port, component: 'nats-server', key: 'bus.port' },
    { isUsed: easyCerts, port: pki.grpcPort, component: 'ca', key: 'pki.grpcPort' },
    { isUsed: easyCerts, port: pki.httpsPort, component: 'ca', key: 'pki.httpsPort' },
    { isUsed: easyCerts, port: pki.enrolPort, component: 'ca', key: 'pki.enrolPort' },
    { isUsed: etcd.enable, port: etcd.clientPort, component: 'etcd', key: 'etcd.clientPort' },
    { isUsed: etcd.enable, port: etcd.peerPort, component: 'etcd', key: 'etcd.peerPort' },
    { isUsed: apiserver.enable, port: apiserver.securePort, component: 'kube-apiserver', key: 'apiserver.securePort' },
    {
      isUsed: controllerManager.enable,
      port: controllerManager.securePort,
      component: 'kube-controller-manager',
      key: 'controllerManager.securePort',
    },
    { isUsed: scheduler.enable, port: scheduler.port, component: 'kube-scheduler', key: 'scheduler.port' },
  ];
  return uses.filter(({ isUsed }) => isUsed).map(({ port, component, key }) => ({ port, component, key }));
}
