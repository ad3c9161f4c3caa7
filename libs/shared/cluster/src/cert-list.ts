/**
 * THE list: every certificate that a host of a cluster has, as data. The CA grants nothing else, certmgr keeps nothing else,
 * and docs/certificates.md is made from it. Adding a certificate is one literal here.
 * Sources: https://kubernetes.io/docs/setup/best-practices/certificates/ and shared rules in docs/architecture.md.
 */

import type { ExtendedKeyUsage, SubjectName } from './certificate-spec.ts';
import type { AuthorityName, ComponentName } from './component-name.ts';
import { agentReplaces, agentUnit, unitOf } from './component-name.ts';
import type { ClusterConfig } from './config/resolve-config.ts';
import type { HostRecord } from './host-facts.ts';
import { hostIdentitySubject } from './host-identity.ts';
import { addressAt, formatIp, parseCidr } from './ip-network.ts';
import type { Paths } from './paths.ts';

/** What an entry may depend on: nothing else decides what is signed. */
export interface ListContext {
  readonly config: ClusterConfig;
  readonly host: HostRecord;
}

export interface CertificateEntry {
  readonly name: string;
  /** What it is for, for people. */
  readonly purpose: string;
  readonly authority: AuthorityName;
  /** The host has it when this component is enabled; `host`: every host; `master`: every master; `cfssl`: those with its API. */
  readonly neededBy: ComponentName | 'host' | 'master' | 'cfssl';
  readonly subject: (context: Pick<ListContext, 'host'>) => SubjectName;
  /** Names and addresses in any order, with repetition; none for a client certificate. */
  readonly names?: (context: ListContext) => readonly (string | undefined)[];
  readonly usages: readonly ExtendedKeyUsage[];
  /** Owner of the key; group too. */
  readonly owner: 'root' | 'kubernetes' | 'etcd' | 'easycerts-ca' | 'easycerts-nats';
  readonly usedBy: readonly string[];
  /** Where the set lies when it is not below the secrets directory. */
  readonly directory?: (paths: Paths) => string;
}

const server: readonly ExtendedKeyUsage[] = ['server auth'];
const client: readonly ExtendedKeyUsage[] = ['client auth'];
const both: readonly ExtendedKeyUsage[] = ['server auth', 'client auth'];

const plain =
  (commonName: string, ...organizations: readonly string[]) =>
  (): SubjectName => ({ commonName, organizations });
const ofNode = ({ host }: Pick<ListContext, 'host'>): SubjectName => ({
  commonName: `system:node:${host.name}`,
  organizations: ['system:nodes'],
});

const loopback = ['localhost', '127.0.0.1', '::1'] as const;
const ofHost = ({ host }: ListContext): readonly string[] => [host.name, ...host.addresses];
const whereNodesReachIt = (context: ListContext): readonly (string | undefined)[] => [
  context.config.masterAddress,
  context.config.apiserver.advertiseAddress,
  ...ofHost(context),
  ...loopback,
];

/** The list, in the order in which a cluster comes up. */
export const certificateList: readonly CertificateEntry[] = [
  {
    name: 'host',
    purpose: 'identity of the host towards the CA and the bus',
    authority: 'easycerts',
    neededBy: 'host',
    subject: ({ host }) => hostIdentitySubject(host.name, host.roles),
    usages: client,
    owner: 'root',
    usedBy: [...agentReplaces, agentUnit, 'kube-addon-manager'],
    directory: (paths) => paths.hostIdentity,
  },
  {
    name: 'ca-server',
    purpose: 'the CA towards the hosts, and its own connection to the bus',
    authority: 'easycerts',
    neededBy: 'master',
    subject: ({ host }) => hostIdentitySubject(host.name, host.roles),
    names: whereNodesReachIt,
    usages: both,
    owner: 'easycerts-ca',
    usedBy: ['easycerts-ca'],
    directory: (paths) => paths.caIdentity,
  },
  {
    name: 'cfssl-server',
    purpose: 'the API of cfssl towards its clients: they trust the CA that signs for them',
    authority: 'kubernetes',
    neededBy: 'cfssl',
    subject: plain('easycerts-cfssl'),
    names: whereNodesReachIt,
    usages: server,
    owner: 'easycerts-ca',
    usedBy: ['easycerts-ca'],
    directory: (paths) => paths.cfsslIdentity,
  },
  {
    name: 'bus-server',
    purpose: 'nats-server towards its clients and the other servers of the bus',
    authority: 'easycerts',
    neededBy: 'master',
    subject: plain('easycerts-bus'),
    names: whereNodesReachIt,
    usages: both,
    owner: 'easycerts-nats',
    usedBy: ['easycerts-nats'],
    directory: (paths) => paths.natsIdentity,
  },
  {
    name: 'etcd-server',
    purpose: 'etcd towards the API server (and towards itself: its gateway is a client)',
    authority: 'etcd',
    neededBy: 'etcd',
    subject: plain('etcd-server'),
    names: (context) => [...ofHost(context), ...loopback],
    usages: both,
    owner: 'etcd',
    usedBy: [unitOf.etcd],
  },
  {
    name: 'etcd-peer',
    purpose: 'etcd towards the other members, both ways',
    authority: 'etcd',
    neededBy: 'etcd',
    subject: plain('etcd-peer'),
    names: (context) => [...ofHost(context), ...loopback],
    usages: both,
    owner: 'etcd',
    usedBy: [unitOf.etcd],
  },
  {
    name: 'etcd-health-client',
    purpose: 'joiner asking etcd how it is',
    authority: 'etcd',
    neededBy: 'etcd',
    subject: plain('etcd-health-client'),
    usages: client,
    owner: 'root',
    usedBy: ['easycerts-joiner'],
  },
  {
    name: 'kube-apiserver',
    purpose: 'the API server towards everyone',
    authority: 'kubernetes',
    neededBy: 'apiserver',
    subject: plain('kube-apiserver'),
    names: (context) => [
      ...apiserverServiceNames(context.config),
      ...whereNodesReachIt(context),
      ...context.config.apiserver.extraSANs,
    ],
    usages: server,
    owner: 'kubernetes',
    usedBy: [unitOf.apiserver],
  },
  {
    name: 'kube-apiserver-etcd-client',
    purpose: 'the API server towards etcd',
    authority: 'etcd',
    neededBy: 'apiserver',
    subject: plain('kube-apiserver-etcd-client'),
    usages: client,
    owner: 'kubernetes',
    usedBy: [unitOf.apiserver],
  },
  {
    name: 'kube-apiserver-kubelet-client',
    purpose: 'the API server towards the kubelets (logs, exec)',
    authority: 'kubernetes',
    neededBy: 'apiserver',
    subject: plain('system:kube-apiserver'),
    usages: client,
    owner: 'kubernetes',
    usedBy: [unitOf.apiserver],
  },
  {
    name: 'front-proxy-client',
    purpose: 'the API server towards aggregated API servers',
    authority: 'front-proxy',
    neededBy: 'apiserver',
    subject: plain('front-proxy-client'),
    usages: client,
    owner: 'kubernetes',
    usedBy: [unitOf.apiserver],
  },
  {
    name: 'apiserver-health-client',
    purpose: 'joiner asking the API server, controller manager and scheduler how they are',
    authority: 'kubernetes',
    neededBy: 'apiserver',
    subject: plain('easycerts:health'),
    usages: client,
    owner: 'root',
    usedBy: ['easycerts-joiner'],
  },
  {
    name: 'kube-controller-manager',
    purpose: 'the controller manager towards who reads its metrics and health',
    authority: 'kubernetes',
    neededBy: 'controllerManager',
    subject: plain('kube-controller-manager'),
    names: (context) => [...ofHost(context), ...loopback],
    usages: server,
    owner: 'kubernetes',
    usedBy: [unitOf.controllerManager],
  },
  {
    name: 'kube-controller-manager-client',
    purpose: 'the controller manager towards the API server',
    authority: 'kubernetes',
    neededBy: 'controllerManager',
    subject: plain('system:kube-controller-manager'),
    usages: client,
    owner: 'kubernetes',
    usedBy: [unitOf.controllerManager],
  },
  {
    name: 'kube-scheduler',
    purpose: 'the scheduler towards who reads its metrics and health',
    authority: 'kubernetes',
    neededBy: 'scheduler',
    subject: plain('kube-scheduler'),
    names: (context) => [...ofHost(context), ...loopback],
    usages: server,
    owner: 'kubernetes',
    usedBy: [unitOf.scheduler],
  },
  {
    name: 'kube-scheduler-client',
    purpose: 'the scheduler towards the API server',
    authority: 'kubernetes',
    neededBy: 'scheduler',
    subject: plain('system:kube-scheduler'),
    usages: client,
    owner: 'kubernetes',
    usedBy: [unitOf.scheduler],
  },
  {
    name: 'kube-addon-manager-client',
    purpose: 'the addon manager towards the API server',
    authority: 'kubernetes',
    neededBy: 'addonManager',
    subject: plain('system:kube-addon-manager'),
    usages: client,
    owner: 'root',
    usedBy: [unitOf.addonManager],
  },
  {
    name: 'cluster-admin',
    purpose: 'people who administer the cluster; rights by the ClusterRoleBinding kubeadm:cluster-admins',
    authority: 'kubernetes',
    neededBy: 'apiserver',
    subject: plain('cluster-admin', 'kubeadm:cluster-admins'),
    usages: client,
    owner: 'root',
    usedBy: [],
  },
  {
    name: 'super-admin',
    purpose: 'break-glass: bypasses all authorization; makes the first role bindings',
    authority: 'kubernetes',
    neededBy: 'apiserver',
    subject: plain('kubernetes-super-admin', 'system:masters'),
    usages: client,
    owner: 'root',
    usedBy: [unitOf.addonManager],
  },
  {
    name: 'kubelet',
    purpose: 'the kubelet towards the API server',
    authority: 'kubernetes',
    neededBy: 'kubelet',
    subject: ofNode,
    names: ofHost,
    usages: server,
    owner: 'root',
    usedBy: [unitOf.kubelet],
  },
  {
    name: 'kubelet-client',
    purpose: 'the kubelet as its Node towards the API server',
    authority: 'kubernetes',
    neededBy: 'kubelet',
    subject: ofNode,
    usages: client,
    owner: 'root',
    usedBy: [unitOf.kubelet],
  },
  {
    name: 'kube-proxy-client',
    purpose: 'kube-proxy towards the API server',
    authority: 'kubernetes',
    neededBy: 'proxy',
    subject: plain('system:kube-proxy'),
    usages: client,
    owner: 'root',
    usedBy: [unitOf.proxy],
  },
  {
    name: 'flannel-client',
    purpose: 'flanneld towards the API server',
    authority: 'kubernetes',
    neededBy: 'flannel',
    subject: plain('flannel-client'),
    usages: client,
    owner: 'root',
    usedBy: [unitOf.flannel],
  },
];

/** How pods reach the API server, whatever the hosts are called: the names of its Service, and its address. */
export function apiserverServiceNames(config: ClusterConfig): readonly (string | undefined)[] {
  return [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${config.addons.dns.clusterDomain}`,
    firstServiceAddress(config),
  ];
}

/** The address of the Service `kubernetes`: the first of the range after the network's own. */
export function firstServiceAddress(config: ClusterConfig): string | undefined {
  const range = parseCidr(config.apiserver.serviceClusterIpRange);
  const address = range && addressAt(range, 1n);
  return address && formatIp(address);
}
