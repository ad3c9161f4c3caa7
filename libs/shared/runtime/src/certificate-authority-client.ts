/** The certificate authority, as its callers see it. */

import { CertificateAuthorityService } from '@easycerts/contracts';
import type { GrpcClient, GrpcClientOptions } from './grpc-client.ts';
import { connectGrpcService } from './grpc-client.ts';

/** sign, getTrustBundle, listCertificates, getCertificate and close. */
export type CertificateAuthorityClient = GrpcClient<typeof CertificateAuthorityService>;

/** A client of the CA that calls with a host identity. Throws what {@link connectGrpcService} says. */
export function connectCertificateAuthority(options: GrpcClientOptions): CertificateAuthorityClient {
  return connectGrpcService(CertificateAuthorityService, options);
}
