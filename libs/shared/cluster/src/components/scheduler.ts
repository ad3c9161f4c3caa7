/** kube-scheduler: re-reads everything it uses. */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import { hardenedService } from '../hardening.ts';
import {
  type ComponentContext,
  certificateFiles,
  featureGateFlag,
  flags,
  kubeconfigPath,
  mutualTlsCheck,
  reachedAt,
  readAtStart,
  uses,
} from './component-context.ts';

export function scheduler(context: ComponentContext): ComponentSpec {
  const { config } = context;
  const options = config.scheduler;
  const serving = certificateFiles(context, 'kube-scheduler', {
    certFile: options.tlsCertFile,
    keyFile: options.tlsKeyFile,
  });
  const ownServing = config.easyCerts || options.tlsCertFile !== undefined;
  const kubeconfig = kubeconfigPath(context, 'scheduler');
  const url = `https://${reachedAt(options.address)}:${options.port}/healthz`;
  return {
    component: 'scheduler',
    unit: unitOf.scheduler,
    description: 'Kubernetes scheduler',
    argv: [
      `${config.binDir}/kube-scheduler`,
      ...flags({
        'authentication-kubeconfig': kubeconfig,
        'authorization-kubeconfig': kubeconfig,
        'bind-address': options.address,
        'client-ca-file': ownServing ? serving.ca : undefined,
        kubeconfig,
        'leader-elect': options.leaderElect,
        profiling: false,
        'secure-port': options.port,
        'tls-cert-file': ownServing ? serving.cert : undefined,
        'tls-min-version': 'VersionTLS12',
        'tls-private-key-file': ownServing ? serving.key : undefined,
        v: options.verbosity,
      }),
      ...featureGateFlag(context, options.featureGates),
      ...options.extraOpts,
    ],
    env: {},
    user: 'kubernetes',
    group: 'kubernetes',
    startAfter: config.apiserver.enable ? [unitOf.apiserver] : [],
    files: readAtStart(kubeconfig),
    certificates: [
      ...uses(context, 'kube-scheduler', { leaf: 'none', bundle: 'none' }),
      ...uses(context, 'kube-scheduler-client', { leaf: 'none', bundle: 'none' }),
    ],
    directories: [],
    health: ownServing
      ? mutualTlsCheck(context, 'apiserver-health-client', url, options.kubeconfig)
      : { kind: 'https', url },
    startTimeoutMs: 60_000,
    stopTimeoutMs: 10_000,
    killMode: 'control-group',
    systemdOptions: hardenedService,
  };
}
