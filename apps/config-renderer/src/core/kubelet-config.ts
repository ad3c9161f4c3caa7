/** KubeletConfiguration (https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/) and static pods. */

import { type ComponentContext, certificateFiles, type RenderedFile } from '@easycerts/cluster';
import { yamlFile } from './yaml-file.ts';

/** kubelet.yaml and one file a static pod. */
export function kubeletFiles(context: ComponentContext): readonly RenderedFile[] {
  const { config, host, paths } = context;
  if (!config.kubelet.enable) return [];
  const options = config.kubelet;
  const serving = certificateFiles(context, 'kubelet', {
    certFile: options.tlsCertFile,
    keyFile: options.tlsKeyFile,
    caFile: options.clientCaFile,
  });
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: options.address,
    port: options.port,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true, cacheTTL: '10s' },
      x509: { clientCAFile: serving.ca },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: host.serviceManager === 'systemd' ? 'systemd' : 'cgroupfs',
    // hosts with cgroup v1 work still, upstream only refuses them by default
    failCgroupV1: false,
    clusterDNS: options.clusterDns,
    clusterDomain: options.clusterDomain,
    containerRuntimeEndpoint: options.containerRuntimeEndpoint ?? `unix://${paths.containerdSocket}`,
    healthzBindAddress: options.healthz.bind,
    healthzPort: options.healthz.port,
    readOnlyPort: 0,
    registerNode: options.registerNode,
    registerWithTaints: Object.values({
      ...options.taints,
      ...(options.unschedulable
        ? { unschedulable: { key: 'unschedulable', value: 'true', effect: 'NoSchedule' } }
        : {}),
    }),
    resolvConf: host.resolvConf,
    rotateCertificates: false,
    staticPodPath: `${paths.kubernetes}/manifests`,
    tlsCertFile: serving.cert,
    tlsMinVersion: 'VersionTLS12',
    tlsPrivateKeyFile: serving.key,
    ...options.extraConfig,
  };
  return [
    yamlFile({ path: `${paths.kubernetes}/kubelet.yaml`, owner: 'root', mode: 0o644 }, configuration),
    ...Object.entries(options.manifests).map(([name, pod]) =>
      yamlFile({ path: `${paths.kubernetes}/manifests/${name}.yaml`, owner: 'root', mode: 0o600 }, pod),
    ),
  ];
}
