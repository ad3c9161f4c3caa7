/** The pods of CoreDNS: no root, no capability in effect, nothing writable. */

import type { ClusterConfig } from '@easycerts/cluster';
import { corednsPorts } from './coredns-ports.ts';
import type { Manifest } from './manifest.ts';
import { addonLabels } from './manifest.ts';

/** A user and group that own nothing (nobody's number in distroless images). */
const nobodyId = 65_532;

type DnsConfig = ClusterConfig['addons']['dns'];

/** The Deployment of CoreDNS. */
export function corednsDeployment(dns: DnsConfig, labels: Readonly<Record<string, string>>): Manifest {
  const selector = { 'k8s-app': 'kube-dns' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace: 'kube-system', labels: addonLabels(dns.reconcileMode, labels) },
    spec: {
      replicas: dns.replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: selector },
      template: { metadata: { labels: selector }, spec: podSpec(dns) },
    },
  };
}

function podSpec(dns: DnsConfig) {
  return {
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: 'coredns',
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' },
      { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
    ],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [apartFromEachOther()] } },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: nobodyId,
      runAsGroup: nobodyId,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(dns)],
    volumes: [
      { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
    ],
  };
}

function container(dns: DnsConfig) {
  const { image } = dns;
  const isServing = servingProbe(dns);
  return {
    name: 'coredns',
    image,
    // Images of localhost/ were imported on the node itself; there is no registry to ask.
    imagePullPolicy: image.startsWith('localhost/') ? 'Never' : 'IfNotPresent',
    args: ['-conf', '/etc/coredns/Corefile'],
    resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
    volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
    ports: [
      { name: 'dns', containerPort: corednsPorts.dns, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: corednsPorts.dns, protocol: 'TCP' },
      { name: 'metrics', containerPort: corednsPorts.metrics, protocol: 'TCP' },
    ],
    // Asked every second until it serves, because pods wait for their first name; then at upstream's pace.
    startupProbe: { ...isServing, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { ...isServing, periodSeconds: 10 },
    livenessProbe: { ...probe('/health', corednsPorts.health), timeoutSeconds: 5, failureThreshold: 5 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      // The image's program carries this file capability: without it in the set it cannot even be executed.
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    },
  };
}

/** Somebody's own Corefile may know nothing of the ready plugin (NixOS's has only health). */
function servingProbe({ corefile }: DnsConfig) {
  const hasReady = corefile === undefined || new RegExp(`^\\s*ready +:${corednsPorts.ready}\\b`, 'm').test(corefile);
  return hasReady ? probe('/ready', corednsPorts.ready) : probe('/health', corednsPorts.health);
}

function probe(path: string, port: number) {
  return { httpGet: { path, port, scheme: 'HTTP' } };
}

/** Two servers on one machine go down together; on a single machine they have no choice. */
function apartFromEachOther() {
  const labelSelector = { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] };
  return { weight: 100, podAffinityTerm: { labelSelector, topologyKey: 'kubernetes.io/hostname' } };
}
