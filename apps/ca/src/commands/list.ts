/** `ca list`: what was issued, newest first. */

import type { IssuedCertificate } from '@easycerts/contracts';
import { type Clock, formatDuration } from '@easycerts/core';
import { type CertificateAuthorityClient, type CommandContext, formatTable, systemClock } from '@easycerts/runtime';
import { certificateJson } from './certificate-json.ts';
import { type ConnectOptions, withCertificateAuthority } from './connect.ts';

export interface ListOptions extends ConnectOptions {
  readonly host?: string;
  readonly name?: string;
  readonly authority?: string;
  /** Leave out what has expired. */
  readonly valid?: boolean;
  /** At most this many; all without it. */
  readonly limit?: number;
}

const pageSize = 500;

/** Prints the certificates that this host may see. */
export async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const found = await withCertificateAuthority(context, options, (client) => collect(client, options, context.signal));
  process.stdout.write(context.isJson ? jsonOf(found.certificates) : tableOf(found.certificates, systemClock));
  if (found.hasMore && !context.isJson) process.stderr.write(`there are more: raise --limit ${options.limit}\n`);
}

interface Found {
  readonly certificates: readonly IssuedCertificate[];
  readonly hasMore: boolean;
}

async function collect(
  client: CertificateAuthorityClient,
  { host = '', name = '', authority = '', valid = false, limit = Number.POSITIVE_INFINITY }: ListOptions,
  signal: AbortSignal,
): Promise<Found> {
  const certificates: IssuedCertificate[] = [];
  let pageToken = '';
  do {
    const wanted = Math.min(pageSize, limit - certificates.length);
    const page = await client.listCertificates(
      { pageSize: wanted, pageToken, host, name, authority, onlyValid: valid },
      { signal },
    );
    certificates.push(...page.certificates);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && certificates.length < limit);
  return { certificates, hasMore: pageToken !== '' };
}

function jsonOf(certificates: readonly IssuedCertificate[]): string {
  return `${JSON.stringify(certificates.map(certificateJson), undefined, 2)}\n`;
}

/** The table: one line a certificate. */
export function tableOf(certificates: readonly IssuedCertificate[], clock: Clock): string {
  const nowMs = clock.now().getTime();
  const rows = certificates.map(({ serial, host, name, authority, subject, notAfterMs, issuedAtMs, revokedAtMs }) => [
    serial,
    host,
    name,
    authority,
    revokedAtMs > 0
      ? 'revoked'
      : notAfterMs > nowMs
        ? `in ${formatDuration(notAfterMs - nowMs)}`
        : `${formatDuration(nowMs - notAfterMs)} ago`,
    new Date(issuedAtMs).toISOString().slice(0, 19).replace('T', ' '),
    subject,
  ]);
  return formatTable(['SERIAL', 'HOST', 'CERTIFICATE', 'AUTHORITY', 'EXPIRES', 'ISSUED (UTC)', 'SUBJECT'], rows);
}
