/** What the CA takes from cluster.yaml and from around it. */

import { type ClusterConfig, hostRecordOf, type Paths } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { type CommandContext, gatherHostIdentity, type Logger, loadAcceptedConfig } from '@easycerts/runtime';
import type { FailureLimits } from './core/failure-throttle.ts';
import type { RateLimit } from './core/token-bucket.ts';
import type { ClusterSource } from './edge/cluster-view.ts';

export interface Listen {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface CaOptions {
  readonly grpc: Listen;
  readonly https: Listen;
  /** For machines with a join token, which have no certificate yet. */
  readonly enrol: Listen;
  /** The API of cfssl; absent: it is not served. `identityDirectory: undefined`: on plain HTTP, for benchmarks. */
  readonly cfssl?: Listen & { readonly identityDirectory?: undefined };
  /** `tls://host:port` of the bus. */
  readonly busServers: readonly string[];
  readonly paths: Paths;
  readonly source: ClusterSource;
  /** Calls of one host; refused enrolments, which nobody is authenticated for, of an address and of all. */
  readonly limits?: {
    readonly sign: RateLimit;
    readonly read: RateLimit;
    readonly refusedEnrolments?: FailureLimits;
  };
}

/** A host has some 25 certificates: a first start and several forced reissues at once are not a flood. */
export const defaultLimits: NonNullable<CaOptions['limits']> = {
  sign: { burst: 120, perSecond: 4 },
  read: { burst: 200, perSecond: 20 },
};

/**
 * Many machines may share an address, and a wrong token in a script is tried on each of them. Secrets have 256 bits: the
 * limits spare the CA's work and the audit trail.
 */
export const defaultEnrolmentLimits: FailureLimits = {
  source: { burst: 30, perSecond: 0.2 },
  all: { burst: 500, perSecond: 10 },
};

/** cluster.yaml and the facts of this host, read at each call. */
export function clusterSourceOf({ configFile }: CommandContext, logger: Logger): ClusterSource {
  return {
    load: async () => {
      const config = await loadAcceptedConfig(configFile, (err) =>
        logger.warn({ err }, 'cluster.yaml has problems: go on with what was accepted last'),
      );
      return { config, ownHost: await gatherHostRecord(config) };
    },
  };
}

/** The record of the host that we run on. */
export async function gatherHostRecord(config: ClusterConfig) {
  const { hostname } = config.kubelet;
  const identity = await gatherHostIdentity({
    roles: config.roles,
    ...(hostname === undefined ? {} : { hostName: hostname }),
  });
  return hostRecordOf(config, identity);
}

/** AppError FAILED_PRECONDITION unless this host is to have the CA. */
export function assertHasCa(config: ClusterConfig, configFile: string): void {
  const cure = `set the role master, or apiserver.enable, in ${configFile}`;
  if (!config.easyCerts) {
    throw new AppError('FAILED_PRECONDITION', `easyCerts is off in ${configFile}: there is no CA then`, {
      details: {
        path: configFile,
        cure: `set roles and easyCerts: true in ${configFile}, or use your own certificates`,
      },
    });
  }
  if (config.roles.includes('master') || config.apiserver.enable) return;
  throw new AppError('FAILED_PRECONDITION', 'this host is not a master: the CA runs on masters', {
    details: { path: configFile, cure },
  });
}
