/**
 * What a caller of cfssl's API asks for once everything that overrides the CSR has been applied (signer/local/local.go of
 * cfssl: OverrideHosts, PopulateSubjectFromCSR). Only this is held against the certificate list.
 */

import { canonicalIp, isDnsName } from '@easycerts/cluster';
import { type CsrFacts, canonicalNames } from '@easycerts/pki';
import type { CfsslSignRequest, SubjectOverride } from './sign-request.ts';

/** The CSR with what overrides it. What its key and signature are, nothing overrides. */
export function askedFor(csr: CsrFacts, { hosts, subject }: Pick<CfsslSignRequest, 'hosts' | 'subject'>): CsrFacts {
  const named = subject === undefined ? csr : { ...csr, ...overriddenSubject(csr, subject) };
  const { commonName } = named.subject;
  const names =
    hosts === undefined ? namesOfCsr(csr, commonName) : namesOfHosts(meantHosts(hosts, csr, commonName), commonName);
  return { ...named, ...names };
}

type Subject = Pick<CsrFacts, 'subject' | 'otherSubjectAttributes'>;
type Names = Pick<CsrFacts, 'alternativeNames' | 'otherNames'>;

function overriddenSubject(csr: CsrFacts, override: SubjectOverride): Subject {
  const { commonName, organizations, hasOthers } = override;
  const others = hasOthers ? ['attributes in the subject of the request'] : [];
  return {
    subject: {
      commonName: commonName === '' ? csr.subject.commonName : commonName,
      organizations: organizations.length === 0 ? csr.subject.organizations : organizations,
    },
    otherSubjectAttributes: [...csr.otherSubjectAttributes, ...others],
  };
}

/**
 * The names of the CSR; its common name, when it stands there as a URI, is a name like the others: `system:kube-proxy` looks
 * like a URI to Go, so that cfssl's clients write it as one, and then look for it among the DNS names.
 */
function namesOfCsr({ alternativeNames, otherNames }: CsrFacts, commonName: string): Names {
  const uri = `URI:${commonName}`;
  if (!otherNames.includes(uri)) return { alternativeNames, otherNames };
  const dns = [...alternativeNames.dns, commonName];
  return {
    alternativeNames: canonicalNames({ ...alternativeNames, dns }),
    otherNames: otherNames.filter((name) => name !== uri),
  };
}

/**
 * cloudflare's certmgr sends the names that it finds in its CSR as `hosts`, but knows no URIs: for `system:kube-proxy` it sends
 * none, and expects that name all the same.
 */
function meantHosts(hosts: readonly string[], { otherNames }: CsrFacts, commonName: string): readonly string[] {
  return hosts.length === 0 && otherNames.includes(`URI:${commonName}`) ? [commonName] : hosts;
}

function namesOfHosts(hosts: readonly string[], commonName: string): Names {
  const dns: string[] = [];
  const ip: string[] = [];
  const otherNames: string[] = [];
  for (const host of hosts) {
    const address = canonicalIp(host);
    if (address !== undefined) ip.push(address);
    else if (host === commonName || isDnsName(host)) dns.push(host);
    else otherNames.push(host.slice(0, 253));
  }
  return { alternativeNames: canonicalNames({ dns, ip }), otherNames: [...new Set(otherNames)].sort() };
}
