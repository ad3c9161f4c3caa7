/** Everything that a certificate says, and whose key signs it: what both writers of certificates take. */

import type { AlternativeNames, ExtendedKeyUsage, SubjectName } from '@easycerts/cluster';
import type { KeyUsageName } from './extensions.ts';
import type { KeyPair } from './key-pair.ts';

/** What both kinds of certificate say; the signature is made by `signer`. */
export interface CertificateFields {
  readonly serial: string;
  readonly subject: SubjectName;
  /** DER of the issuer's subject, copied octet by octet; undefined: self-signed. */
  readonly issuerDer: Uint8Array | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spkiDer: Uint8Array;
  readonly signer: KeyPair;
  /** A CA for leaves only (path length 0), or a leaf. */
  readonly isCa: boolean;
  readonly keyUsages: readonly KeyUsageName[];
  readonly usages: readonly ExtendedKeyUsage[];
  readonly alternativeNames: AlternativeNames;
  readonly subjectKeyId: string;
  readonly authorityKeyId: string;
}

/** Of a leaf: it has an issuer. */
export type LeafFields = Omit<CertificateFields, 'isCa' | 'issuerDer'> & { readonly issuerDer: Uint8Array };
