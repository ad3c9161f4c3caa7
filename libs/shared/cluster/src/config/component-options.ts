/** The options of each component, with the names and defaults of NixOS's `services.kubernetes` where it has them. */

import { z } from 'zod';
import {
  absolutePath,
  cidr,
  dnsName,
  extraOpts,
  featureGates,
  hostName,
  ipAddress,
  nameOrAddress,
  port,
  verbosity,
} from './option-types.ts';

const enable = z.boolean().optional().describe('whether it runs on this host; decided by `roles` when not given');
const certFile = absolutePath.optional().describe('certificate to use instead of one of ours');
const keyFile = absolutePath.optional().describe('key to use instead of one of ours');
const caFile = absolutePath.optional().describe('CA certificates to trust instead of ours');

/** How a component reaches the API server when its certificates are not ours. */
export const kubeconfigOptions = z
  .strictObject({
    server: z.url().optional().describe('address of the API server; default `apiserverAddress`'),
    caFile,
    certFile,
    keyFile,
  })
  .prefault({});

export const containerdOptions = z
  .strictObject({
    enable: z.boolean().optional().describe('whether we run containerd; default: whether the kubelet runs'),
    snapshotter: z.enum(['overlayfs', 'native']).optional().describe('default: the best one that the host can do'),
    extraOpts,
  })
  .prefault({});

export const etcdOptions = z
  .strictObject({
    enable,
    listenAddress: ipAddress.default('127.0.0.1').describe('where etcd listens for its clients and peers'),
    clientPort: port.default(2379).describe('where etcd listens for its clients'),
    peerPort: port.default(2380).describe('where etcd listens for the other members'),
    certFile,
    keyFile,
    trustedCaFile: caFile,
    healthCertFile: absolutePath
      .optional()
      .describe('client certificate for the health check, with foreign certificates'),
    healthKeyFile: keyFile,
    extraOpts,
  })
  .prefault({});

export const apiserverOptions = z
  .strictObject({
    enable,
    advertiseAddress: ipAddress.optional().describe('the address that the Service `kubernetes` leads to'),
    allowPrivileged: z.boolean().default(false).describe('whether pods may be privileged'),
    apiAudiences: z
      .string()
      .default('api,https://kubernetes.default.svc')
      .describe('audiences that service-account tokens are accepted for'),
    authorizationMode: z
      .array(z.enum(['RBAC', 'Node', 'ABAC', 'Webhook', 'AlwaysDeny']))
      .default(['RBAC', 'Node'])
      .describe('authorizers, asked in this order'),
    bindAddress: ipAddress.default('0.0.0.0').describe('address that the secure port listens on'),
    clientCaFile: caFile,
    disableAdmissionPlugins: z.array(z.string()).default([]).describe('admission plugins to turn off'),
    enableAdmissionPlugins: z
      .array(z.string())
      .default([
        'NamespaceLifecycle',
        'LimitRanger',
        'ServiceAccount',
        'ResourceQuota',
        'DefaultStorageClass',
        'DefaultTolerationSeconds',
        'NodeRestriction',
      ])
      .describe('admission plugins to turn on'),
    etcd: z
      .strictObject({
        servers: z.array(z.url()).optional().describe('default: the etcd of this host'),
        caFile,
        certFile,
        keyFile,
      })
      .prefault({}),
    extraOpts,
    extraSANs: z.array(nameOrAddress).default([]).describe('more names and addresses for the serving certificate'),
    featureGates: featureGates.optional().describe('for this component, instead of the common ones'),
    kubeletClientCaFile: caFile,
    kubeletClientCertFile: certFile,
    kubeletClientKeyFile: keyFile,
    preferredAddressTypes: z
      .string()
      .default('InternalIP,Hostname')
      .describe('how the API server reaches the kubelets: the first kind of address that a node has'),
    proxyClientCaFile: caFile,
    proxyClientCertFile: certFile,
    proxyClientKeyFile: keyFile,
    healthCertFile: absolutePath
      .optional()
      .describe('client certificate for the health check, with foreign certificates'),
    healthKeyFile: keyFile,
    runtimeConfig: z.string().optional().describe('API groups and versions to turn on or off: `batch/v2alpha1=true`'),
    securePort: port.default(6443).describe('port of the API server'),
    serviceAccountIssuer: z
      .url()
      .default('https://kubernetes.default.svc')
      .describe('issuer of service-account tokens'),
    serviceAccountKeyFile: absolutePath.optional().describe('public keys that verify service-account tokens'),
    serviceAccountSigningKeyFile: absolutePath.optional().describe('private key that signs service-account tokens'),
    serviceClusterIpRange: cidr.default('10.0.0.0/24').describe('the network of the Services'),
    tlsCertFile: certFile,
    tlsKeyFile: keyFile,
    verbosity,
  })
  .prefault({});

export const controllerManagerOptions = z
  .strictObject({
    enable,
    allocateNodeCIDRs: z.boolean().default(true).describe('whether each node gets a network of its own for its pods'),
    bindAddress: ipAddress.default('127.0.0.1').describe('address that it listens on'),
    clusterCidr: cidr.optional().describe('default: the `clusterCidr` of the cluster'),
    extraOpts,
    featureGates: featureGates.optional().describe('for this component, instead of the common ones'),
    kubeconfig: kubeconfigOptions,
    leaderElect: z.boolean().default(false).describe('only several masters need it; with it a restart takes 17 s more'),
    rootCaFile: caFile,
    securePort: port.default(10_257).describe('port of health and metrics'),
    serviceAccountKeyFile: absolutePath
      .optional()
      .describe('private key that signs service-account tokens, with foreign certificates'),
    tlsCertFile: certFile,
    tlsKeyFile: keyFile,
    verbosity,
  })
  .prefault({});

export const schedulerOptions = z
  .strictObject({
    enable,
    address: ipAddress.default('127.0.0.1').describe('address that it listens on'),
    port: port.default(10_259).describe('port of health and metrics'),
    extraOpts,
    featureGates: featureGates.optional().describe('for this component, instead of the common ones'),
    kubeconfig: kubeconfigOptions,
    leaderElect: z.boolean().default(false).describe('only several masters need it'),
    tlsCertFile: certFile,
    tlsKeyFile: keyFile,
    verbosity,
  })
  .prefault({});

export const proxyOptions = z
  .strictObject({
    enable,
    bindAddress: ipAddress.default('0.0.0.0').describe('address that it listens on'),
    extraOpts,
    featureGates: featureGates.optional().describe('for this component, instead of the common ones'),
    hostname: dnsName.optional().describe('name of the Node object; default: that of the kubelet'),
    kubeconfig: kubeconfigOptions,
    mode: z
      .enum(['iptables', 'nftables'])
      .optional()
      .describe('how Services are made; default: iptables, or nftables where the host has only nft'),
    verbosity,
  })
  .prefault({});

const taint = z.strictObject({
  key: z.string().min(1),
  value: z.string().default(''),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

export const kubeletOptions = z
  .strictObject({
    enable,
    address: ipAddress.default('0.0.0.0').describe('address that it listens on'),
    clientCaFile: caFile,
    clusterDns: z.array(ipAddress).optional().describe('default: the cluster IP of the DNS addon'),
    clusterDomain: dnsName.optional().describe('default: the domain of the DNS addon'),
    cni: z
      .strictObject({
        binDir: absolutePath.optional().describe('where the CNI plugins lie; default: where the host has them'),
      })
      .prefault({}),
    containerRuntimeEndpoint: z.string().optional().describe('default: the socket of our containerd'),
    extraConfig: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('fields of KubeletConfiguration, laid over ours'),
    extraOpts,
    featureGates: featureGates.optional().describe('for this component, instead of the common ones'),
    healthz: z
      .strictObject({
        bind: ipAddress.default('127.0.0.1').describe('address of the health check'),
        port: port.default(10_248).describe('port of the health check'),
      })
      .prefault({}),
    hostname: hostName.optional().describe('name of the Node object; default: the host name in lowercase'),
    kubeconfig: kubeconfigOptions,
    manifests: z
      .record(z.string().regex(/^[a-z0-9.-]+$/), z.record(z.string(), z.unknown()))
      .default({})
      .describe('static pods, by name'),
    nodeIp: ipAddress.optional().describe('default: the first address of the host'),
    nodeLabels: z.record(z.string(), z.string()).default({}).describe('labels of the Node object'),
    port: port.default(10_250).describe('port of the kubelet'),
    registerNode: z.boolean().default(true).describe('whether it makes its Node object itself'),
    seedImages: z
      .array(absolutePath)
      .default([])
      .describe(
        'archives of images (OCI or Docker) on the host, imported before the kubelet starts and when they change',
      ),
    sandboxImage: z
      .string()
      .default('registry.k8s.io/pause:3.10')
      .describe('image of the container that holds a pod together'),
    taints: z
      .record(z.string(), taint)
      .default({})
      .describe(
        'taints that the Node object gets when the kubelet registers it, by any name: a node may not change its own',
      ),
    tlsCertFile: certFile,
    tlsKeyFile: keyFile,
    unschedulable: z.boolean().default(false).describe('whether new pods are kept away from this node'),
    verbosity,
  })
  .prefault({});

export const flannelOptions = z
  .strictObject({
    enable,
    backend: z
      .enum(['vxlan', 'host-gw'])
      .default('vxlan')
      .describe(
        'how packets get to other hosts: wrapped (vxlan), or by routes where all hosts share a network (host-gw)',
      ),
    interface: z.string().optional().describe('interface or address that carries the traffic between hosts'),
    kubeconfig: kubeconfigOptions,
    extraOpts,
  })
  .prefault({});

const manifests = z.record(z.string().regex(/^[a-z0-9.-]+$/), z.record(z.string(), z.unknown()));

export const addonManagerOptions = z
  .strictObject({
    enable,
    addons: manifests.default({}).describe('Kubernetes objects kept applied, by file name'),
    bootstrapAddons: manifests.default({}).describe('objects applied with the rights of the super-admin, by file name'),
    kubeconfig: kubeconfigOptions,
  })
  .prefault({});

export const addonsOptions = z
  .strictObject({
    dns: z
      .strictObject({
        enable: z.boolean().default(true).describe('whether the cluster has DNS'),
        clusterDomain: dnsName.default('cluster.local').describe('the domain of Services and pods'),
        clusterIp: ipAddress.optional().describe('default: the last usable address of the service range'),
        corefile: z.string().optional().describe('default: kubernetes, forward to the host’s resolvers, cache'),
        image: z.string().default('registry.k8s.io/coredns/coredns:v1.12.4').describe('image of CoreDNS'),
        reconcileMode: z
          .enum(['Reconcile', 'EnsureExists'])
          .default('Reconcile')
          .describe('whether changes by hand are put back'),
        replicas: z.int().min(1).max(100).default(2).describe('how many copies of CoreDNS run'),
      })
      .prefault({}),
  })
  .prefault({});
