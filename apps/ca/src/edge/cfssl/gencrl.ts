/** `gencrl`: a CRL that is signed with the caller's own key. Nothing of our CAs is in it, and nothing is kept. */

import { isAppError, secondMs } from '@easycerts/core';
import { type Authority, authorityOf, parseCertificate, parsePrivateKeyPem } from '@easycerts/pki';
import { badRequest } from '../../core/cfssl/cfssl-error.ts';
import { jsonObjectOf, textField, textsField } from '../../core/cfssl/json-fields.ts';
import { serialOfDecimal } from '../../core/cfssl/serials.ts';
import type { CallEnvironment } from '../call-environment.ts';
import type { CfsslEndpoint } from './endpoint.ts';
import { defaultCrlLifetimeMs, signedCrl } from './signed-crl.ts';

/** What fits into a body; each costs an element. */
const maxSerials = 2_000;

export function createGencrl({ clock }: Pick<CallEnvironment, 'clock'>): CfsslEndpoint {
  return {
    method: 'POST',
    answer: ({ body }) => {
      const request = jsonObjectOf(body, 'unexpected end of JSON input');
      const certificate = orBad('malformed certificate', () => parseCertificate(textField(request, 'certificate')));
      const authority: Authority = orBad('malformed Private Key', () =>
        authorityOf(certificate, parsePrivateKeyPem(textField(request, 'issuingKey'))),
      );
      const now = clock.now();
      const serials = [...new Set(textsField(request, 'serialNumber') ?? [])];
      if (serials.length > maxSerials) throw badRequest(`more than ${maxSerials} serial numbers`);
      const lifetimeMs = lifetimeOf(textField(request, 'expireTime').trim());
      const revoked = serials.map((serial) => ({ serial: serialOfDecimal(serial), revokedAt: now }));
      return { result: signedCrl({ authority, revoked, now, lifetimeMs }) };
    },
  };
}

/** Seconds. */
function lifetimeOf(text: string): number {
  if (text === '') return defaultCrlLifetimeMs;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text) * secondMs;
  throw badRequest('expireTime is not a number of seconds');
}

function orBad<T>(message: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isAppError(error)) throw badRequest(message);
    throw error;
  }
}
