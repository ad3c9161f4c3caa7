/** The part of the CA's interface that certmgr uses. */

import type { CertificateAuthorityClient } from '@easycerts/runtime';

export type Authority = Pick<CertificateAuthorityClient, 'sign' | 'getTrustBundle'>;

/** A connection to the CA, and its end. */
export type AuthorityConnection = Authority & Pick<CertificateAuthorityClient, 'close'>;
