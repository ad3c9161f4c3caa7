/** Whether the bus can be reached as this host: a whole handshake, as a connection that only begins is a refusal to the audit. */

import { type ClusterConfig, filesOfSet, hostInUrl } from '@easycerts/cluster';
import { checkHealth } from '../health-check.ts';

/** What of the configuration says where the bus is. */
export type BusConfig = Pick<ClusterConfig, 'easyCerts' | 'masterAddress'> & {
  readonly apiserver: Pick<ClusterConfig['apiserver'], 'enable'>;
  readonly bus: Pick<ClusterConfig['bus'], 'port'>;
};

const timeoutMs = 5_000;

/** What is wrong, with where; undefined when nothing is, and without easyCerts, when there is no bus. */
export async function busProblem(
  { apiserver, bus, easyCerts, masterAddress }: BusConfig,
  identityDirectory: string,
): Promise<string | undefined> {
  if (!easyCerts) return undefined;
  const host = apiserver.enable ? '127.0.0.1' : hostInUrl(masterAddress);
  const { ca: caFile, cert: certFile, key: keyFile } = filesOfSet(identityDirectory);
  const check = {
    kind: 'tls',
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: bus.port,
    caFile,
    certFile,
    keyFile,
  } as const;
  const health = await checkHealth(check, { timeoutMs, runningForMs: undefined });
  return health.isHealthy ? undefined : `${host}:${bus.port}: ${health.detail}`;
}
