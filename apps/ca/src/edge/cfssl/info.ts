/** `info`: the certificate of a CA, and what a profile is for. Nothing secret: everybody may ask. */

import { authorityOfLabel } from '../../core/cfssl/asked-spec.ts';
import { badRequest, cfsslError } from '../../core/cfssl/cfssl-error.ts';
import { jsonObjectOf, textField } from '../../core/cfssl/json-fields.ts';
import { defaultProfile, profileFacts, profileOf } from '../../core/cfssl/profile.ts';
import { trustBundleOf } from '../authority-files.ts';
import type { CallEnvironment } from '../call-environment.ts';
import type { CfsslEndpoint } from './endpoint.ts';

export function createInfo({ authorities, view }: Pick<CallEnvironment, 'authorities' | 'view'>): CfsslEndpoint {
  return {
    method: 'POST',
    answer: ({ body }) => {
      const request = jsonObjectOf(body, 'unexpected end of JSON input');
      const authority = authorityOfLabel(textField(request, 'label'));
      if (authority === undefined) throw badRequest('bad label');
      const { config } = view;
      const profile = profileOf(config, textField(request, 'profile') || defaultProfile);
      if (profile === undefined) throw cfsslError('unknownProfile');
      const certificate = trustBundleOf(authorities[authority]).trimEnd();
      return { result: { certificate, ...profileFacts(profile, config.pki.validity) } };
    },
  };
}
