/** Our own services, as specs of the same shape: joiner runs and watches them like every component. */

import { filesOfSet } from '../certificate-spec.ts';
import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import { directoryOf } from '../resolve-certs.ts';
import { type ComponentContext, kubeconfigPath, readAtStart, uses } from './component-context.ts';
import { busDirectories } from './packaged-units.ts';

/** nats-server, started by us. On SIGHUP it reads certificates and configuration again; clients reconnect. */
export function bus(context: ComponentContext): ComponentSpec {
  const { config, paths } = context;
  const { ca: caFile, cert: certFile, key: keyFile } = filesOfSet(directoryOf('host', paths));
  return {
    component: 'bus',
    unit: 'easycerts-nats',
    description: 'the bus: nats-server with JetStream',
    argv: [config.bus.program ?? `${config.binDir}/nats-server`, '--config', paths.natsConfig],
    env: {},
    user: 'easycerts-nats',
    group: 'easycerts-nats',
    startAfter: [],
    files: [{ path: paths.natsConfig, onChange: 'reload' }],
    certificates: uses(context, 'bus-server', { leaf: 'reload', bundle: 'reload' }),
    directories: busDirectories(paths),
    health: { kind: 'tls', host: '127.0.0.1', port: config.bus.port, caFile, certFile, keyFile },
    reloadSignal: 'SIGHUP',
    startTimeoutMs: 30_000,
    stopTimeoutMs: 15_000,
    killMode: 'control-group',
    ...(isPackaged(context) ? { isPackaged: true as const } : {}),
    systemdOptions: [],
  };
}

/** The CA; reads its own certificate again by itself. */
export function ca(context: ComponentContext): ComponentSpec {
  const { config, paths } = context;
  return {
    ...ownService(context, 'ca', ['ca', 'run']),
    description: 'the certificate authority',
    user: 'easycerts-ca',
    group: 'easycerts-ca',
    certificates: uses(context, 'ca-server', { leaf: 'none', bundle: 'none' }),
    health: {
      kind: 'https',
      url: `https://127.0.0.1:${config.pki.httpsPort}/healthz`,
      caFile: filesOfSet(directoryOf('host', paths)).ca,
    },
  };
}

export function certmgr(context: ComponentContext): ComponentSpec {
  return {
    ...ownService(context, 'certmgr', ['certmgr', 'run']),
    description: 'keeps the certificates of this host',
    // where the CA is on this host, asking before it answers would only be reported as failures
    startAfter: context.host.roles.includes('master') ? ['easycerts-ca'] : [],
  };
}

export function configRenderer(context: ComponentContext): ComponentSpec {
  return {
    ...ownService(context, 'config-renderer', ['config-renderer', 'run']),
    component: 'configRenderer',
    description: 'turns cluster.yaml into the files of this host',
    // its first work is done before it starts, by `config-renderer apply`: the others may have the processor
    startAfter: context.config.easyCerts ? ['easycerts-certmgr'] : [],
  };
}

/** Keeps addons applied. As root, because it also makes the first role bindings with the super-admin's key. */
export function addonManager(context: ComponentContext): ComponentSpec {
  const { config } = context;
  const { isPackaged: _, ...service } = ownService(context, 'addon-manager', ['addon-manager', 'run']);
  return {
    ...service,
    component: 'addonManager',
    unit: unitOf.addonManager,
    description: 'keeps the addons of the cluster applied',
    startAfter: config.apiserver.enable ? [unitOf.apiserver] : [],
    files: readAtStart(kubeconfigPath(context, 'addon-manager')),
    certificates: [
      ...uses(context, 'host', { leaf: 'none', bundle: 'none' }),
      ...uses(context, 'kube-addon-manager-client', { leaf: 'none', bundle: 'none' }),
      ...uses(context, 'super-admin', { leaf: 'none', bundle: 'none' }),
    ],
    startTimeoutMs: 60_000,
    systemdOptions: [
      'NoNewPrivileges=yes',
      'ProtectHome=yes',
      'PrivateTmp=yes',
      'PrivateDevices=yes',
      'RestrictSUIDSGID=yes',
    ],
  };
}

function ownService(context: ComponentContext, name: string, command: readonly string[]): ComponentSpec {
  const { config, paths } = context;
  return {
    component: name as 'ca' | 'certmgr',
    unit: `easycerts-${name}`,
    description: name,
    argv: [...config.easycertsCommand, ...command, ...(paths.root === '' ? [] : ['--root', paths.root])],
    env: {},
    user: 'root',
    group: 'root',
    startAfter: [],
    files: [],
    certificates: [],
    directories: [],
    health: { kind: 'running' },
    startTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
    killMode: 'control-group',
    ...(isPackaged(context) ? { isPackaged: true as const } : {}),
    systemdOptions: [],
  };
}

/** With systemd our services have units of the package; below another root, systemd runs nothing. */
export function isPackaged({ host, paths }: ComponentContext): boolean {
  return host.serviceManager === 'systemd' && paths.root === '';
}
