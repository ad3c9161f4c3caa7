/** The cluster.yaml of somebody who enables every component by hand and brings his own certificates. */

import type { ForeignLeaf } from '../../src/foreign-pki.ts';

/** Where the certificates lie, as seen inside. */
export const foreignFolder = '/var/lib/foreign';

/** Every certificate that such a cluster needs. */
export function foreignLeaves(node: string): readonly (ForeignLeaf & { readonly authority: string })[] {
  const here = `DNS:localhost,DNS:${node},IP:127.0.0.1`;
  const client = (name: string, subject: string) =>
    ({ authority: 'kubernetes-ca', name, subject, usages: ['clientAuth'] }) as const;
  return [
    { authority: 'etcd-ca', name: 'etcd', subject: '/CN=etcd', usages: ['serverAuth', 'clientAuth'], names: here },
    { authority: 'etcd-ca', name: 'apiserver-etcd-client', subject: '/CN=apiserver', usages: ['clientAuth'] },
    {
      authority: 'front-proxy-ca',
      name: 'front-proxy-client',
      subject: '/CN=front-proxy-client',
      usages: ['clientAuth'],
    },
    {
      authority: 'kubernetes-ca',
      name: 'apiserver',
      subject: '/CN=kube-apiserver',
      usages: ['serverAuth'],
      names: `${here},DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:10.0.0.1`,
    },
    { authority: 'kubernetes-ca', name: 'kubelet', subject: `/CN=${node}`, usages: ['serverAuth'], names: here },
    client('apiserver-kubelet-client', '/CN=system:kube-apiserver'),
    client('controller-manager', '/CN=system:kube-controller-manager'),
    client('scheduler', '/CN=system:kube-scheduler'),
    client('addon-manager', '/O=system:masters/CN=foreign-addon-manager'),
    client('kubelet-client', `/O=system:nodes/CN=system:node:${node}`),
    client('proxy', '/CN=system:kube-proxy'),
    client('flannel', '/CN=flannel-client'),
    client('admin', '/O=system:masters/CN=foreign-admin'),
  ];
}

/** No roles: each component by hand. JSON is YAML too. */
export function foreignConfig(): string {
  const file = (name: string): string => `${foreignFolder}/${name}`;
  const pair = (name: string) => ({ certFile: file(`${name}.crt`), keyFile: file(`${name}.key`) });
  const kubeconfig = (name: string) => ({ enable: true, kubeconfig: pair(name) });
  return JSON.stringify({
    masterAddress: 'localhost',
    apiserverAddress: 'https://localhost:6443',
    easyCerts: false,
    caFile: file('kubernetes-ca.crt'),
    etcd: { enable: true, ...pair('etcd'), trustedCaFile: file('etcd-ca.crt') },
    apiserver: {
      enable: true,
      tlsCertFile: file('apiserver.crt'),
      tlsKeyFile: file('apiserver.key'),
      kubeletClientCertFile: file('apiserver-kubelet-client.crt'),
      kubeletClientKeyFile: file('apiserver-kubelet-client.key'),
      proxyClientCertFile: file('front-proxy-client.crt'),
      proxyClientKeyFile: file('front-proxy-client.key'),
      proxyClientCaFile: file('front-proxy-ca.crt'),
      preferredAddressTypes: 'Hostname',
      serviceAccountKeyFile: file('service-account.pub'),
      serviceAccountSigningKeyFile: file('service-account.key'),
      etcd: { ...pair('apiserver-etcd-client'), caFile: file('etcd-ca.crt') },
    },
    controllerManager: { ...kubeconfig('controller-manager'), serviceAccountKeyFile: file('service-account.key') },
    scheduler: kubeconfig('scheduler'),
    addonManager: kubeconfig('addon-manager'),
    kubelet: { ...kubeconfig('kubelet-client'), tlsCertFile: file('kubelet.crt'), tlsKeyFile: file('kubelet.key') },
    proxy: kubeconfig('proxy'),
    flannel: kubeconfig('flannel'),
  });
}
