/** Writes certificates and requests through @peculiar/x509: the only file that knows that library. Loaded when first needed. */

import 'reflect-metadata';
import { type KeyObject, webcrypto } from 'node:crypto';
import type { AlternativeNames, ExtendedKeyUsage, KeyAlgorithm, SubjectName } from '@easycerts/cluster';
import * as x509 from '@peculiar/x509';
import type { CertificateFields } from './certificate-fields.ts';
import type { KeyUsageName } from './extensions.ts';
import type { KeyPair } from './key-pair.ts';
import { oid } from './oids.ts';

x509.cryptoProvider.set(webcrypto as Crypto);

/** Writes and signs a certificate, DER. */
export async function writeCertificate(fields: CertificateFields): Promise<Uint8Array> {
  const subject = nameOf(fields.subject);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: fields.serial.padStart(fields.serial.length + (fields.serial.length % 2), '0'),
    subject,
    issuer: fields.issuerDer === undefined ? subject : new x509.Name(Buffer.from(fields.issuerDer)),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    publicKey: Buffer.from(fields.spkiDer),
    signingKey: cryptoKeyOf(fields.signer.privateKey, fields.signer.algorithm, 'sign'),
    signingAlgorithm: signingAlgorithmOf(fields.signer.algorithm),
    extensions: [
      new x509.KeyUsagesExtension(keyUsageFlags(fields.keyUsages), true),
      ...(fields.usages.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(fields.usages.map(usageOid))]),
      new x509.BasicConstraintsExtension(fields.isCa, fields.isCa ? 0 : undefined, true),
      new x509.SubjectKeyIdentifierExtension(fields.subjectKeyId),
      ...(fields.issuerDer === undefined ? [] : [new x509.AuthorityKeyIdentifierExtension(fields.authorityKeyId)]),
      ...alternativeNameExtension(fields.alternativeNames),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

/** Writes and signs a certification request, DER. */
export async function writeCsr(keyPair: KeyPair, subject: SubjectName, names: AlternativeNames): Promise<Uint8Array> {
  const { algorithm } = keyPair;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: nameOf(subject),
    keys: {
      privateKey: cryptoKeyOf(keyPair.privateKey, algorithm, 'sign'),
      publicKey: cryptoKeyOf(keyPair.publicKey, algorithm, 'verify'),
    },
    signingAlgorithm: signingAlgorithmOf(algorithm),
    extensions: alternativeNameExtension(names),
  });
  return new Uint8Array(request.rawData);
}

/** As Go's crypto/x509/pkix: one relative name with all organizations, then the common name; PrintableString where it fits. */
function nameOf(subject: SubjectName): x509.Name {
  const { organizations, commonName } = subject;
  return new x509.Name([
    ...(organizations.length === 0 ? [] : [{ O: [...organizations].sort(derOrder).map(directoryString) }]),
    { CN: [directoryString(commonName)] },
  ]);
}

/** SET OF is sorted by encoding (X.690 §11.6): the length comes first in it, then the string type, then the text. */
function derOrder(one: string, other: string): number {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length - b.length || Number(isPrintable(one)) - Number(isPrintable(other)) || Buffer.compare(a, b);
}

function directoryString(value: string): { printableString: string } | { utf8String: string } {
  return isPrintable(value) ? { printableString: value } : { utf8String: value };
}

function isPrintable(value: string): boolean {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
}

function alternativeNameExtension(names: AlternativeNames): x509.Extension[] {
  const members = [
    ...names.dns.map((value) => ({ type: 'dns', value }) as const),
    ...names.ip.map((value) => ({ type: 'ip', value }) as const),
  ];
  return members.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(members)];
}

function usageOid(usage: ExtendedKeyUsage): string {
  return usage === 'server auth' ? oid.serverAuth : oid.clientAuth;
}

const flagOf: Readonly<Record<KeyUsageName, x509.KeyUsageFlags>> = {
  digitalSignature: x509.KeyUsageFlags.digitalSignature,
  contentCommitment: x509.KeyUsageFlags.nonRepudiation,
  keyEncipherment: x509.KeyUsageFlags.keyEncipherment,
  dataEncipherment: x509.KeyUsageFlags.dataEncipherment,
  keyAgreement: x509.KeyUsageFlags.keyAgreement,
  keyCertSign: x509.KeyUsageFlags.keyCertSign,
  cRLSign: x509.KeyUsageFlags.cRLSign,
  encipherOnly: x509.KeyUsageFlags.encipherOnly,
  decipherOnly: x509.KeyUsageFlags.decipherOnly,
};

function keyUsageFlags(usages: readonly KeyUsageName[]): x509.KeyUsageFlags {
  return usages.reduce<number>((flags, usage) => flags | flagOf[usage], 0);
}

function cryptoKeyOf(key: KeyObject, algorithm: KeyAlgorithm, usage: 'sign' | 'verify'): CryptoKey {
  // The generator exports the public key; a private one never has to be exported.
  return key.toCryptoKey(keyImportAlgorithmOf(algorithm), usage === 'verify', [usage]) as CryptoKey;
}

function keyImportAlgorithmOf(algorithm: KeyAlgorithm) {
  if (algorithm === 'ecdsa-p256') return { name: 'ECDSA', namedCurve: 'P-256' };
  if (algorithm === 'ecdsa-p384') return { name: 'ECDSA', namedCurve: 'P-384' };
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

function signingAlgorithmOf(algorithm: KeyAlgorithm) {
  const hash = algorithm === 'ecdsa-p384' ? 'SHA-384' : 'SHA-256';
  return { name: algorithm.startsWith('rsa-') ? 'RSASSA-PKCS1-v1_5' : 'ECDSA', hash };
}
