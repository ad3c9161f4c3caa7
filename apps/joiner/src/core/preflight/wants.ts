/** What preflight wants of a host, out of what is to run there. */

import type { ClusterConfig, Role } from '@easycerts/cluster';
import { cniFolders, enabledComponents, programFolders, unitOf } from '@easycerts/cluster';
import type { PreflightWants, WantedPort, WantedProgram } from './facts.ts';

export interface WantsOptions {
  readonly role: Role;
  /** Of the cluster; on a node that has not joined, the defaults with what its own files say. */
  readonly config: ClusterConfig;
  readonly isConfigured: boolean;
}

/** Fixed by Kubernetes. */
const proxyMetricsPort = 10_249;
const proxyHealthPort = 10_256;
const controllerManagerPort = 10_257;
const schedulerPort = 10_259;

export function preflightWants({ config, isConfigured, role }: WantsOptions): PreflightWants {
  return {
    role,
    isConfigured,
    runsPods: config.kubelet.enable,
    usesVxlan: config.flannel.enable && config.flannel.backend === 'vxlan',
    failsOnSwap: config.kubelet.extraConfig.failSwapOn !== false,
    ports: portsOf(config, role),
    programs: programsOf(config),
  };
}

function portsOf(config: ClusterConfig, role: Role): readonly WantedPort[] {
  const of = (unit: string, use: string, ...ports: readonly number[]): readonly WantedPort[] =>
    ports.map((port) => ({ port, use, unit }));
  const { apiserver, bus, controllerManager, etcd, kubelet, pki, proxy, scheduler } = config;
  return [
    ...(kubelet.enable ? of(unitOf.kubelet, 'kubelet', kubelet.port, kubelet.healthz.port) : []),
    ...(proxy.enable ? of(unitOf.proxy, 'kube-proxy', proxyMetricsPort, proxyHealthPort) : []),
    ...(apiserver.enable ? of(unitOf.apiserver, 'the API server', apiserver.securePort) : []),
    ...(controllerManager.enable ? of(unitOf.controllerManager, 'the controller manager', controllerManagerPort) : []),
    ...(scheduler.enable ? of(unitOf.scheduler, 'the scheduler', schedulerPort) : []),
    ...(etcd.enable ? of(unitOf.etcd, 'etcd', etcd.clientPort, etcd.peerPort) : []),
    ...(role === 'master' && config.easyCerts
      ? [
          ...of('easycerts-nats', 'the bus', bus.port),
          ...of('easycerts-ca', 'the CA', pki.grpcPort, pki.httpsPort, pki.enrolPort),
        ]
      : []),
  ];
}

const kubernetesProgram: Readonly<Record<string, string>> = {
  kubelet: 'kubelet',
  proxy: 'kube-proxy',
  apiserver: 'kube-apiserver',
  controllerManager: 'kube-controller-manager',
  scheduler: 'kube-scheduler',
};

function programsOf(config: ClusterConfig): readonly WantedProgram[] {
  const { binDir, kubelet, proxy } = config;
  const enabled = enabledComponents(config);
  const kubernetes = enabled.flatMap((component) => {
    const name = kubernetesProgram[component];
    return name === undefined
      ? []
      : [{ name, directory: binDir, kind: 'kubernetes' as const, cure: installCure(binDir) }];
  });
  const other = (name: string, cure: string, directory: string | undefined): WantedProgram => ({
    name,
    directory,
    kind: 'other',
    cure,
  });
  return [
    ...kubernetes,
    ...(enabled.includes('etcd') ? [other('etcd', installCure(binDir), binDir)] : []),
    ...(enabled.includes('flannel') ? [other('flanneld', installCure(binDir), binDir)] : []),
    ...(enabled.includes('containerd')
      ? [
          {
            ...other('containerd', installCure(binDir), binDir),
            kind: 'containerd' as const,
            elsewhere: programFolders,
          },
          { ...other('runc', installCure(binDir), binDir), elsewhere: programFolders },
        ]
      : []),
    ...(kubelet.enable
      ? [
          ...cniPlugins.map((name) => cniPlugin(name, kubelet.cni.binDir)),
          other('mount', 'apt-get install mount', undefined),
          other('umount', 'apt-get install mount', undefined),
        ]
      : []),
    ...(proxy.enable ? [packetFilter(proxy.mode)] : []),
  ];
}

function cniPlugin(name: string, binDir: string | undefined): WantedProgram {
  const directory = binDir ?? cniFolders[0];
  const cure = `install the CNI plugins in ${directory}`;
  return { name, directory, kind: 'other', cure, ...(binDir === undefined ? { elsewhere: cniFolders } : {}) };
}

/** What kube-proxy makes Services with: nft, iptables, or what there is. */
function packetFilter(mode: 'iptables' | 'nftables' | undefined): WantedProgram {
  const common = { directory: undefined, kind: 'other' } as const;
  if (mode === 'nftables') return { ...common, name: 'nft', cure: 'apt-get install nftables' };
  const iptables = { ...common, name: 'iptables', cure: 'apt-get install iptables' };
  return mode === 'iptables' ? iptables : { ...iptables, substitute: 'nft' };
}

/** What flannel's network of a node is made with. */
const cniPlugins = ['bridge', 'host-local', 'loopback', 'portmap'];

function installCure(binDir: string): string {
  return `install the programs of Kubernetes in ${binDir}, or say in /etc/easycerts/node.yaml where they lie: binDir: /folder`;
}
