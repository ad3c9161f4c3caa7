/** What one certificate of one host must be: what the CA and certmgr both derive from the certificate list. */

import type { AuthorityName } from './component-name.ts';

export type ExtendedKeyUsage = 'server auth' | 'client auth';

export const keyAlgorithms = ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

/** Common name and organizations, in this order in the certificate: `O` first, then `CN` (as Go writes them). */
export interface SubjectName {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Subject alternative names, each list sorted and without repetition; IP addresses in canonical text. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/** One certificate of one host. Plain data: this is also the shape of the spec files of certmgr (plus `apiVersion`). */
export interface CertificateSpec {
  /** The name in the certificate list, unique on a host: `kube-apiserver`, `kubelet-client`, … */
  readonly name: string;
  readonly authority: AuthorityName;
  readonly subject: SubjectName;
  readonly alternativeNames: AlternativeNames;
  readonly usages: readonly ExtendedKeyUsage[];
  readonly keyAlgorithm: KeyAlgorithm;
  readonly validityS: number;
  /**
   * Path of the symbolic link whose target holds the set: `tls.crt` (leaf first), `tls.key`, `ca.crt` (the trust bundle of
   * `authority`). Swapped as one.
   */
  readonly directory: string;
  readonly owner: string;
  readonly group: string;
  /** Mode of `tls.key`; `tls.crt` and `ca.crt` are 0644. */
  readonly keyMode: number;
  /** Units that use the set, for people; what they do on a change stands in their own component spec. */
  readonly usedBy: readonly string[];
  /** A systemd service that is none of our components, which joiner tells when the set has changed. */
  readonly notify?: UnitNotice;
}

export interface UnitNotice {
  /** Without the suffix `.service`. */
  readonly unit: string;
  readonly action: 'reload' | 'restart';
}

/** The three files of a certificate set. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Paths of the files in a set's directory. */
export function filesOfSet(directory: string): CertificateFiles {
  return { cert: `${directory}/tls.crt`, key: `${directory}/tls.key`, ca: `${directory}/ca.crt` };
}
