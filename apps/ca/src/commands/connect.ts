/** The connection of the commands to the CA: over gRPC, with the identity of this host. */

import { hostInUrl } from '@easycerts/cluster';
import { CertificateAuthorityService } from '@easycerts/contracts';
import {
  type CertificateAuthorityClient,
  type CommandContext,
  connectGrpcService,
  type GrpcClient,
  loadAcceptedConfig,
} from '@easycerts/runtime';

export interface ConnectOptions {
  /** `host:port`; default from cluster.yaml. */
  readonly endpoint?: string;
}

/** Does `work` with a client of the service CertificateAuthority and closes it. */
export function withCertificateAuthority<T>(
  context: CommandContext,
  options: ConnectOptions,
  work: (client: CertificateAuthorityClient) => Promise<T>,
): Promise<T> {
  return withService(CertificateAuthorityService, { context, options }, work);
}

/** Does `work` with a client of any service of the CA, given by its generated definition, and closes it. */
export async function withService<Definition extends object, T>(
  definition: Definition,
  { context, options: { endpoint } }: { readonly context: CommandContext; readonly options: ConnectOptions },
  work: (client: GrpcClient<Definition>) => Promise<T>,
): Promise<T> {
  const client = connectGrpcService(definition, {
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
