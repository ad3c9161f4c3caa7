/**
 * Whether a certificate chain that a server has shown is that of the CA whose public key is pinned (RFC 7469 section 2.6 for
 * the idea). Everything in the chain is the server's word; only what leads to the pinned key counts.
 */

import { canonicalIp } from '@easycerts/cluster';
import { AppError, type Check, type Finding, firstFinding } from '@easycerts/core';
import { type CertificateFacts, issuerOf, parseCertificate, verifyCertificate } from '@easycerts/pki';

/** `pin`: not the CA that was named, or it does not vouch; `names`: for another server; `validity`: a clock, or expired. */
export const pinProblems = ['pin', 'names', 'validity'] as const;
export type PinProblem = (typeof pinProblems)[number];

export interface ShownChain {
  /** As shown, the server's own certificate first, DER. */
  readonly chain: readonly Uint8Array[];
  /** SHA-256 of the SubjectPublicKeyInfo of the CA, lowercase hexadecimal. */
  readonly pin: string;
  /** Name or address that was connected to. */
  readonly host: string;
  readonly at: Date;
}

export type PinnedChain =
  | { readonly kind: 'trusted'; readonly authority: CertificateFacts }
  | { readonly kind: 'refused'; readonly finding: Finding<PinProblem> };

/** Ours has two certificates, four during a change of the CA; reading more is work for whoever sent them. */
const longestChain = 10;

/** Decides. Pure; never throws, whatever the chain holds. */
export function checkPinnedChain(shown: ShownChain): PinnedChain {
  const [leaf, ...others] = shown.chain.slice(0, longestChain + 1).map(parsedOrNothing);
  if (leaf === undefined) return refused('pin', 'it shows no certificate that can be read');
  if (others.length >= longestChain) return refused('pin', `it shows more than ${longestChain} certificates`);
  const authority = others.find((one) => one !== undefined && isPinnedAuthority(one, shown.pin));
  if (authority === undefined) return refused('pin', 'it does not show the CA that the token names');
  const finding = firstFinding(checks, { leaf, authority, shown });
  return finding === undefined ? { kind: 'trusted', authority } : { kind: 'refused', finding };
}

interface Vouching {
  readonly leaf: CertificateFacts;
  readonly authority: CertificateFacts;
  readonly shown: ShownChain;
}

const checks: readonly Check<Vouching, PinProblem>[] = [isIssuedByAuthority, isForHost, isTrusted];

/** The key alone proves nothing: anybody can put a public key into a certificate. Its own signature on it does. */
function isPinnedAuthority(certificate: CertificateFacts, pin: string): boolean {
  return certificate.spkiFingerprint === pin && certificate.isCa && issuerOf(certificate, [certificate]) !== undefined;
}

function isIssuedByAuthority({ leaf, authority }: Vouching): Finding<PinProblem> | undefined {
  if (issuerOf(leaf, [authority]) !== undefined) return undefined;
  return { reason: 'pin', detail: 'its certificate is not of the CA that the token names' };
}

function isForHost({ leaf, shown }: Vouching): Finding<PinProblem> | undefined {
  const { dns, ip } = leaf.alternativeNames;
  const address = canonicalIp(shown.host);
  const isNamed = address === undefined ? dns.includes(shown.host.toLowerCase()) : ip.includes(address);
  if (isNamed) return undefined;
  return { reason: 'names', detail: `its certificate is for ${[...dns, ...ip].join(', ') || 'no name at all'}` };
}

function isTrusted({ leaf, authority, shown }: Vouching): Finding<PinProblem> | undefined {
  const finding = verifyCertificate({ certificate: leaf, bundle: [authority], usage: 'server auth', at: shown.at });
  if (finding === undefined) return undefined;
  const isOfTime = ['not-yet-valid', 'expired', 'issuer-not-valid'].includes(finding.reason);
  return { reason: isOfTime ? 'validity' : 'pin', detail: `its certificate is ${finding.detail}` };
}

function parsedOrNothing(der: Uint8Array): CertificateFacts | undefined {
  try {
    return parseCertificate(der);
  } catch {
    return undefined;
  }
}

function refused(reason: PinProblem, detail: string): PinnedChain {
  return { kind: 'refused', finding: { reason, detail } };
}

/** What a refusal means for whoever wants to join. `validity` may mend itself, by the clock; the others need a person. */
export function pinError(endpoint: string, { reason, detail }: Finding<PinProblem>): AppError {
  switch (reason) {
    case 'pin': {
      const message = `the server at ${endpoint} is not the cluster's: somebody may be in between (${detail})`;
      const cure =
        'nothing of the token was sent; check that the token is one of this cluster and that nothing between this host ' +
        'and the master opens TLS, then make a new token';
      return new AppError('UNAUTHENTICATED', message, { details: { reason, cure } });
    }
    case 'names': {
      const cure =
        'make a token on the master after naming, as masterAddress in its cluster.yaml, an address that nodes can reach';
      return new AppError('UNAUTHENTICATED', `the server at ${endpoint} has another name: ${detail}`, {
        details: { reason, cure },
      });
    }
    case 'validity': {
      const cure =
        'compare `date -u` of this host and of the master, set the clock that is wrong; see `certmgr status` there';
      return new AppError('FAILED_PRECONDITION', `the server at ${endpoint} cannot be trusted now: ${detail}`, {
        details: { reason, cure },
      });
    }
    default:
      return reason satisfies never;
  }
}
