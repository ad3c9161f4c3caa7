/** What a component's definition may depend on, and where its certificates come from. */

import { type CertificateFiles, filesOfSet } from '../certificate-spec.ts';
import type { CertificateUse, FileUse, HealthCheck, OnChange } from '../component-spec.ts';
import type { ClusterConfig } from '../config/resolve-config.ts';
import { hostInUrl } from '../config/resolve-config.ts';
import type { HostFacts } from '../host-facts.ts';
import type { Paths } from '../paths.ts';
import { directoryOf } from '../resolve-certs.ts';

export interface ComponentContext {
  readonly config: ClusterConfig;
  readonly host: HostFacts;
  readonly paths: Paths;
}

/** Files given by hand, each of which may be absent. */
export interface GivenFiles {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** The files of a certificate: those given by hand where they are, else those of our set. */
export function certificateFiles(context: ComponentContext, name: string, given: GivenFiles = {}): CertificateFiles {
  const ours = filesOfSet(directoryOf(name, context.paths));
  return {
    cert: given.certFile ?? ours.cert,
    key: given.keyFile ?? ours.key,
    ca: given.caFile ?? context.config.caFile ?? ours.ca,
  };
}

/** What the component does when a certificate set of ours changes; nothing to watch when the files are foreign. */
export function uses(
  context: ComponentContext,
  name: string,
  on: { readonly leaf: OnChange; readonly bundle: OnChange },
): readonly CertificateUse[] {
  if (!context.config.easyCerts) return [];
  return [{ name, directory: directoryOf(name, context.paths), onLeafChange: on.leaf, onBundleChange: on.bundle }];
}

/** A rendered file that the component reads only when it starts. */
export function readAtStart(...paths: readonly string[]): readonly FileUse[] {
  return paths.map((path) => ({ path, onChange: 'restart' }));
}

/** Path of a component's kubeconfig. */
export function kubeconfigPath(context: ComponentContext, name: string): string {
  return `${context.paths.kubernetes}/${name}.kubeconfig`;
}

/** `--name=value` for every value that there is, in the order given. */
export function flags(values: Readonly<Record<string, string | number | boolean | undefined>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

/** `--feature-gates` of the cluster and of the component, the component's own last. */
export function featureGateFlag(
  context: ComponentContext,
  own: Readonly<Record<string, boolean>> | undefined,
): readonly string[] {
  const gates = Object.entries({ ...context.config.featureGates, ...own });
  return gates.length === 0 ? [] : [`--feature-gates=${gates.map(([gate, on]) => `${gate}=${on}`).join(',')}`];
}

/** Mutual-TLS health check with the client certificate `name` (or files given by hand). */
export function mutualTlsCheck(
  context: ComponentContext,
  name: string,
  url: string,
  given: GivenFiles = {},
): Extract<HealthCheck, { kind: 'https' }> {
  const { cert, key, ca } = certificateFiles(context, name, given);
  return { kind: 'https', url, caFile: ca, certFile: cert, keyFile: key };
}

/** The address at which this host reaches something that listens on `bindAddress`. */
export function reachedAt(bindAddress: string): string {
  return hostInUrl(bindAddress === '0.0.0.0' ? '127.0.0.1' : bindAddress === '::' ? '::1' : bindAddress);
}

/** The address of this host that the cluster knows it by. */
export function nodeAddress({ config, host }: ComponentContext): string | undefined {
  return config.kubelet.nodeIp ?? host.addresses[0];
}
