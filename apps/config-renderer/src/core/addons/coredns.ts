/**
 * CoreDNS as upstream deploys it (kubeadm's cmd/kubeadm/app/phases/addons/dns/manifests.go), on NixOS's ports: above 1024 it
 * needs neither root nor a capability in effect.
 */

import type { ClusterConfig } from '@easycerts/cluster';
import { corednsDeployment } from './coredns-deployment.ts';
import { corednsPorts } from './coredns-ports.ts';
import type { Addon, Manifest } from './manifest.ts';
import { addonLabels } from './manifest.ts';
import { clusterRole, clusterRoleBinding } from './rbac.ts';

type DnsConfig = ClusterConfig['addons']['dns'];

const namespace = 'kube-system';
const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };

/** Everything of the DNS addon. What users may want to edit follows `reconcileMode`; the rest is always kept as it is. */
export function coredns(dns: DnsConfig): Addon {
  return { name: 'dns', manifests: [...corednsRights(), configMap(dns), corednsDeployment(dns, labels), service(dns)] };
}

function corednsRights(): readonly Manifest[] {
  const serviceAccount = { name: 'coredns', namespace };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...serviceAccount, labels: addonLabels('Reconcile') } },
    clusterRole('system:coredns', [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]),
    clusterRoleBinding('system:coredns', 'system:coredns', { kind: 'ServiceAccount', ...serviceAccount }),
  ];
}

function configMap(dns: DnsConfig): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace, labels: addonLabels(dns.reconcileMode) },
    data: { Corefile: dns.corefile ?? defaultCorefile(dns.clusterDomain) },
  };
}

/** What is served when cluster.yaml says nothing: the cluster's names, everything else from the host's resolvers. */
export function defaultCorefile(clusterDomain: string): string {
  return `.:${corednsPorts.dns} {
    errors
    health :${corednsPorts.health} {
        lameduck 5s
    }
    ready :${corednsPorts.ready}
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :${corednsPorts.metrics}
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30 {
        disable success ${clusterDomain}
        disable denial ${clusterDomain}
    }
    loop
    reload
    loadbalance
}
`;
}

function service(dns: DnsConfig): Manifest {
  const annotations = { 'prometheus.io/port': String(corednsPorts.metrics), 'prometheus.io/scrape': 'true' };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace, labels: addonLabels('Reconcile', labels), annotations },
    spec: {
      clusterIP: dns.clusterIp,
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 'dns-tcp' },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 'metrics' },
      ],
    },
  };
}
