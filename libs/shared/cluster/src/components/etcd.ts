/** etcd: the store of the API server. Re-reads its certificates at each handshake, its trusted CAs never. */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import { hostInUrl } from '../config/resolve-config.ts';
import { hardenedService } from '../hardening.ts';
import {
  type ComponentContext,
  certificateFiles,
  flags,
  mutualTlsCheck,
  reachedAt,
  uses,
} from './component-context.ts';

export function etcd(context: ComponentContext): ComponentSpec {
  const { config, host, paths } = context;
  const { listenAddress, clientPort, peerPort } = config.etcd;
  const given = { certFile: config.etcd.certFile, keyFile: config.etcd.keyFile, caFile: config.etcd.trustedCaFile };
  const server = certificateFiles(context, 'etcd-server', given);
  const peer = certificateFiles(context, 'etcd-peer', given);
  const clientUrl = `https://${reachedAt(listenAddress)}:${clientPort}`;
  const peerUrl = `https://${reachedAt(listenAddress)}:${peerPort}`;
  return {
    component: 'etcd',
    unit: unitOf.etcd,
    description: 'etcd, the store of Kubernetes',
    argv: [
      `${config.binDir}/etcd`,
      ...flags({
        name: host.name,
        'data-dir': paths.etcdData,
        'listen-client-urls': `https://${hostInUrl(listenAddress)}:${clientPort}`,
        'advertise-client-urls': clientUrl,
        'listen-peer-urls': `https://${hostInUrl(listenAddress)}:${peerPort}`,
        'initial-advertise-peer-urls': peerUrl,
        'initial-cluster': `${host.name}=${peerUrl}`,
        'client-cert-auth': true,
        'cert-file': server.cert,
        'key-file': server.key,
        'trusted-ca-file': server.ca,
        'peer-client-cert-auth': true,
        'peer-cert-file': peer.cert,
        'peer-key-file': peer.key,
        'peer-trusted-ca-file': peer.ca,
        'tls-min-version': 'TLS1.2',
        'log-level': 'warn',
      }),
      ...config.etcd.extraOpts,
    ],
    env: {},
    user: 'etcd',
    group: 'etcd',
    startAfter: [],
    files: [],
    certificates: [
      ...uses(context, 'etcd-server', { leaf: 'none', bundle: 'restart' }),
      ...uses(context, 'etcd-peer', { leaf: 'none', bundle: 'restart' }),
    ],
    directories: [{ path: paths.etcdData, owner: 'etcd', group: 'etcd', mode: 0o700 }],
    health: mutualTlsCheck(context, 'etcd-health-client', `${clientUrl}/health`, {
      certFile: config.etcd.healthCertFile ?? config.etcd.certFile,
      keyFile: config.etcd.healthKeyFile ?? config.etcd.keyFile,
      caFile: config.etcd.trustedCaFile,
    }),
    startTimeoutMs: 60_000,
    stopTimeoutMs: 15_000,
    killMode: 'control-group',
    systemdOptions: [...hardenedService, `ReadWritePaths=${paths.etcdData}`, 'OOMScoreAdjust=-900'],
  };
}
