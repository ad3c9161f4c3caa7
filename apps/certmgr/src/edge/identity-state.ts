/** What this host has for an identity: the one thing that decides whether a join token is needed. */

import { identityOfSubject } from '@easycerts/cluster';
import { isAppError, type ReissueReason } from '@easycerts/core';
import { parseBundle, parseCertificate, verifyCertificate } from '@easycerts/pki';
import { readTlsIdentity } from '@easycerts/runtime';
import { type LeafFacts, leafFactsOf } from '../core/observation.ts';

export type IdentityState =
  /** It can be called with; `pins` are the keys of the CAs that it trusts. */
  | { readonly kind: 'usable'; readonly leaf: LeafFacts; readonly pins: readonly string[] }
  | { readonly kind: 'unusable'; readonly reason: ReissueReason; readonly serial?: string };

/** Looks at the identity of the host. Throws only when it cannot be looked at. */
export async function readIdentityState(directory: string, host: string, nowMs: number): Promise<IdentityState> {
  try {
    const { cert, ca } = await readTlsIdentity(directory);
    const certificate = parseCertificate(cert.toString('latin1'));
    const bundle = parseBundle(ca.toString('latin1'));
    const leaf = leafFactsOf(certificate);
    const { serial } = leaf;
    if (identityOfSubject(leaf.subject)?.name !== host) return { kind: 'unusable', reason: 'subject', serial };
    const finding = verifyCertificate({ certificate, bundle, usage: 'client auth', at: new Date(nowMs) });
    if (finding?.reason === 'expired') return { kind: 'unusable', reason: 'expired', serial };
    // A clock that is behind does not make an identity a wrong one
    if (finding !== undefined && finding.reason !== 'not-yet-valid') {
      return { kind: 'unusable', reason: 'issuer-changed', serial };
    }
    return { kind: 'usable', leaf, pins: bundle.map(({ spkiFingerprint }) => spkiFingerprint) };
  } catch (error) {
    if (isAppError(error, 'NOT_FOUND')) return { kind: 'unusable', reason: 'missing' };
    if (isAppError(error, 'DAMAGED') || isAppError(error, 'INVALID_INPUT')) {
      return { kind: 'unusable', reason: 'unreadable' };
    }
    throw error;
  }
}
