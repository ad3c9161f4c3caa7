/** What every reason means, how to look at it and what to do: docs/reasons.md. The compiler asks for a text for each. */

import type { ComponentActionReason, DenyReason, ReissueReason } from '@easycerts/core';

export interface ReasonText {
  /** What is the case. */
  readonly meaning: string;
  /** How an operator sees it with their own eyes. */
  readonly check: string;
  /** What happens by itself, and what to do when it does not. */
  readonly repair: string;
}

export const reissueReasonTexts: Readonly<Record<ReissueReason, ReasonText>> = {
  missing: {
    meaning: 'One of `tls.crt`, `tls.key`, `ca.crt` of the set is not there.',
    check: '`ls -l` the directory of the set (docs/certificates.md has it; `easycerts certmgr check --json` too).',
    repair: 'certmgr asks for a new certificate at once. Again and again missing: find what deletes the files.',
  },
  unreadable: {
    meaning: 'A file of the set is not valid PEM, or is not the kind of object it should be.',
    check: '`openssl x509 -in tls.crt -noout` and `openssl pkey -in tls.key -noout` in the directory of the set.',
    repair: 'certmgr replaces the whole set. If it comes back, look for a full disk, a failing disk or another writer.',
  },
  'key-mismatch': {
    meaning: 'The private key does not belong to the certificate beside it.',
    check: 'Compare `openssl x509 -in tls.crt -noout -pubkey` with `openssl pkey -in tls.key -pubout`.',
    repair: 'certmgr replaces the set. Sets are swapped as one, so somebody else wrote one of the files.',
  },
  forced: {
    meaning: 'An operator asked for a new certificate, though the present one is good.',
    check: 'The `certificate.renewed` event says when (`easycerts events`).',
    repair: 'Nothing to repair.',
  },
  revoked: {
    meaning: 'The certificate was revoked by the CA.',
    check: '`easycerts ca show <serial>`, on a master.',
    repair:
      'certmgr asks for another one with a new key. If the host itself is revoked the CA refuses: let it join again.',
  },
  subject: {
    meaning: 'The subject in the certificate is not the one in the certificate list.',
    check: '`openssl x509 -in tls.crt -noout -subject`; compare with docs/certificates.md.',
    repair: 'certmgr replaces it. Expected after the host, its roles or the list have changed.',
  },
  names: {
    meaning: 'The DNS names or IP addresses in the certificate are not those in the certificate list.',
    check: '`openssl x509 -in tls.crt -noout -ext subjectAltName`; compare with `easycerts certmgr check`.',
    repair: 'certmgr replaces it. Expected after an address, `masterAddress` or `clusterCidr` has changed.',
  },
  usages: {
    meaning: 'The certificate is not for the purposes (server, client) that the certificate list gives it.',
    check: '`openssl x509 -in tls.crt -noout -ext extendedKeyUsage`.',
    repair: 'certmgr replaces it.',
  },
  'issuer-changed': {
    meaning: 'The certificate does not verify against the trust bundle of its authority: the CA is another one.',
    check: '`openssl verify -CAfile ca.crt tls.crt` in the directory of the set.',
    repair:
      'certmgr replaces it. Unexpected, without a rotation: compare the CA fingerprints in the `ca.initialized` events.',
  },
  'key-policy': {
    meaning: 'The key is of another kind or size than the certificate list asks for.',
    check: '`openssl pkey -in tls.key -noout -text`, its first line; `pki.keyAlgorithm` of cluster.yaml.',
    repair: 'certmgr makes a new key. Expected after `pki.keyAlgorithm` has changed.',
  },
  'not-yet-valid': {
    meaning: 'The clock of this host is before the beginning of validity.',
    check: '`date -u` and `openssl x509 -in tls.crt -noout -startdate`; also on the master.',
    repair: 'Set the clock (NTP). A new certificate does not help as long as the clocks of host and master disagree.',
  },
  expired: {
    meaning: 'The end of validity has passed: nobody accepts the certificate any more.',
    check: '`openssl x509 -in tls.crt -noout -enddate`; the log of certmgr says why it was not renewed in time.',
    repair: 'certmgr asks for another one as soon as it reaches the CA. An expired host identity needs a new join.',
  },
  'near-expiry': {
    meaning: 'Two thirds of the lifetime have passed: the ordinary renewal.',
    check: '`easycerts certmgr check` shows when each certificate is due.',
    repair: 'Nothing to repair.',
  },
};

export const denyReasonTexts: Readonly<Record<DenyReason, ReasonText>> = {
  unauthenticated: {
    meaning: 'The caller had no client certificate of the easycerts CA.',
    check: 'Field `peer` of the `call.refused` event.',
    repair: 'If the caller is yours, its host identity is missing or of another cluster: let the host join.',
  },
  'unknown-host': {
    meaning: 'The identity is genuine, but the CA has no record of such a host.',
    check: 'The field `host` of the event; the hosts that the CA knows.',
    repair: 'Let the host join again. Expected after the state of the CA was put back to an earlier day.',
  },
  'host-revoked': {
    meaning: 'The host was revoked.',
    check: 'The audit events of that host.',
    repair:
      'If it was revoked by mistake, let it join again with a new token. Otherwise: it is being kept out, as asked.',
  },
  'rate-limited': {
    meaning: 'The host has asked more often than the limit allows.',
    check: 'The `certificate.issued` events: what does the host keep asking for?',
    repair: 'It passes by itself. Repeated: something on the host deletes or damages its certificates; find it.',
  },
  'too-large': {
    meaning: 'The request is larger than 16 KiB.',
    check: 'The audit event names the caller.',
    repair: 'certmgr never sends such a request: find out what runs on the host with its identity.',
  },
  malformed: {
    meaning: 'The request, or the CSR in it, cannot be parsed, or a field is missing.',
    check: '`detail` of the audit event says which part.',
    repair: 'Different versions on host and master are the usual cause: use the same one.',
  },
  'bad-signature': {
    meaning: 'The CSR is not signed by the key it is for: the caller does not hold that key, or changed the CSR.',
    check: 'The audit event names the caller.',
    repair: 'certmgr never sends such a request: treat the host as suspect.',
  },
  'weak-key': {
    meaning: 'The key is not of the kind that the certificate list asks for, or is weak.',
    check: '`detail` of the audit event; `pki.keyAlgorithm` of cluster.yaml.',
    repair: 'After a change of `pki.keyAlgorithm`: wait until config-renderer has written the new specs of the host.',
  },
  'not-in-list': {
    meaning: 'The certificate list has no certificate of that name for this host.',
    check: 'docs/certificates.md; the roles of the host.',
    repair: 'Delete a certificate spec written by hand, or give the host the role that needs the certificate.',
  },
  subject: {
    meaning: 'The CSR asks for another subject than the list has: another identity.',
    check: '`detail` of the audit event has both.',
    repair: 'Never expected from certmgr with its own specs: treat the host as suspect.',
  },
  names: {
    meaning: 'The CSR asks for DNS names or IP addresses that the list does not have for this host.',
    check: '`detail` of the audit event has the difference.',
    repair:
      'After a change of addresses the CA has to learn them first; it passes by itself. Otherwise treat it as suspect.',
  },
  usages: {
    meaning: 'The CSR asks for purposes that the list does not have.',
    check: '`detail` of the audit event.',
    repair: 'Never expected from certmgr: treat the host as suspect.',
  },
  'ca-requested': {
    meaning: 'The CSR asks to become a certificate authority.',
    check: 'The audit event names the caller.',
    repair: 'Never expected from certmgr: treat the host as suspect.',
  },
  extension: {
    meaning: 'The CSR carries an extension that the CA does not know or does not allow.',
    check: '`detail` of the audit event has its object identifier.',
    repair: 'Requests made by hand must carry only subjectAltName, keyUsage, extendedKeyUsage and basicConstraints.',
  },
  replayed: {
    meaning: 'The id of the request was used before, with another CSR.',
    check: 'The audit event names the caller.',
    repair: 'certmgr uses each id for one key: treat the host as suspect.',
  },
  stale: {
    meaning: 'The request was made more than five minutes away from the clock of the CA.',
    check: '`date -u` on the host and on the master.',
    repair: 'Set the clocks (NTP).',
  },
  'not-permitted': {
    meaning: 'The host asked for what only a master may see or do.',
    check: '`detail` of the audit event says what.',
    repair: 'Ask on a master, or give the host the role. Not asked for by anyone: treat the host as suspect.',
  },
  'certificate-revoked': {
    meaning: 'The host shows a certificate that was revoked: the host has left or was removed.',
    check: '`easycerts ca show <serial>`, on a master.',
    repair: 'If the host is to come back, let it join with a new token. Otherwise find out who holds its key.',
  },
  'token-unknown': {
    meaning: 'There is no such join token, or its secret is another one.',
    check: '`easycerts ca token list`; `peer` of the `token.refused` event says who tried.',
    repair:
      'Make a new token with `easycerts ca token create`. Tries that are not yours: close the port to that address.',
  },
  'token-expired': {
    meaning: 'The join token was made for a limited time, which is over.',
    check: '`easycerts ca token list`.',
    repair: 'Make a new one, with a longer `--ttl` if need be.',
  },
  'token-used': {
    meaning: 'As many hosts as the join token allows have used it.',
    check: '`easycerts ca token list` shows which.',
    repair: 'Make a new one. If you do not know one of those hosts, remove it: `easycerts ca host remove <name>`.',
  },
  'token-revoked': {
    meaning: 'The join token was revoked.',
    check: '`easycerts ca token list`.',
    repair: 'Make a new one.',
  },
  'token-name': {
    meaning: 'The join token is for a host of another name.',
    check: '`easycerts ca token list`; the name of the host: `hostname`.',
    repair: 'Use the token on that host, or make one for this name. Not yours: the token was stolen, revoke it.',
  },
  'token-role': {
    meaning: 'The join token is for another role than the one asked for.',
    check: '`easycerts ca token list`.',
    repair: 'Make a token for that role.',
  },
  'name-taken': {
    meaning: 'The cluster has a host of that name already.',
    check: '`easycerts ca host list`.',
    repair:
      'Give the machine another name. To replace a lost machine by one of the same name, make a token for that name: ' +
      '`easycerts ca token create --name <name>`.',
  },
};

export const componentActionReasonTexts: Readonly<Record<ComponentActionReason, ReasonText>> = {
  'not-running': {
    meaning: 'The component should run and does not: at start, or because it ended.',
    check: 'Its log in the log directory (`<root>/var/log/easycerts/<unit>.log`).',
    repair: 'joiner starts it. A component that keeps ending is reported by `component.failed` with its last lines.',
  },
  'unit-changed': {
    meaning: 'Its program, arguments, environment or user are others than it was started with.',
    check: 'The component spec, `<root>/etc/easycerts/components.d/<unit>.json`.',
    repair: 'Nothing to repair: joiner restarts it once.',
  },
  'config-changed': {
    meaning: 'A rendered file that it was started with has changed.',
    check: 'The `config.applied` event before it lists the files.',
    repair: 'Nothing to repair: joiner reloads or restarts it, whatever its specification says.',
  },
  'certificate-changed': {
    meaning: 'A certificate set that it uses was replaced.',
    check: 'The `certificate.renewed` event before it.',
    repair: 'Nothing to repair: joiner reloads or restarts it when it does not read the file again by itself.',
  },
  unhealthy: {
    meaning: 'It runs, but does not answer its health check.',
    check: 'The health address in its component spec; its log.',
    repair: 'joiner restarts it, waiting longer each time.',
  },
  'rolled-back': {
    meaning: 'It did not become healthy with a new certificate set, so the previous one was put back.',
    check: 'The `certificate.rolled-back` event; its log from that time.',
    repair: 'It works with the old certificate until that expires. Mend what its log names; certmgr tries again.',
  },
  forced: {
    meaning: 'An operator asked for it.',
    check: 'The `component.restarted` event.',
    repair: 'Nothing to repair.',
  },
};
