/** kube-apiserver: re-reads every leaf and client CA; never its etcd CA file nor the service-account keys. */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import { hardenedService } from '../hardening.ts';
import { isLoopback, parseIp } from '../ip-network.ts';
import {
  type ComponentContext,
  certificateFiles,
  featureGateFlag,
  flags,
  mutualTlsCheck,
  nodeAddress,
  reachedAt,
  readAtStart,
  uses,
} from './component-context.ts';

export function apiserver(context: ComponentContext): ComponentSpec {
  const { config } = context;
  const options = config.apiserver;
  const serving = certificateFiles(context, 'kube-apiserver', {
    certFile: options.tlsCertFile,
    keyFile: options.tlsKeyFile,
    caFile: options.clientCaFile,
  });
  const etcdClient = certificateFiles(context, 'kube-apiserver-etcd-client', options.etcd);
  const kubeletClient = certificateFiles(context, 'kube-apiserver-kubelet-client', {
    certFile: options.kubeletClientCertFile,
    keyFile: options.kubeletClientKeyFile,
    caFile: options.kubeletClientCaFile,
  });
  const frontProxy = certificateFiles(context, 'front-proxy-client', {
    certFile: options.proxyClientCertFile,
    keyFile: options.proxyClientKeyFile,
    caFile: options.proxyClientCaFile,
  });
  const accountKeys = serviceAccountKeys(context);
  const etcdUrl = `https://${reachedAt(config.etcd.listenAddress)}:${config.etcd.clientPort}`;
  return {
    component: 'apiserver',
    unit: unitOf.apiserver,
    description: 'Kubernetes API server',
    argv: [
      `${config.binDir}/kube-apiserver`,
      ...flags({
        'advertise-address': advertiseAddress(context),
        'allow-privileged': options.allowPrivileged,
        'anonymous-auth': false,
        'api-audiences': options.apiAudiences,
        'authorization-mode': options.authorizationMode.join(','),
        'bind-address': options.bindAddress,
        'client-ca-file': serving.ca,
        'disable-admission-plugins': options.disableAdmissionPlugins.join(',') || undefined,
        'enable-admission-plugins': options.enableAdmissionPlugins.join(',') || undefined,
        'etcd-cafile': etcdClient.ca,
        'etcd-certfile': etcdClient.cert,
        'etcd-keyfile': etcdClient.key,
        'etcd-servers': (options.etcd.servers ?? [etcdUrl]).join(','),
        'kubelet-certificate-authority': kubeletClient.ca,
        'kubelet-client-certificate': kubeletClient.cert,
        'kubelet-client-key': kubeletClient.key,
        'kubelet-preferred-address-types': options.preferredAddressTypes,
        profiling: false,
        'proxy-client-cert-file': frontProxy.cert,
        'proxy-client-key-file': frontProxy.key,
        // without allowed names any certificate of the front-proxy CA could claim to be anyone
        'requestheader-allowed-names': 'front-proxy-client',
        'requestheader-client-ca-file': frontProxy.ca,
        'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
        'requestheader-group-headers': 'X-Remote-Group',
        'requestheader-username-headers': 'X-Remote-User',
        'runtime-config': options.runtimeConfig,
        'secure-port': options.securePort,
        'service-account-issuer': options.serviceAccountIssuer,
        'service-account-key-file': accountKeys.verify,
        'service-account-signing-key-file': accountKeys.sign,
        'service-cluster-ip-range': options.serviceClusterIpRange,
        // the default waits 60 s for watches with the port closed: a minute of silence at every restart. With this it is 2.4 to
        // 4.9 s, nearly all of it the new process coming up; shutdown-send-retry-after adds 429s to that and shortens nothing
        'shutdown-watch-termination-grace-period': '2s',
        'storage-backend': 'etcd3',
        'tls-cert-file': serving.cert,
        'tls-min-version': 'VersionTLS12',
        'tls-private-key-file': serving.key,
        v: options.verbosity,
      }),
      ...featureGateFlag(context, options.featureGates),
      ...options.extraOpts,
    ],
    env: {},
    user: 'kubernetes',
    group: 'kubernetes',
    startAfter: config.etcd.enable ? [unitOf.etcd] : [],
    files: config.easyCerts ? readAtStart(accountKeys.verify, accountKeys.sign) : [],
    certificates: [
      ...uses(context, 'kube-apiserver', { leaf: 'none', bundle: 'none' }),
      ...uses(context, 'kube-apiserver-kubelet-client', { leaf: 'none', bundle: 'none' }),
      ...uses(context, 'front-proxy-client', { leaf: 'none', bundle: 'none' }),
      ...uses(context, 'kube-apiserver-etcd-client', { leaf: 'none', bundle: 'restart' }),
    ],
    directories: [],
    health: mutualTlsCheck(
      context,
      'apiserver-health-client',
      `https://${reachedAt(options.bindAddress)}:${options.securePort}/readyz`,
      {
        certFile: options.healthCertFile ?? options.kubeletClientCertFile,
        keyFile: options.healthKeyFile ?? options.kubeletClientKeyFile,
        caFile: options.clientCaFile,
      },
    ),
    startTimeoutMs: 120_000,
    stopTimeoutMs: 30_000,
    killMode: 'control-group',
    systemdOptions: [
      ...hardenedService.filter((line) => !(options.securePort < 1024 && line === 'CapabilityBoundingSet=')),
      ...(options.securePort < 1024
        ? ['CapabilityBoundingSet=CAP_NET_BIND_SERVICE', 'AmbientCapabilities=CAP_NET_BIND_SERVICE']
        : []),
    ],
  };
}

/** The key that signs service-account tokens, and the keys that verify them. */
export function serviceAccountKeys({ config, paths }: ComponentContext): {
  readonly sign: string;
  readonly verify: string;
} {
  return {
    sign: config.apiserver.serviceAccountSigningKeyFile ?? `${paths.serviceAccountKeys}/sa-signing.key`,
    verify: config.apiserver.serviceAccountKeyFile ?? `${paths.serviceAccountKeys}/sa-verify.pub`,
  };
}

/** The address in the endpoints of the Service `kubernetes`: never a loopback address when there is another. */
function advertiseAddress(context: ComponentContext): string | undefined {
  const { config } = context;
  if (config.apiserver.advertiseAddress !== undefined) return config.apiserver.advertiseAddress;
  const master = parseIp(config.masterAddress);
  return master !== undefined && !isLoopback(master) ? config.masterAddress : nodeAddress(context);
}
