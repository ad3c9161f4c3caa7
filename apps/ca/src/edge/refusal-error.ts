/** A refusal as the error that the caller gets. */

import { AppError, type DenyReason, type ErrorCode, type Finding } from '@easycerts/core';

const invalid: ReadonlySet<DenyReason> = new Set(['malformed', 'too-large']);

const cures: Readonly<Record<DenyReason, string>> = {
  unauthenticated: "let certmgr renew the host's identity, or join the host again",
  'unknown-host': 'join the host: `joiner join` with a token of `ca token create`',
  'host-revoked': 'remove the host, or join it again under another name',
  'rate-limited': 'wait a moment and try again',
  'too-large': 'send a CSR without extra content',
  malformed: 'send a PKCS #10 request in DER, as `openssl req -outform DER` writes it',
  'bad-signature': 'sign the CSR with its own key, with SHA-256 or stronger',
  'weak-key': 'make a key of the algorithm in the certificate list (pki.keyAlgorithm in cluster.yaml)',
  'not-in-list': 'compare with the certificate list of this host: `certmgr check`',
  subject: 'ask for the subject in the certificate list, or apply the configuration: `config-renderer apply`',
  names: 'ask for the names in the certificate list, or apply the configuration: `config-renderer apply`',
  usages: 'ask for the usages in the certificate list',
  'ca-requested': 'no CA certificate is issued to hosts',
  extension: 'leave extensions out that the certificate list does not have',
  replayed: 'make a new key and a new CSR',
  stale: 'set the clocks of both machines, for example with chrony',
  'not-permitted': 'ask on a master',
  'certificate-revoked': 'let the host join again with a new token',
  'token-unknown': 'copy the token again, or make a new one on a master: `ca token create`',
  'token-expired': 'make a new token on a master: `ca token create`',
  'token-used': 'make a new token on a master: `ca token create`',
  'token-revoked': 'make a new token on a master: `ca token create`',
  'token-name': 'make a token for this host on a master: `ca token create --name <host>`',
  'token-role': 'make a token for this role on a master: `ca token create --role <role>`',
  'name-taken': 'give this machine another name, or make a token for exactly this name on a master',
};

/** AppError with the reason and its cure: UNAVAILABLE when waiting helps, INVALID_INPUT, UNAUTHENTICATED or PERMISSION_DENIED. */
export function refusalError(what: string, { reason, detail }: Finding<DenyReason>): AppError {
  return new AppError(codeOf(reason), `${what} refused: ${detail}`, { details: { reason, cure: cures[reason] } });
}

function codeOf(reason: DenyReason): ErrorCode {
  if (reason === 'unauthenticated') return 'UNAUTHENTICATED';
  if (reason === 'rate-limited') return 'UNAVAILABLE';
  return invalid.has(reason) ? 'INVALID_INPUT' : 'PERMISSION_DENIED';
}
