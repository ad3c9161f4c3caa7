/** The connection of `ca list` and `ca show`: over gRPC, with the identity of this host. */

import { hostInUrl } from '@easycerts/cluster';
import {
  type CertificateAuthorityClient,
  type CommandContext,
  connectCertificateAuthority,
  loadAcceptedConfig,
} from '@easycerts/runtime';

export interface ConnectOptions {
  /** `host:port`; default from cluster.yaml. */
  readonly endpoint?: string;
}

/** Does `work` with a client of the CA and closes it. */
export async function withCertificateAuthority<T>(
  context: CommandContext,
  { endpoint }: ConnectOptions,
  work: (client: CertificateAuthorityClient) => Promise<T>,
): Promise<T> {
  const client = connectCertificateAuthority({
    endpoint: endpoint ?? (await endpointOf(context)),
    identityDirectory: context.paths.hostIdentity,
  });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

async function endpointOf({ configFile }: CommandContext): Promise<string> {
  const config = await loadAcceptedConfig(configFile, () => undefined);
  return `${hostInUrl(config.masterAddress)}:${config.pki.grpcPort}`;
}
