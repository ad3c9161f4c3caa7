/**
 * `ocspsign`: a signed answer to whether a certificate of ours is revoked. cfssl signs whatever status the caller wants; here it
 * is what ledger and revocations say, and asking for another one is refused.
 */

import { minuteMs } from '@easycerts/core';
import { createOcspResponse, type OcspStatus } from '@easycerts/pki';
import { authorityOfLabel } from '../../core/cfssl/asked-spec.ts';
import { badRequest, cfsslError } from '../../core/cfssl/cfssl-error.ts';
import { jsonObjectOf, textField } from '../../core/cfssl/json-fields.ts';
import { type CallEnvironment, storesOf } from '../call-environment.ts';
import { readCertificate } from './described-certificate.ts';
import type { CfsslEndpoint } from './endpoint.ts';

/** cfssl's default interval. */
const lifetimeMs = 4 * 24 * 60 * minuteMs;
const hashes = { '': 'sha1', SHA1: 'sha1', SHA256: 'sha256' } as const;

export function createOcspsign(environment: CallEnvironment): CfsslEndpoint {
  return {
    method: 'POST',
    answer: async ({ body }) => {
      const { ledger, revocations } = storesOf(environment);
      const request = jsonObjectOf(body, 'Unable to parse sign request');
      const certificate = readCertificate(textField(request, 'certificate'));
      const wanted = textField(request, 'status') || 'good';
      const hash = textField(request, 'issuer_hash');
      if (!Object.hasOwn(hashes, hash)) throw badRequest('Unsupported hash algorithm in request');
      const { serial } = certificate;
      const record = await ledger.find(serial);
      // The very certificate, not one that only has its number.
      const isOurs = record !== undefined && Buffer.compare(record.certificateDer, certificate.der) === 0;
      const authority = record && authorityOfLabel(record.authority);
      if (!isOurs || authority === undefined) throw cfsslError('wrongIssuer');
      const now = environment.clock.now();
      const at = revocations.find(serial)?.revokedAtMs ?? now.getTime();
      const status: OcspStatus = revocations.has(serial) ? { kind: 'revoked', at: new Date(at) } : { kind: 'good' };
      if (wanted !== status.kind) throw cfsslError('invalidStatus');
      const der = createOcspResponse({
        authority: environment.authorities[authority],
        serial,
        status,
        issuerHash: hashes[hash as keyof typeof hashes],
        thisUpdate: now,
        nextUpdate: new Date(now.getTime() + lifetimeMs),
      });
      return { result: { ocspResponse: Buffer.from(der).toString('base64') } };
    },
  };
}
