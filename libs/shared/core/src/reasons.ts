/** The closed lists of reasons: the same words in logs, events, metrics, gRPC answers and the CLI. */

/** Why a certificate has to be issued (again), in the order in which the checks look. */
export const reissueReasons = [
  'missing',
  'unreadable',
  'key-mismatch',
  'forced',
  'revoked',
  'subject',
  'names',
  'usages',
  'issuer-changed',
  'key-policy',
  'not-yet-valid',
  'expired',
  'near-expiry',
] as const;
export type ReissueReason = (typeof reissueReasons)[number];

/** Why the CA refused a request. */
export const denyReasons = [
  'unauthenticated',
  'unknown-host',
  'host-revoked',
  'rate-limited',
  'too-large',
  'malformed',
  'bad-signature',
  'weak-key',
  'not-in-list',
  'subject',
  'names',
  'usages',
  'ca-requested',
  'extension',
  'replayed',
  'stale',
  'not-permitted',
  'certificate-revoked',
  'token-unknown',
  'token-expired',
  'token-used',
  'token-revoked',
  'token-name',
  'token-role',
  'name-taken',
] as const;
export type DenyReason = (typeof denyReasons)[number];

/** Why joiner acts on a component. */
export const componentActionReasons = [
  'not-running',
  'unit-changed',
  'config-changed',
  'certificate-changed',
  'unhealthy',
  'rolled-back',
  'forced',
] as const;
export type ComponentActionReason = (typeof componentActionReasons)[number];
