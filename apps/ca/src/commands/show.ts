/** `ca show <serial>`: one issued certificate. */

import type { IssuedCertificate } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import { encodePem } from '@easycerts/pki';
import type { CommandContext } from '@easycerts/runtime';
import { certificateJson } from './certificate-json.ts';
import { type ConnectOptions, withCertificateAuthority } from './connect.ts';

export interface ShowOptions extends ConnectOptions {
  /** Print the certificate itself. */
  readonly pem?: boolean;
}

/** Prints one certificate. */
export async function show(context: CommandContext, serialText: string, options: ShowOptions): Promise<void> {
  const serial = serialOf(serialText);
  const certificate = await withCertificateAuthority(context, options, (client) =>
    client.getCertificate({ serial }, { signal: context.signal }),
  );
  process.stdout.write(printed(certificate, { isPem: options.pem === true, isJson: context.isJson }));
}

/** A serial number as other tools print it (capitals, colons, `0x`, leading zeros) in our form. AppError INVALID_INPUT. */
export function serialOf(text: string): string {
  const serial = text
    .toLowerCase()
    .replace(/^0x/, '')
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '');
  if (/^[0-9a-f]{1,40}$/.test(serial)) return serial;
  throw new AppError('INVALID_INPUT', `${JSON.stringify(text)} is not a serial number`, {
    details: { cure: 'take one from `ca list`' },
  });
}

/** What the command prints. */
export function printed(
  certificate: IssuedCertificate,
  options: { readonly isPem: boolean; readonly isJson: boolean },
): string {
  if (options.isPem) return encodePem('CERTIFICATE', certificate.certificateDer);
  const facts = certificateJson(certificate);
  if (options.isJson) return `${JSON.stringify(facts, undefined, 2)}\n`;
  const lines: readonly (readonly [string, string])[] = [
    ['serial', facts.serial],
    ['certificate', `${facts.name} of ${facts.host}`],
    ['authority', facts.authority],
    ['subject', facts.subject],
    ['names', [...facts.dnsNames, ...facts.ipAddresses].join(', ')],
    ['usages', facts.usages.join(', ')],
    ['valid from', facts.notBefore],
    ['valid until', facts.notAfter],
    ['issued at', facts.issuedAt],
    ['sha-256', facts.fingerprint],
    ...(facts.revokedAt === undefined ? [] : [['revoked', `${facts.revokedAt} (${facts.revocationReason})`] as const]),
  ];
  return lines
    .map(([label, value]) => `${label.padEnd(13)}${value}`.trimEnd())
    .join('\n')
    .concat('\n');
}
