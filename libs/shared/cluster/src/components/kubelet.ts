/** kubelet: re-reads its serving certificate, client CA and the files that its kubeconfig names. */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec, Preparation } from '../component-spec.ts';
import { programPath } from '../host-programs.ts';
import {
  type ComponentContext,
  featureGateFlag,
  flags,
  kubeconfigPath,
  nodeAddress,
  reachedAt,
  readAtStart,
  uses,
} from './component-context.ts';

export function kubelet(context: ComponentContext): ComponentSpec {
  const { config, host, paths } = context;
  const options = config.kubelet;
  const configFile = `${paths.kubernetes}/kubelet.yaml`;
  const kubeconfig = kubeconfigPath(context, 'kubelet');
  const labels = Object.entries(options.nodeLabels);
  return {
    component: 'kubelet',
    unit: unitOf.kubelet,
    description: 'Kubernetes kubelet',
    argv: [
      `${config.binDir}/kubelet`,
      ...flags({
        config: configFile,
        'hostname-override': host.name,
        kubeconfig,
        'node-ip': nodeAddress(context),
        'node-labels': labels.length === 0 ? undefined : labels.map(([label, value]) => `${label}=${value}`).join(','),
        'root-dir': paths.kubelet,
        v: options.verbosity,
      }),
      ...featureGateFlag(context, options.featureGates),
      ...options.extraOpts,
    ],
    env: { PATH: `${config.binDir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
    user: 'root',
    group: 'root',
    // not after the API server: a kubelet comes up from disk while its master is away
    startAfter: [
      ...(config.containerd.enable ? [unitOf.containerd] : []),
      ...(config.apiserver.enable ? [unitOf.apiserver] : []),
    ],
    files: readAtStart(configFile, kubeconfig, ...options.seedImages),
    certificates: [
      ...uses(context, 'kubelet', { leaf: 'none', bundle: 'none' }),
      ...uses(context, 'kubelet-client', { leaf: 'none', bundle: 'none' }),
    ],
    ...(options.seedImages.length === 0
      ? {}
      : { preparations: options.seedImages.map((file) => imported(context, file)) }),
    directories: [
      { path: paths.kubelet, owner: 'root', group: 'root', mode: 0o750 },
      { path: `${paths.kubernetes}/manifests`, owner: 'root', group: 'root', mode: 0o755 },
    ],
    health: { kind: 'http', url: `http://${reachedAt(options.healthz.bind)}:${options.healthz.port}/healthz` },
    nodeLabels: { node: host.name, labels: options.nodeLabels, kubeconfig },
    startTimeoutMs: 60_000,
    stopTimeoutMs: 15_000,
    killMode: 'process',
    systemdOptions: ['Delegate=yes', 'LimitNOFILE=1048576', 'OOMScoreAdjust=-999'],
  };
}

/** Into the images that the kubelet sees, so that a host without a registry has them before a pod needs them. */
function imported(context: ComponentContext, file: string): Preparation {
  const { config, paths } = context;
  const endpoint = config.kubelet.containerRuntimeEndpoint ?? paths.containerdSocket;
  const address = endpoint.replace(/^unix:\/\//, '');
  const ctr = [programPath(context, 'ctr'), '--address', address, '--namespace', 'k8s.io'];
  return { argv: [...ctr, 'images', 'import', file], file };
}
