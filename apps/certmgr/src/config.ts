/** What certmgr can be told, and what it does when it is not. */

import { type ClusterConfig, hostInUrl, type Paths } from '@easycerts/cluster';
import { minuteMs, secondMs } from '@easycerts/core';
import type { enrolWithToken, Users } from '@easycerts/runtime';
import { type BreakerPolicy, defaultBreaker } from './core/schedule.ts';
import type { AuthorityConnection } from './edge/authority.ts';

export interface CertmgrSettings {
  /** Specs and sets are looked at this often, whatever the hints of the file system say. */
  readonly checkIntervalMs: number;
  /** The CA is asked for its trust bundles this often, when nothing else is asked of it. */
  readonly bundleIntervalMs: number;
  /** Requests to the CA at the same time: enough for a whole host in one round trip or two, few enough for the CA. */
  readonly parallelRequests: number;
  readonly breaker: BreakerPolicy;
}

export const defaultSettings: CertmgrSettings = Object.freeze({
  checkIntervalMs: 30 * secondMs,
  bundleIntervalMs: minuteMs,
  parallelRequests: 8,
  breaker: defaultBreaker,
});

export interface CertmgrOptions {
  /** Name of this host in the cluster, for events. */
  readonly host: string;
  readonly paths: Paths;
  readonly users: Users;
  /** Opens the connection to the CA; it is closed with the service. */
  readonly connect: () => AuthorityConnection;
  readonly settings?: Partial<CertmgrSettings>;
  /** Trades a join token for an identity; default over gRPC, pinned to the CA that the token names. */
  readonly enrol?: typeof enrolWithToken;
}

/** `host:port` of the CA for this host: its own where there is one, so that a master needs no other. */
export function caEndpoint(config: ClusterConfig): string {
  const host = config.apiserver.enable ? '127.0.0.1' : hostInUrl(config.masterAddress);
  return `${host}:${config.pki.grpcPort}`;
}
