/** cluster.yaml and the facts of this host, as they are now: what the certificate list follows from. */

import {
  type CertificateSpec,
  type ClusterConfig,
  type HostRecord,
  type Paths,
  resolveCertificates,
} from '@easycerts/cluster';
import type { Clock } from '@easycerts/core';
import type { Logger } from '@easycerts/runtime';
import type { RegisteredHost } from '../core/registered-host.ts';

/** What is looked at again when a request does not fit. */
export interface ClusterSource {
  readonly load: () => Promise<{ readonly config: ClusterConfig; readonly ownHost: HostRecord }>;
}

export interface ClusterViewOptions {
  readonly source: ClusterSource;
  readonly paths: Paths;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told about a changed record of this host; its promise is waited for. */
  readonly onOwnHost: (record: HostRecord) => Promise<unknown>;
}

export interface ClusterView {
  readonly ownHost: HostRecord;
  readonly config: ClusterConfig;
  /** The certificate list for a host. */
  certificatesOf(host: RegisteredHost): readonly CertificateSpec[];
  /** Looks again, at most once a second; whether anything changed. Never throws: what was known stays. */
  refresh(): Promise<boolean>;
}

const refreshIntervalMs = 1_000;

/** Loads the view. AppError INVALID_CONFIG and the like when there is none at all. */
export async function openClusterView(options: ClusterViewOptions): Promise<ClusterView> {
  const { source, paths, clock, logger, onOwnHost } = options;
  let current = await source.load();
  let lists = new WeakMap<RegisteredHost, readonly CertificateSpec[]>();
  let lastRefreshMs = clock.now().getTime();
  const look = async (): Promise<boolean> => {
    const found = await source.load();
    const isOwnHostChanged = isDifferent(found.ownHost, current.ownHost);
    const isChanged = isOwnHostChanged || isDifferent(found.config, current.config);
    if (!isChanged) return false;
    current = found;
    lists = new WeakMap();
    logger.info({ host: found.ownHost.name }, 'the configuration or the facts of this host changed');
    if (isOwnHostChanged) await onOwnHost(found.ownHost);
    return true;
  };
  return {
    get ownHost() {
      return current.ownHost;
    },
    get config() {
      return current.config;
    },
    certificatesOf(host) {
      const known = lists.get(host);
      if (known !== undefined) return known;
      const list = resolveCertificates(current.config, host.record, paths);
      lists.set(host, list);
      return list;
    },
    async refresh() {
      const nowMs = clock.now().getTime();
      if (nowMs - lastRefreshMs < refreshIntervalMs) return false;
      lastRefreshMs = nowMs;
      try {
        return await look();
      } catch (err) {
        logger.warn({ err }, 'keep the configuration that is in use');
        return false;
      }
    },
  };
}

function isDifferent(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
