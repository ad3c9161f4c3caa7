/** What @peculiar/x509 reads in certificates and requests. */

import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

export interface PeculiarRequest {
  readonly commonNames: readonly string[];
  readonly organizations: readonly string[];
  readonly extensionOids: readonly string[];
  /** `dns:n1`, `ip:192.0.2.1`, sorted. */
  readonly names: readonly string[];
}

export interface PeculiarCertificate extends PeculiarRequest {
  readonly serial: string;
  readonly isCa: boolean | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly usages: readonly string[];
}

/** Throws for what is no certificate. */
export function peculiarCertificate(der: Uint8Array): PeculiarCertificate {
  const read = new x509.X509Certificate(Buffer.from(der));
  return {
    ...commonOf(read.subjectName, read.extensions),
    serial: read.serialNumber.replace(/^0+/, ''),
    isCa: read.getExtension(x509.BasicConstraintsExtension)?.ca,
    notBefore: read.notBefore,
    notAfter: read.notAfter,
    usages: Array.from(read.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? [], String).sort(),
  };
}

/** Throws for what is no request. */
export function peculiarRequest(der: Uint8Array): PeculiarRequest {
  const read = new x509.Pkcs10CertificateRequest(Buffer.from(der));
  return commonOf(read.subjectName, read.extensions);
}

function commonOf(subject: x509.Name, extensions: readonly x509.Extension[]): PeculiarRequest {
  // The library's own arrays are of classes of its own.
  const all = Array.from(extensions);
  const names = all.filter((one) => one instanceof x509.SubjectAlternativeNameExtension);
  return {
    commonNames: subject.getField('CN'),
    organizations: subject.getField('O'),
    extensionOids: all.map(({ type }) => type),
    names: names.flatMap((one) => one.names.items.map(({ type, value }) => `${type}:${value}`)).sort(),
  };
}
