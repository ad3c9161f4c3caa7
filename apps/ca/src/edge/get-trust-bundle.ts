/** GetTrustBundle: the certificates to trust. Public, so that it is answered even while the bus is away. */

import { type AuthorityName, authorityNames } from '@easycerts/cluster';
import type { GetTrustBundleRequest, GetTrustBundleResponse } from '@easycerts/contracts';
import { AppError, firstFinding } from '@easycerts/core';
import type { CallContext } from '@easycerts/runtime';
import { hostChecks } from '../core/caller-checks.ts';
import { trustBundleOf } from './authority-files.ts';
import { type CallEnvironment, refuseCall, standingOf } from './call-environment.ts';

/** The handler of GetTrustBundle. */
export function createGetTrustBundle(environment: CallEnvironment) {
  return async (request: GetTrustBundleRequest, context: CallContext): Promise<GetTrustBundleResponse> => {
    const isWithinRate = environment.mayRead(context.caller.host);
    const stores = environment.stores();
    // Without the register nothing is known about the host but its certificate: enough for what everybody may know.
    const finding =
      stores === undefined ? undefined : firstFinding(hostChecks, { ...standingOf(stores, context), isWithinRate });
    if (finding !== undefined) throw refuseCall(environment, { method: 'GetTrustBundle', context, finding });
    const asked = request.authorities.length === 0 ? authorityNames : request.authorities.map(authorityNamed);
    return {
      bundles: asked.map((authority) => ({ authority, pem: trustBundleOf(environment.authorities[authority]) })),
    };
  };
}

/** The authority of that name. AppError INVALID_INPUT for another one. */
export function authorityNamed(name: string): AuthorityName {
  const found = authorityNames.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new AppError('INVALID_INPUT', `there is no authority ${JSON.stringify(name.slice(0, 100))}`, {
    details: { cure: `name one of ${authorityNames.join(', ')}` },
  });
}
