/** kube-proxy: re-reads the files that its kubeconfig names. */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import {
  type ComponentContext,
  featureGateFlag,
  flags,
  kubeconfigPath,
  readAtStart,
  uses,
} from './component-context.ts';

/** Where kube-proxy answers health checks: loopback only. */
export const proxyHealthAddress = '127.0.0.1:10256';

export function proxy(context: ComponentContext): ComponentSpec {
  const { config, paths } = context;
  const configFile = `${paths.kubernetes}/proxy.yaml`;
  return {
    component: 'proxy',
    unit: unitOf.proxy,
    description: 'Kubernetes network proxy',
    argv: [
      `${config.binDir}/kube-proxy`,
      ...flags({ config: configFile, v: config.proxy.verbosity }),
      ...featureGateFlag(context, config.proxy.featureGates),
      ...config.proxy.extraOpts,
    ],
    env: { PATH: `${config.binDir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
    user: 'root',
    group: 'root',
    startAfter: config.apiserver.enable ? [unitOf.apiserver] : [],
    files: readAtStart(configFile, kubeconfigPath(context, 'proxy')),
    certificates: uses(context, 'kube-proxy-client', { leaf: 'none', bundle: 'none' }),
    directories: [],
    health: { kind: 'http', url: `http://${proxyHealthAddress}/healthz` },
    startTimeoutMs: 60_000,
    stopTimeoutMs: 10_000,
    killMode: 'control-group',
    systemdOptions: [
      'NoNewPrivileges=yes',
      'ProtectHome=yes',
      'PrivateTmp=yes',
      'RestrictSUIDSGID=yes',
      'LimitNOFILE=65536',
    ],
  };
}
