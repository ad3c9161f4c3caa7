/** An issued certificate as `ca list --json` and `ca show --json` print it. */

import type { IssuedCertificate } from '@easycerts/contracts';

/** Times as ISO 8601. The certificate itself is left out: `ca show --pem` prints it. */
export function certificateJson(certificate: IssuedCertificate) {
  const { serial, authority, host, name, subject, dnsNames, ipAddresses, usages, fingerprint } = certificate;
  return {
    serial,
    authority,
    host,
    name,
    subject,
    dnsNames,
    ipAddresses,
    usages,
    notBefore: new Date(certificate.notBeforeMs).toISOString(),
    notAfter: new Date(certificate.notAfterMs).toISOString(),
    issuedAt: new Date(certificate.issuedAtMs).toISOString(),
    fingerprint,
    ...(certificate.revokedAtMs === 0
      ? {}
      : { revokedAt: new Date(certificate.revokedAtMs).toISOString(), revocationReason: certificate.revocationReason }),
  };
}
