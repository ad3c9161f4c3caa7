/** kube-controller-manager: re-reads its leaves and client CAs; never root-ca-file nor the service-account key. */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import { hardenedService } from '../hardening.ts';
import { serviceAccountKeys } from './apiserver.ts';
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

export function controllerManager(context: ComponentContext): ComponentSpec {
  const { config } = context;
  const options = config.controllerManager;
  const serving = certificateFiles(context, 'kube-controller-manager', {
    certFile: options.tlsCertFile,
    keyFile: options.tlsKeyFile,
    caFile: options.rootCaFile,
  });
  const ownServing = config.easyCerts || options.tlsCertFile !== undefined;
  const frontProxy = certificateFiles(context, 'front-proxy-client', { caFile: config.apiserver.proxyClientCaFile });
  const kubeconfig = kubeconfigPath(context, 'controller-manager');
  const accountKey = options.serviceAccountKeyFile ?? serviceAccountKeys(context).sign;
  return {
    component: 'controllerManager',
    unit: unitOf.controllerManager,
    description: 'Kubernetes controller manager',
    argv: [
      `${config.binDir}/kube-controller-manager`,
      ...flags({
        'allocate-node-cidrs': options.allocateNodeCIDRs,
        'authentication-kubeconfig': kubeconfig,
        'authorization-kubeconfig': kubeconfig,
        'bind-address': options.bindAddress,
        'client-ca-file': serving.ca,
        'cluster-cidr': options.clusterCidr,
        kubeconfig,
        'leader-elect': options.leaderElect,
        profiling: false,
        'requestheader-allowed-names': config.apiserver.enable ? 'front-proxy-client' : undefined,
        'requestheader-client-ca-file': config.apiserver.enable ? frontProxy.ca : undefined,
        'root-ca-file': serving.ca,
        'secure-port': options.securePort,
        'service-account-private-key-file': accountKey,
        'service-cluster-ip-range': config.apiserver.serviceClusterIpRange,
        'tls-cert-file': ownServing ? serving.cert : undefined,
        'tls-min-version': 'VersionTLS12',
        'tls-private-key-file': ownServing ? serving.key : undefined,
        'use-service-account-credentials': true,
        v: options.verbosity,
      }),
      ...featureGateFlag(context, options.featureGates),
      ...options.extraOpts,
    ],
    env: {},
    user: 'kubernetes',
    group: 'kubernetes',
    startAfter: config.apiserver.enable ? [unitOf.apiserver] : [],
    files: [...readAtStart(kubeconfig), ...(config.easyCerts ? readAtStart(accountKey) : [])],
    certificates: [
      ...uses(context, 'kube-controller-manager', { leaf: 'none', bundle: 'restart' }),
      ...uses(context, 'kube-controller-manager-client', { leaf: 'none', bundle: 'none' }),
    ],
    directories: [],
    health: ownServing
      ? mutualTlsCheck(
          context,
          'apiserver-health-client',
          `https://${reachedAt(options.bindAddress)}:${options.securePort}/healthz`,
          {
            certFile: options.kubeconfig.certFile,
            keyFile: options.kubeconfig.keyFile,
            caFile: options.rootCaFile,
          },
        )
      : { kind: 'https', url: `https://${reachedAt(options.bindAddress)}:${options.securePort}/healthz` },
    startTimeoutMs: 60_000,
    stopTimeoutMs: 15_000,
    killMode: 'control-group',
    systemdOptions: hardenedService,
  };
}
