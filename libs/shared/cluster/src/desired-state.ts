/** What a host has to have, whole: derived from cluster.yaml and what is known about the host. Pure. */

import type { CertificateSpec } from './certificate-spec.ts';
import type { ComponentName } from './component-name.ts';
import type { ComponentSpec } from './component-spec.ts';
import { apiserver } from './components/apiserver.ts';
import type { ComponentContext } from './components/component-context.ts';
import { containerd } from './components/containerd.ts';
import { controllerManager } from './components/controller-manager.ts';
import { etcd } from './components/etcd.ts';
import { flannel } from './components/flannel.ts';
import { kubelet } from './components/kubelet.ts';
import { addonManager, bus, ca, certmgr, configRenderer, isPackaged } from './components/own-services.ts';
import { proxy } from './components/proxy.ts';
import { scheduler } from './components/scheduler.ts';
import { type ClusterConfig, deepFreeze, enabledComponents } from './config/resolve-config.ts';
import type { HostFacts, HostRecord } from './host-facts.ts';
import type { Paths } from './paths.ts';
import { resolveCertificates } from './resolve-certs.ts';

export interface DesiredState {
  readonly config: ClusterConfig;
  readonly host: HostFacts;
  readonly paths: Paths;
  /** Our own services first, then the components, in the order in which they come up. */
  readonly components: readonly ComponentSpec[];
  readonly certificates: readonly CertificateSpec[];
}

const definitions: Readonly<Record<ComponentName, (context: ComponentContext) => ComponentSpec>> = {
  containerd,
  etcd,
  apiserver,
  controllerManager,
  scheduler,
  addonManager,
  kubelet,
  proxy,
  flannel,
};

/** Components and certificates of a host. */
export function resolveDesiredState(config: ClusterConfig, facts: HostFacts, paths: Paths): DesiredState {
  const host: HostFacts = { ...facts, ...hostRecordOf(config, facts) };
  const context: ComponentContext = { config, host, paths };
  const components = enabledComponents(config).map((name) => definitions[name](context));
  return deepFreeze({
    config,
    host,
    paths,
    components: [...ownServices(context), ...components],
    certificates: resolveCertificates(config, host, paths),
  });
}

/** Those that joiner looks after. The agent of a node it is itself a part of. */
function ownServices(context: ComponentContext): readonly ComponentSpec[] {
  if (!context.config.easyCerts) return [configRenderer(context)];
  if (context.host.roles.includes('master')) {
    return [bus(context), ca(context), certmgr(context), configRenderer(context)];
  }
  return isPackaged(context) ? [] : [certmgr(context), configRenderer(context)];
}

/**
 * The record of the host that a cluster.yaml lies on: its Node name, its roles (where an API server runs is a master, by
 * role or by hand), its address as given before those found.
 */
export function hostRecordOf(config: ClusterConfig, facts: HostRecord): HostRecord {
  const { hostname, nodeIp } = config.kubelet;
  const roles = new Set(config.roles);
  if (config.apiserver.enable) roles.add('master');
  return {
    name: hostname ?? facts.name,
    roles: [...roles].sort(),
    addresses:
      nodeIp === undefined ? facts.addresses : [nodeIp, ...facts.addresses.filter((other) => other !== nodeIp)],
  };
}
