/** kubeconfigs with file paths, never embedded data: clients read renewed files again only then (docs/adr). */

import { posix } from 'node:path';
import {
  type CertificateFiles,
  type ComponentContext,
  certificateFiles,
  kubeconfigPath,
  type RenderedFile,
} from '@easycerts/cluster';
import { yamlFile } from './yaml-file.ts';

interface KubeconfigOptions {
  readonly path: string;
  readonly server: string;
  readonly user: string;
  readonly files: CertificateFiles;
  readonly owner: string;
  /** File references relative to the kubeconfig: the tree may be seen at another place (a developer's data directory). */
  readonly isRelative?: boolean;
}

/** The kubeconfigs of this host's components, and of the administrators where the API server runs. */
export function kubeconfigs(context: ComponentContext): readonly RenderedFile[] {
  const { config, paths } = context;
  const clients = [
    [
      'controllerManager',
      'controller-manager',
      'kube-controller-manager-client',
      'system:kube-controller-manager',
      'kubernetes',
    ],
    ['scheduler', 'scheduler', 'kube-scheduler-client', 'system:kube-scheduler', 'kubernetes'],
    ['addonManager', 'addon-manager', 'kube-addon-manager-client', 'system:kube-addon-manager', 'root'],
    ['kubelet', 'kubelet', 'kubelet-client', `system:node:${context.host.name}`, 'root'],
    ['proxy', 'proxy', 'kube-proxy-client', 'system:kube-proxy', 'root'],
    ['flannel', 'flannel', 'flannel-client', 'flannel-client', 'root'],
  ] as const;
  const ofComponents = clients
    .filter(([component]) => config[component].enable)
    .map(([component, file, certificate, user, owner]) => {
      const { kubeconfig } = config[component];
      return kubeconfigFile({
        path: kubeconfigPath(context, file),
        server: kubeconfig.server ?? config.apiserverAddress,
        user,
        files: certificateFiles(context, certificate, kubeconfig),
        owner,
      });
    });
  if (!config.apiserver.enable || !config.easyCerts) return ofComponents;
  const ofAdministrators = ['cluster-admin', 'super-admin'].map((name) =>
    kubeconfigFile({
      path: `${paths.kubernetes}/${name}.kubeconfig`,
      server: config.apiserverAddress,
      user: name,
      files: certificateFiles(context, name),
      owner: 'root',
      isRelative: true,
    }),
  );
  return [...ofComponents, ...ofAdministrators];
}

function kubeconfigFile(options: KubeconfigOptions): RenderedFile {
  const directory = posix.dirname(options.path);
  const reference = (file: string): string => (options.isRelative ? posix.relative(directory, file) : file);
  return yamlFile(
    { path: options.path, owner: options.owner, mode: 0o600 },
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'local', cluster: { 'certificate-authority': reference(options.files.ca), server: options.server } },
      ],
      users: [
        {
          name: options.user,
          user: { 'client-certificate': reference(options.files.cert), 'client-key': reference(options.files.key) },
        },
      ],
      contexts: [{ name: 'local', context: { cluster: 'local', user: options.user } }],
      'current-context': 'local',
    },
  );
}
