/**
 * `revoke`. cfssl lets everybody revoke everything; here a request is authenticated as for `authsign` (`{token, request}`), and
 * a host revokes its own certificates, a master everybody's.
 */

import { parseCertificate } from '@easycerts/pki';
import { authorityOfLabel } from '../../core/cfssl/asked-spec.ts';
import { badRequest, refusalAsCfsslError } from '../../core/cfssl/cfssl-error.ts';
import { jsonObjectOf, textField } from '../../core/cfssl/json-fields.ts';
import { defaultProfile } from '../../core/cfssl/profile.ts';
import { plainKeyId, serialOfDecimal } from '../../core/cfssl/serials.ts';
import { authenticatedRequestOf } from '../../core/cfssl/sign-request.ts';
import { roleOf } from '../../core/registered-host.ts';
import { type CallEnvironment, storesOf } from '../call-environment.ts';
import { revokeRecords } from '../revoke-records.ts';
import type { Authenticate } from './authenticate.ts';
import type { CfsslEndpoint } from './endpoint.ts';

/** The reasons of RFC 5280 that cfssl knows by name (ocsp.ReasonStringToCode); our CRL has no reasons. */
const reasons = new Set([
  'unspecified',
  'keycompromise',
  'cacompromise',
  'affiliationchanged',
  'superseded',
  'cessationofoperation',
  'certificatehold',
  'removefromcrl',
  'privilegewithdrawn',
  'aacompromise',
]);

export function createRevoke(environment: CallEnvironment, authenticate: Authenticate): CfsslEndpoint {
  return {
    method: 'POST',
    answer: async ({ body, peer }) => {
      const stores = storesOf(environment);
      const authenticated = authenticatedRequestOf(body);
      if (authenticated.request.length === 0) throw badRequest('authentication required');
      const request = jsonObjectOf(authenticated.request.toString('utf8'), 'Unable to parse revocation request');
      const profile = textField(request, 'profile') || defaultProfile;
      const host = authenticate({ method: 'revoke', request: authenticated, profile, peer });
      if (textField(request, 'serial') === '') throw badRequest('serial number is required but not provided');
      const reason = textField(request, 'reason').toLowerCase();
      if (!reasons.has(reason) && !/^[1-9]$/.test(reason)) throw badRequest('Invalid reason code');
      const serial = serialOfDecimal(textField(request, 'serial'));
      const keyId = plainKeyId(textField(request, 'authority_key_id'));
      const record = await stores.ledger.find(serial);
      const caller = stores.register.find(host);
      const isOwn = record?.host === host || (caller !== undefined && roleOf(caller.record) === 'master');
      // A host hears the same of certificates that are not there and of those that are not its own.
      const isFound =
        record !== undefined &&
        authorityOfLabel(record.authority) !== undefined &&
        parseCertificate(record.certificateDer).authorityKeyId === keyId;
      if (caller === undefined || caller.isRevoked || !isOwn || !isFound) {
        const finding = {
          reason: 'not-permitted',
          detail: 'no certificate of this host has this serial number',
        } as const;
        environment.audit.callRefused('cfssl revoke', { host, finding, peer });
        throw refusalAsCfsslError(finding);
      }
      const atMs = environment.clock.now().getTime();
      await revokeRecords(environment, stores, { records: [record], reason: 'requested', atMs });
      return { result: {} };
    },
  };
}
