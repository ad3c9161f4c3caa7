/** KubeProxyConfiguration (https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/). */

import {
  type ComponentContext,
  kubeconfigPath,
  proxyHealthAddress,
  proxyModeOf,
  type RenderedFile,
} from '@easycerts/cluster';
import { yamlFile } from './yaml-file.ts';

export function proxyFiles(context: ComponentContext): readonly RenderedFile[] {
  const { config, host, paths } = context;
  if (!config.proxy.enable) return [];
  return [
    yamlFile(
      { path: `${paths.kubernetes}/proxy.yaml`, owner: 'root', mode: 0o644 },
      {
        apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
        kind: 'KubeProxyConfiguration',
        bindAddress: config.proxy.bindAddress,
        clientConnection: { kubeconfig: kubeconfigPath(context, 'proxy') },
        clusterCIDR: config.clusterCidr,
        // where the host's conntrack table cannot be resized, kube-proxy would end with an error
        ...(host.mayWriteConntrackMax ? {} : { conntrack: { maxPerCore: 0, min: 0 } }),
        healthzBindAddress: proxyHealthAddress,
        hostnameOverride: config.proxy.hostname ?? host.name,
        metricsBindAddress: '127.0.0.1:10249',
        mode: proxyModeOf(context),
      },
    ),
  ];
}
