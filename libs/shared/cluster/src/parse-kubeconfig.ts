/**
 * A kubeconfig → where the API server is and which files prove who we are. Only what certificates need is understood
 * (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/): no exec plugins, no passwords, no proxies.
 */

import { AppError } from '@easycerts/core';
import { parse } from 'yaml';

/** A PEM that stands in a file (read again whenever it is needed) or in the kubeconfig itself. */
export type PemSource = { readonly file: string } | { readonly pem: string };

export interface KubeEndpoint {
  /** https URL without a trailing slash. */
  readonly server: string;
  /** Name to verify instead of the URL's host. */
  readonly serverName?: string;
  readonly ca: PemSource;
  readonly certificate: PemSource;
  readonly key: PemSource;
}

/** Reads the current context. `path`: of the kubeconfig, for messages and for relative paths in it. AppError DAMAGED. */
export function parseKubeconfig(text: string, path: string): KubeEndpoint {
  const config = parseYaml(text, path);
  const context = named(config, 'contexts', textOf(config['current-context']), 'context', path);
  const cluster = named(config, 'clusters', textOf(context.cluster), 'cluster', path);
  const user = named(config, 'users', textOf(context.user), 'user', path);
  const server = textOf(cluster.server);
  if (!/^https:\/\/[^/?#]+\/?$/.test(server)) throw damaged(path, 'the server of the cluster is not an https URL');
  if (cluster['insecure-skip-tls-verify'] === true) throw damaged(path, 'insecure-skip-tls-verify is not accepted');
  const serverName = textOf(cluster['tls-server-name']);
  return {
    server: server.replace(/\/$/, ''),
    ...(serverName === '' ? {} : { serverName }),
    ca: pemOf(cluster, 'certificate-authority', path),
    certificate: pemOf(user, 'client-certificate', path),
    key: pemOf(user, 'client-key', path),
  };
}

function pemOf(owner: Record<string, unknown>, field: string, path: string): PemSource {
  const file = textOf(owner[field]);
  if (file !== '') return { file: file.startsWith('/') ? file : `${path.slice(0, path.lastIndexOf('/'))}/${file}` };
  const data = textOf(owner[`${field}-data`]);
  if (data !== '') return { pem: Buffer.from(data, 'base64').toString('utf8') };
  throw damaged(path, `it has no ${field}`);
}

function named(
  config: Record<string, unknown>,
  list: string,
  name: string,
  part: string,
  path: string,
): Record<string, unknown> {
  const items = config[list];
  const item = Array.isArray(items) ? items.find((entry) => isRecord(entry) && entry.name === name) : undefined;
  const value = isRecord(item) ? item[part] : undefined;
  if (name === '' || !isRecord(value)) throw damaged(path, `it names no ${part} that is in ${list}`);
  return value;
}

function parseYaml(text: string, path: string): Record<string, unknown> {
  try {
    // Warnings would be printed, with the line that they are about.
    const value: unknown = parse(text, { logLevel: 'error', prettyErrors: false });
    if (isRecord(value)) return value;
  } catch {
    // The parser's words quote the text, which may hold a key.
  }
  throw damaged(path, 'it is not YAML with fields');
}

function damaged(path: string, fault: string): AppError {
  const cure = 'run `easycerts config-renderer apply`, which writes it anew';
  return new AppError('DAMAGED', `read kubeconfig ${path}: ${fault}`, { details: { cure, path } });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
