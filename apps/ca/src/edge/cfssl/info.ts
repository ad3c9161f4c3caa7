/** `info`: the certificate of a CA, and what a profile is for. Nothing secret: everybody may ask. */

import { askedAuthority } from '../../core/cfssl/asked-spec.ts';
import { jsonObjectOf, textField } from '../../core/cfssl/json-fields.ts';
import { askedProfile, profileFacts } from '../../core/cfssl/profile.ts';
import { trustBundleOf } from '../authority-files.ts';
import type { CallEnvironment } from '../call-environment.ts';
import type { CfsslEndpoint } from './endpoint.ts';

export function createInfo({ authorities, view }: Pick<CallEnvironment, 'authorities' | 'view'>): CfsslEndpoint {
  return {
    method: 'POST',
    answer: ({ body }) => {
      const request = jsonObjectOf(body, 'unexpected end of JSON input');
      const authority = askedAuthority(textField(request, 'label'));
      const { config } = view;
      const { profile } = askedProfile(config, textField(request, 'profile'));
      const certificate = trustBundleOf(authorities[authority]).trimEnd();
      return { result: { certificate, ...profileFacts(profile, config.pki.validity) } };
    },
  };
}
