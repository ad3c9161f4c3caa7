/** What the schema cannot see: rules across options. A literal list of pure checks over the resolved configuration. */

import { allFindings, type Check } from '@easycerts/core';
import type { ComponentName } from '../component-name.ts';
import { addressAt, contains, overlaps, parseCidr, parseIp, sizeOf } from '../ip-network.ts';
import { ownCertificateProblems } from './certificate-rules.ts';
import type { ConfigProblem } from './problem.ts';
import type { ClusterConfig } from './resolve-config.ts';

/** A finding's `reason` is the path of the key, its `detail` the message. */
type ConfigCheck = Check<ClusterConfig>;

/** Every problem of a configuration, in the order of the list. `isJoinedNode`: it came from the master of a cluster. */
export function configProblems(
  config: ClusterConfig,
  { isJoinedNode }: { readonly isJoinedNode: boolean } = { isJoinedNode: false },
): readonly ConfigProblem[] {
  const checks = configChecks.filter((check) => !isJoinedNode || check !== ownCertificatesNeedAnApiserverHere);
  const found = allFindings(checks, config).map(({ reason, detail }) => ({ path: reason, message: detail }));
  return [...found, ...ownCertificateProblems(config)];
}

const clusterAndServiceRangesAreApart: ConfigCheck = ({ clusterCidr, apiserver }) => {
  const [pods, services] = [parseCidr(clusterCidr), parseCidr(apiserver.serviceClusterIpRange)];
  if (!pods || !services || !overlaps(pods, services)) return undefined;
  return {
    reason: 'clusterCidr',
    detail: `${clusterCidr} overlaps apiserver.serviceClusterIpRange ${apiserver.serviceClusterIpRange}; choose networks that share no address`,
  };
};

const serviceRangeHasRoom: ConfigCheck = ({ apiserver }) => {
  const range = parseCidr(apiserver.serviceClusterIpRange);
  if (!range || (sizeOf(range) >= 8n && sizeOf(range) <= 1n << 20n)) return undefined;
  return {
    reason: 'apiserver.serviceClusterIpRange',
    detail: `${apiserver.serviceClusterIpRange} must have between 8 and 1048576 addresses (/12 to /29, /108 to /125)`,
  };
};

const podRangeHasRoom: ConfigCheck = ({ clusterCidr }) => {
  const pods = parseCidr(clusterCidr);
  const longest = pods?.family === 6 ? 64 : 24;
  if (!pods || pods.prefixLength <= longest) return undefined;
  return {
    reason: 'clusterCidr',
    detail: `${clusterCidr} has no room for one host's pods, /${longest} at the longest`,
  };
};

const addressesAreOutsideTheCluster: ConfigCheck = ({ masterAddress, clusterCidr, apiserver }) => {
  const address = parseIp(masterAddress);
  if (!address) return undefined;
  const inside = [clusterCidr, apiserver.serviceClusterIpRange].find((range) => {
    const network = parseCidr(range);
    return network !== undefined && contains(network, address);
  });
  return inside === undefined
    ? undefined
    : { reason: 'masterAddress', detail: `${masterAddress} lies inside ${inside}, which belongs to pods or Services` };
};

const dnsAddressIsAServiceAddress: ConfigCheck = ({ addons, apiserver }) => {
  const [range, address] = [parseCidr(apiserver.serviceClusterIpRange), parseIp(addons.dns.clusterIp)];
  if (!addons.dns.enable || !range) return undefined;
  if (!address || !contains(range, address)) {
    return { reason: 'addons.dns.clusterIp', detail: `must lie inside ${apiserver.serviceClusterIpRange}` };
  }
  if (addressAt(range, 1n)?.value !== address.value) return undefined;
  return { reason: 'addons.dns.clusterIp', detail: `${addons.dns.clusterIp} is the address of the Service kubernetes` };
};

const portsAreApart: ConfigCheck = (config) => {
  const seen = new Map<number, string>();
  for (const [path, port] of portsOf(config)) {
    const other = seen.get(port);
    if (other !== undefined) return { reason: path, detail: `${port} is also the port of ${other}` };
    seen.set(port, path);
  }
  return undefined;
};

const anonymousAuthorizationIsLeftOut: ConfigCheck = ({ apiserver }) => {
  const flag = apiserver.extraOpts.find((option) =>
    /^--(anonymous-auth(=true)?$|insecure|authorization-mode)/.test(option),
  );
  if (flag === undefined) return undefined;
  return {
    reason: 'apiserver.extraOpts',
    detail: `${flag} would open the API server; authorization is set by apiserver.authorizationMode`,
  };
};

const nodeRoleGoesWithRbac: ConfigCheck = ({ apiserver, roles }) => {
  if (
    roles.length === 0 ||
    (apiserver.authorizationMode.includes('Node') && apiserver.authorizationMode.includes('RBAC'))
  ) {
    return undefined;
  }
  return {
    reason: 'apiserver.authorizationMode',
    detail: 'must have Node and RBAC, or the kubelets have no or too many rights',
  };
};

const ownCertificatesNeedAnApiserverHere: ConfigCheck = ({ easyCerts, roles, apiserver, kubelet, proxy, flannel }) => {
  if (!easyCerts || roles.includes('master') || apiserver.enable) return undefined;
  if (!kubelet.enable && !proxy.enable && !flannel.enable) return undefined;
  return {
    reason: 'roles',
    detail:
      'a node without a master joins with `joiner join`, which needs no cluster.yaml; add the role master, or set easyCerts: false and name the certificate files',
  };
};

const keyAndCertificateGoTogether: ConfigCheck = (config) => {
  for (const [certPath, cert, keyPath, key] of pairsOf(config)) {
    if ((cert === undefined) !== (key === undefined)) {
      const [given, absent] = cert === undefined ? [keyPath, certPath] : [certPath, keyPath];
      return { reason: absent, detail: `is missing, but ${given} is given` };
    }
  }
  return undefined;
};

const configChecks: readonly ConfigCheck[] = [
  clusterAndServiceRangesAreApart,
  serviceRangeHasRoom,
  podRangeHasRoom,
  addressesAreOutsideTheCluster,
  dnsAddressIsAServiceAddress,
  portsAreApart,
  anonymousAuthorizationIsLeftOut,
  nodeRoleGoesWithRbac,
  ownCertificatesNeedAnApiserverHere,
  keyAndCertificateGoTogether,
  ...foreignCertificateChecks(),
];

/** Without our CA, an enabled component names its files; `caFile` may stand for every trust bundle. */
function foreignCertificateChecks(): readonly ConfigCheck[] {
  type Need = readonly [ComponentName, string, (config: ClusterConfig) => string | undefined];
  const needs: readonly Need[] = [
    ['etcd', 'etcd.certFile', (config) => config.etcd.certFile],
    ['etcd', 'etcd.trustedCaFile', (config) => config.etcd.trustedCaFile ?? config.caFile],
    ['apiserver', 'apiserver.tlsCertFile', (config) => config.apiserver.tlsCertFile],
    ['apiserver', 'apiserver.clientCaFile', (config) => config.apiserver.clientCaFile ?? config.caFile],
    ['apiserver', 'apiserver.etcd.certFile', (config) => config.apiserver.etcd.certFile],
    ['apiserver', 'apiserver.kubeletClientCertFile', (config) => config.apiserver.kubeletClientCertFile],
    ['apiserver', 'apiserver.proxyClientCertFile', (config) => config.apiserver.proxyClientCertFile],
    ['apiserver', 'apiserver.proxyClientCaFile', (config) => config.apiserver.proxyClientCaFile],
    ['apiserver', 'apiserver.serviceAccountKeyFile', (config) => config.apiserver.serviceAccountKeyFile],
    ['apiserver', 'apiserver.serviceAccountSigningKeyFile', (config) => config.apiserver.serviceAccountSigningKeyFile],
    [
      'controllerManager',
      'controllerManager.serviceAccountKeyFile',
      (config) => config.controllerManager.serviceAccountKeyFile,
    ],
    ['kubelet', 'kubelet.tlsCertFile', (config) => config.kubelet.tlsCertFile],
    ['kubelet', 'kubelet.clientCaFile', (config) => config.kubelet.clientCaFile ?? config.caFile],
    ...(['controllerManager', 'scheduler', 'kubelet', 'proxy', 'flannel', 'addonManager'] as const).flatMap(
      (name): Need[] => [
        [name, `${name}.kubeconfig.certFile`, (config) => config[name].kubeconfig.certFile],
        [name, `${name}.kubeconfig.caFile`, (config) => config[name].kubeconfig.caFile ?? config.caFile],
      ],
    ),
  ];
  return needs.map(([component, path, given]) => (config) => {
    if (config.easyCerts || !config[component].enable || given(config) !== undefined) return undefined;
    return { reason: path, detail: 'is missing: with easyCerts: false the certificate files are given by hand' };
  });
}

function portsOf(config: ClusterConfig): readonly (readonly [string, number])[] {
  return [
    ...(config.etcd.enable
      ? ([
          ['etcd.clientPort', config.etcd.clientPort],
          ['etcd.peerPort', config.etcd.peerPort],
        ] as const)
      : []),
    ...(config.apiserver.enable ? ([['apiserver.securePort', config.apiserver.securePort]] as const) : []),
    ...(config.controllerManager.enable
      ? ([['controllerManager.securePort', config.controllerManager.securePort]] as const)
      : []),
    ...(config.scheduler.enable ? ([['scheduler.port', config.scheduler.port]] as const) : []),
    ...(config.kubelet.enable
      ? ([
          ['kubelet.port', config.kubelet.port],
          ['kubelet.healthz.port', config.kubelet.healthz.port],
        ] as const)
      : []),
    ...(config.easyCerts
      ? ([
          ['pki.grpcPort', config.pki.grpcPort],
          ['pki.httpsPort', config.pki.httpsPort],
          ['pki.enrolPort', config.pki.enrolPort],
          ['bus.port', config.bus.port],
        ] as const)
      : []),
    ...(config.pki.cfssl.enable ? ([['pki.cfssl.port', config.pki.cfssl.port]] as const) : []),
  ];
}

function pairsOf(
  config: ClusterConfig,
): readonly (readonly [string, string | undefined, string, string | undefined])[] {
  const kubeconfigs = ['controllerManager', 'scheduler', 'kubelet', 'proxy', 'flannel', 'addonManager'] as const;
  const { apiserver, etcd, kubelet, scheduler, controllerManager } = config;
  return [
    ['etcd.certFile', etcd.certFile, 'etcd.keyFile', etcd.keyFile],
    ['etcd.healthCertFile', etcd.healthCertFile, 'etcd.healthKeyFile', etcd.healthKeyFile],
    ['apiserver.tlsCertFile', apiserver.tlsCertFile, 'apiserver.tlsKeyFile', apiserver.tlsKeyFile],
    ['apiserver.etcd.certFile', apiserver.etcd.certFile, 'apiserver.etcd.keyFile', apiserver.etcd.keyFile],
    ['apiserver.healthCertFile', apiserver.healthCertFile, 'apiserver.healthKeyFile', apiserver.healthKeyFile],
    [
      'apiserver.kubeletClientCertFile',
      apiserver.kubeletClientCertFile,
      'apiserver.kubeletClientKeyFile',
      apiserver.kubeletClientKeyFile,
    ],
    [
      'apiserver.proxyClientCertFile',
      apiserver.proxyClientCertFile,
      'apiserver.proxyClientKeyFile',
      apiserver.proxyClientKeyFile,
    ],
    [
      'controllerManager.tlsCertFile',
      controllerManager.tlsCertFile,
      'controllerManager.tlsKeyFile',
      controllerManager.tlsKeyFile,
    ],
    ['scheduler.tlsCertFile', scheduler.tlsCertFile, 'scheduler.tlsKeyFile', scheduler.tlsKeyFile],
    ['kubelet.tlsCertFile', kubelet.tlsCertFile, 'kubelet.tlsKeyFile', kubelet.tlsKeyFile],
    ...kubeconfigs.map((name) => {
      const { certFile, keyFile } = config[name].kubeconfig;
      return [`${name}.kubeconfig.certFile`, certFile, `${name}.kubeconfig.keyFile`, keyFile] as const;
    }),
  ];
}
