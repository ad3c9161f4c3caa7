/** The host identity on disk, as facts. */

import type { Paths } from '@easycerts/cluster';
import { identityOfSubject } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { parseBundle, parseCertificate } from '@easycerts/pki';
import { readSet } from '@easycerts/runtime';
import type { IdentityFacts } from '../../core/host-state.ts';

/** Undefined while there is none. AppError DAMAGED or INVALID_INPUT when what lies there is none. */
export async function readIdentity(paths: Pick<Paths, 'hostIdentity'>): Promise<IdentityFacts | undefined> {
  const set = await readSet(paths.hostIdentity).catch((error: unknown) => {
    if (isAppError(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (set === undefined) return undefined;
  const { notAfter, subject } = parseCertificate(set.cert.toString('latin1'));
  const identity = identityOfSubject(subject);
  if (identity === undefined) return undefined;
  return {
    host: identity.name,
    role: identity.role,
    notAfterMs: notAfter.getTime(),
    pins: parseBundle(set.ca.toString('latin1')).map(({ spkiFingerprint }) => spkiFingerprint),
  };
}
