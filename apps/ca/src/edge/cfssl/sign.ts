/** `sign`: without a key, only for a profile that says so and names the one host it is for. */

import { badRequest } from '../../core/cfssl/cfssl-error.ts';
import { askedProfile } from '../../core/cfssl/profile.ts';
import { signRequestOf } from '../../core/cfssl/sign-request.ts';
import type { CallEnvironment } from '../call-environment.ts';
import { signed } from './authsign.ts';
import type { CfsslEndpoint } from './endpoint.ts';
import { signForHost } from './sign-for-host.ts';

export function createUnauthenticatedSign(environment: CallEnvironment): CfsslEndpoint {
  return {
    method: 'POST',
    answer: async ({ body, peer }) => {
      const request = signRequestOf(body, 'Unable to parse sign request');
      if (request.csrPem === '') throw badRequest("missing parameter 'certificate_request'");
      const { profile } = askedProfile(environment.view.config, request.profile);
      const host = profile.unauthenticatedHost;
      if (host === undefined) {
        const finding = { reason: 'unauthenticated', detail: 'the profile asks for a key' } as const;
        environment.audit.callRefused('cfssl sign', { host: undefined, finding, peer });
        throw badRequest('authentication required');
      }
      return signed(
        await signForHost({ host, profile, request, bytes: Buffer.from(body), peer }, environment),
        request,
      );
    },
  };
}
