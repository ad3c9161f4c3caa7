/** Who holds the key that a request was made with. Only failures are counted, each source by itself and all together. */

import { badRequest, type CfsslError, httpError } from '../../core/cfssl/cfssl-error.ts';
import type { AuthenticatedRequest } from '../../core/cfssl/sign-request.ts';
import type { FailureThrottle } from '../../core/failure-throttle.ts';
import { peerAddressOf, sourceOf } from '../../core/peer-address.ts';
import type { CallEnvironment } from '../call-environment.ts';
import type { Keyring } from './keyring.ts';

export interface AuthenticationRequest {
  readonly method: 'authsign' | 'revoke';
  readonly request: AuthenticatedRequest;
  readonly profile: string;
  readonly peer: string;
}

/** The host. CfsslError 400 `invalid token`, in cfssl's words, for every other token; 429 for a source that guesses. */
export type Authenticate = (request: AuthenticationRequest) => string;

export function createAuthenticate(
  { audit, clock }: Pick<CallEnvironment, 'audit' | 'clock'>,
  keyring: Keyring,
  failures: FailureThrottle,
): Authenticate {
  return ({ method, request, profile, peer }) => {
    const now = clock.now();
    const source = sourceOf(peerAddressOf(peer));
    const refuse = (reason: 'unauthenticated' | 'rate-limited', detail: string, error: CfsslError): CfsslError => {
      audit.callRefused(`cfssl ${method}`, { host: undefined, finding: { reason, detail }, peer });
      return error;
    };
    if (!failures.mayTry(source, now)) {
      throw refuse('rate-limited', 'too many wrong tokens', httpError(429, 'too many failed requests'));
    }
    const holder = keyring.holderOf({ request, profile, source, now });
    if (holder !== undefined) return holder.host;
    failures.failed(source, now);
    throw refuse('unauthenticated', 'no key of the profile made this token', badRequest('invalid token'));
  };
}
