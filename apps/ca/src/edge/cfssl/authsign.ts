/** `authsign`: a certificate for the holder of a key. */

import { encodePem } from '@easycerts/pki';
import { badRequest } from '../../core/cfssl/cfssl-error.ts';
import { askedProfile } from '../../core/cfssl/profile.ts';
import { authenticatedRequestOf, type CfsslSignRequest, signRequestOf } from '../../core/cfssl/sign-request.ts';
import type { LedgerRecord } from '../../core/ledger-record.ts';
import { type CallEnvironment, storesOf } from '../call-environment.ts';
import type { Authenticate } from './authenticate.ts';
import type { CfsslEndpoint, CfsslResult } from './endpoint.ts';
import { signForHost } from './sign-for-host.ts';

export function createAuthsign(environment: CallEnvironment, authenticate: Authenticate): CfsslEndpoint {
  return {
    method: 'POST',
    answer: async ({ body, peer }) => {
      // Before a token is looked at: while the keys are not loaded, none of them is wrong.
      storesOf(environment);
      const authenticated = authenticatedRequestOf(body);
      const { request: bytes } = authenticated;
      const request = signRequestOf(bytes.toString('utf8'), 'Unable to parse authenticated sign request');
      const { name, profile } = askedProfile(environment.view.config, request.profile);
      if (profile.unauthenticatedHost !== undefined) throw badRequest('no authentication provider');
      const host = authenticate({ method: 'authsign', request: authenticated, profile: name, peer });
      return signed(await signForHost({ host, profile, request, bytes, peer }, environment), request);
    },
  };
}

/** cfssl's words for a `bundle` that it has no bundler for: certificates of ours are signed by a root. */
const noBundler = {
  code: 5300,
  message: 'This request requires a bundler, but one is not initialized for the API server.',
};

/** What `sign` and `authsign` answer. */
export function signed({ certificateDer }: LedgerRecord, { bundle }: CfsslSignRequest): CfsslResult {
  const result = { certificate: encodePem('CERTIFICATE', certificateDer) };
  return bundle ? { result, messages: [noBundler] } : { result };
}
