/** One example of every event, as the documents show them: the compiler asks for one when an event is added. */

import { accessExamples } from './access-examples.ts';
import type { EventType } from './catalogue.ts';
import { eventCatalogue } from './catalogue.ts';
import type { CloudEvent } from './cloud-event.ts';
import { cloudEventOf } from './cloud-event.ts';
import type { EventExample } from './event-example.ts';

const fingerprint = '5f0c4dbb0d3a1c1b2a0a1c7f5f7e7a56c1d1b5f0a6f0de3c1f5be1d7a4a4c0b1';
const serial = '6b1f20c4a97d3e58';
const notBefore = '2020-01-01T11:55:00.000Z';
const notAfter = '2020-01-31T12:00:00.000Z';
const path = '/var/lib/kubernetes/secrets/kubelet-client';

export const eventExamples: { readonly [T in EventType]: EventExample<T> } = {
  ...accessExamples,
  'ca.initialized': {
    type: 'ca.initialized',
    service: 'ca',
    subject: 'm1',
    key: fingerprint,
    data: { authorities: [{ authority: 'kubernetes', fingerprint, notAfter: '2030-01-01T12:00:00.000Z' }] },
  },
  'ca.started': {
    type: 'ca.started',
    service: 'ca',
    subject: 'm1',
    key: '2020-01-01T12:00:00.000Z',
    data: { version: '0.1.0', certificates: 18 },
  },
  'certificate.issued': {
    type: 'certificate.issued',
    service: 'ca',
    subject: 'n1/kubelet-client',
    key: serial,
    data: {
      host: 'n1',
      certificate: 'kubelet-client',
      authority: 'kubernetes',
      serial,
      fingerprint,
      subject: 'O=system:nodes, CN=system:node:n1',
      dnsNames: [],
      ipAddresses: [],
      notBefore,
      notAfter,
      reason: 'near-expiry',
    },
  },
  'certificate.revoked': {
    type: 'certificate.revoked',
    service: 'ca',
    subject: 'n2/kubelet-client',
    key: serial,
    data: { host: 'n2', certificate: 'kubelet-client', authority: 'kubernetes', serial, notAfter, reason: 'host-left' },
  },
  'host.joined': {
    type: 'host.joined',
    service: 'ca',
    subject: 'n1',
    key: serial,
    data: {
      host: 'n1',
      role: 'node',
      addresses: ['192.0.2.11'],
      tokenId: '3f9c2b7a10de',
      serial,
      peer: '192.0.2.11:52044',
    },
  },
  'host.left': {
    type: 'host.left',
    service: 'ca',
    subject: 'n2',
    key: '2020-01-01T12:00:00.000Z',
    data: { host: 'n2', revoked: 5, by: 'm1', note: 'the disk is broken' },
  },
  'rollout.started': {
    type: 'rollout.started',
    service: 'config-renderer',
    subject: 'cluster',
    key: '2020-01-01T12:00:00.000Z',
    data: { hosts: ['n1', 'n2'] },
  },
  'rollout.paused': {
    type: 'rollout.paused',
    service: 'config-renderer',
    subject: 'n1',
    key: '2020-01-01T12:00:00.000Z',
    data: { host: 'n1', digest: '9d2c5f0e1b7a48c6a3d4e5f607182930', message: 'kubelet did not become healthy' },
  },
  'rollout.finished': {
    type: 'rollout.finished',
    service: 'config-renderer',
    subject: 'cluster',
    key: '2020-01-01T12:01:00.000Z',
    data: { hosts: ['n1', 'n2'], away: [], durationMs: 6_120 },
  },
  'certificate.refused': {
    type: 'certificate.refused',
    service: 'ca',
    subject: 'n1/kubelet-client',
    key: '0b9c4f6e-6a0e-4c58-9a5e-0d8a1e6f7b21',
    data: {
      host: 'n1',
      certificate: 'kubelet-client',
      reason: 'subject',
      detail: 'asks for O=system:masters, the list says O=system:nodes',
      peer: '192.0.2.11:52044',
    },
  },
  'call.refused': {
    type: 'call.refused',
    service: 'ca',
    subject: 'n1',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      host: 'n1',
      method: 'ListCertificates',
      reason: 'rate-limited',
      detail: 'more than 50 calls in 10 seconds',
      peer: '192.0.2.11:52044',
    },
  },
  'bus.refused': {
    type: 'bus.refused',
    service: 'ca',
    subject: 'n1',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      kind: 'subscribe',
      user: 'O=easycerts:nodes, CN=n1',
      subject: 'easycerts.v1.host.n2.>',
      detail: 'a node may not subscribe to the events of another host',
      peer: '192.0.2.11:38872',
    },
  },
  'certificate.delivered': {
    type: 'certificate.delivered',
    service: 'certmgr',
    subject: 'kubelet-client',
    key: serial,
    data: {
      host: 'n1',
      certificate: 'kubelet-client',
      authority: 'kubernetes',
      serial,
      fingerprint,
      notAfter,
      reason: 'missing',
      path,
    },
  },
  'certificate.renewed': {
    type: 'certificate.renewed',
    service: 'certmgr',
    subject: 'kubelet-client',
    key: serial,
    data: {
      host: 'n1',
      certificate: 'kubelet-client',
      authority: 'kubernetes',
      serial,
      fingerprint,
      notAfter,
      reason: 'near-expiry',
      path,
      previousSerial: '1d5a0c3e8b7f9642',
    },
  },
  'certificate.failed': {
    type: 'certificate.failed',
    service: 'certmgr',
    subject: 'kubelet-client',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      host: 'n1',
      certificate: 'kubelet-client',
      reason: 'near-expiry',
      code: 'UNAVAILABLE',
      message: 'sign kubelet-client: no connection to the CA at 192.0.2.10:7443',
      retryInMs: 4200,
      attempts: 3,
    },
  },
  'certificate.rolled-back': {
    type: 'certificate.rolled-back',
    service: 'joiner',
    subject: 'kubelet-client',
    key: serial,
    data: {
      host: 'n1',
      certificate: 'kubelet-client',
      component: 'kubelet',
      serial,
      previousSerial: '1d5a0c3e8b7f9642',
      message: 'kubelet is not healthy after 60s with the new set',
    },
  },
  'trust-bundle.updated': {
    type: 'trust-bundle.updated',
    service: 'certmgr',
    subject: 'kubelet-client',
    key: fingerprint,
    data: { host: 'n1', certificate: 'kubelet-client', authority: 'kubernetes', path: `${path}/ca.crt` },
  },
  'config.applied': {
    type: 'config.applied',
    service: 'config-renderer',
    subject: 'n1',
    key: '2020-01-01T12:00:00.000Z',
    data: { host: 'n1', written: ['/etc/kubernetes/kubelet.yaml'], removed: [] },
  },
  'config.rejected': {
    type: 'config.rejected',
    service: 'config-renderer',
    subject: 'm1',
    key: '2020-01-01T12:00:00.000Z',
    data: { host: 'm1', problems: [{ path: 'masterAdress', message: 'unknown key; did you mean masterAddress?' }] },
  },
  'component.started': {
    type: 'component.started',
    service: 'joiner',
    subject: 'kubelet',
    key: '2020-01-01T12:00:00.000Z',
    data: { host: 'n1', component: 'kubelet', reason: 'not-running', durationMs: 2310 },
  },
  'component.restarted': {
    type: 'component.restarted',
    service: 'joiner',
    subject: 'kube-scheduler',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      host: 'm1',
      component: 'kube-scheduler',
      reason: 'config-changed',
      changed: ['/etc/kubernetes/scheduler.yaml'],
      durationMs: 1480,
    },
  },
  'component.reloaded': {
    type: 'component.reloaded',
    service: 'joiner',
    subject: 'easycerts-nats',
    key: serial,
    data: {
      host: 'm1',
      component: 'easycerts-nats',
      reason: 'certificate-changed',
      changed: ['bus-server'],
      durationMs: 90,
    },
  },
  'component.failed': {
    type: 'component.failed',
    service: 'joiner',
    subject: 'kube-apiserver',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      host: 'm1',
      component: 'kube-apiserver',
      message: 'kube-apiserver is not healthy after 60s: https://127.0.0.1:6443/readyz answers 500',
      lastLines: ['W0101 12:00:00.000000 1 logging.go:55] [core] connection to 127.0.0.1:2379 refused'],
      retryInMs: 8000,
      attempts: 2,
    },
  },
  'component.stopped': {
    type: 'component.stopped',
    service: 'joiner',
    subject: 'flanneld',
    key: '2020-01-01T12:00:00.000Z',
    data: { host: 'n1', component: 'flanneld' },
  },
  'host.phase': {
    type: 'host.phase',
    service: 'joiner',
    subject: 'n1',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      host: 'n1',
      run: 'c1f6d9a2',
      phase: 'certificates',
      state: 'done',
      message: '4 certificates',
      durationMs: 412,
    },
  },
  'host.configured': {
    type: 'host.configured',
    service: 'joiner',
    subject: 'n1',
    key: '9d2c5f0e1b7a48c6a3d4e5f607182930',
    data: { host: 'n1', digest: '9d2c5f0e1b7a48c6a3d4e5f607182930', restarted: ['kubelet'] },
  },
  'host.ready': {
    type: 'host.ready',
    service: 'joiner',
    subject: 'n1',
    key: '2020-01-01T12:00:00.000Z',
    data: { host: 'n1', components: ['containerd', 'flanneld', 'kube-proxy', 'kubelet'], durationMs: 14200 },
  },
  'addon.applied': {
    type: 'addon.applied',
    service: 'addon-manager',
    subject: 'Deployment/kube-system/coredns',
    key: '2020-01-01T12:00:00.000Z',
    data: { addon: 'coredns', kind: 'Deployment', namespace: 'kube-system', name: 'coredns', mode: 'Reconcile' },
  },
  'addon.pruned': {
    type: 'addon.pruned',
    service: 'addon-manager',
    subject: 'ConfigMap/kube-system/coredns-old',
    key: '2020-01-01T12:00:00.000Z',
    data: { kind: 'ConfigMap', namespace: 'kube-system', name: 'coredns-old' },
  },
  'addon.failed': {
    type: 'addon.failed',
    service: 'addon-manager',
    subject: 'coredns',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      addon: 'coredns',
      message: 'apply coredns.yaml: Deployment kube-system/coredns: spec.replicas must be a number',
    },
  },
};

/** The example of an event as it would be on the bus, with the host that publishes it. */
export function exampleEventOf<T extends EventType>(type: T): { readonly host: string; readonly event: CloudEvent<T> } {
  const example: EventExample<T> = eventExamples[type];
  const host = hostOf(type, example.data);
  return { host, event: cloudEventOf(example, { host, service: example.service }, new Date(exampleTime)) };
}

const exampleTime = '2020-01-01T12:00:00.000Z';

/** The events of a host come from that host, all others from the master. */
function hostOf(type: EventType, data: object): string {
  return eventCatalogue[type].scope === 'host' && 'host' in data ? String(data.host) : 'm1';
}
